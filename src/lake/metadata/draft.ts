import type { TableMetadata } from "./table-metadata.ts";

/** A table while updates are applied to it, with what later updates of the same commit may refer to. */
export interface Draft {
  table: TableMetadata;
  /** A table that is being created: nothing of it is committed yet. */
  readonly isNew: boolean;
  /** When the commit is decided, milliseconds since the epoch. */
  readonly nowMs: number;
  /** What `-1` means to `set-current-schema`, `set-default-spec` and `set-default-sort-order`. */
  lastAddedSchemaId: number | undefined;
  lastAddedSpecId: number | undefined;
  lastAddedOrderId: number | undefined;
  /** Of the history before this commit. */
  readonly snapshotLogLength: number;
  /** Snapshots that this very commit adds. */
  readonly addedSnapshotIds: Set<bigint>;
  /** Whether snapshots were removed, so that the history must be cut. */
  hasRemovedSnapshots: boolean;
}

export function openDraft(table: TableMetadata, options: { readonly isNew: boolean; readonly nowMs: number }): Draft {
  return {
    table,
    ...options,
    lastAddedSchemaId: undefined,
    lastAddedSpecId: undefined,
    lastAddedOrderId: undefined,
    snapshotLogLength: table.snapshotLog.length,
    addedSnapshotIds: new Set(),
    hasRemovedSnapshots: false,
  };
}

export const LAST_ADDED = -1;

export function change(draft: Draft, members: Partial<TableMetadata>): void {
  draft.table = { ...draft.table, ...members };
}
