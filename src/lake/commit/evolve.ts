import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import { sameSchema } from "../core/schema.ts";
import { formatMetadata } from "../metadata/metadata-json.ts";
import { requirementsFor } from "../metadata/requirements-for.ts";
import { currentSchema, type TableMetadata } from "../metadata/table-metadata.ts";
import { applyUpdates, type TableUpdate } from "../metadata/update.ts";
import type { PreparedChange, TableChange } from "./commit.ts";

interface Attempt {
  readonly base: TableMetadata;
  readonly updates: readonly TableUpdate[];
  readonly wanted: TableMetadata;
}

/** Changes what a table is like (schema, partition spec, sort order, properties, format version) and writes no file. */
export class EvolveChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #decide: (base: TableMetadata) => readonly TableUpdate[];
  #last: Attempt | undefined;

  /** @param decide what to do about the table as it is; asked anew whenever another writer was first */
  constructor(identifier: TableIdentifier, decide: (base: TableMetadata) => readonly TableUpdate[]) {
    this.identifier = identifier;
    this.#decide = decide;
  }

  isIn(metadata: TableMetadata): boolean {
    return this.#last !== undefined && isLike(metadata, this.#last);
  }

  async prepare({ metadata }: LoadedTable, nowMs: number): Promise<PreparedChange> {
    const decided = this.#decide(metadata);
    const wanted = applyUpdates(metadata, decided, nowMs);
    const updates = isNothingNew(metadata, wanted) ? [] : decided;
    this.#last = { base: metadata, updates, wanted };
    return { updates, requirements: requirementsFor(metadata, updates) };
  }

  async discardAttempt(): Promise<void> {}

  async discard(): Promise<void> {}
}

/** What a table is like already needs no commit, and no metadata file. */
function isNothingNew(metadata: TableMetadata, wanted: TableMetadata): boolean {
  const { lastUpdatedMs } = metadata;
  return formatMetadata({ ...wanted, lastUpdatedMs }) === formatMetadata(metadata);
}

function isLike(metadata: TableMetadata, { base, updates, wanted }: Attempt): boolean {
  const names = updates.flatMap((update) => {
    if (update.action === "set-properties") return Object.keys(update.updates);
    return update.action === "remove-properties" ? update.removals : [];
  });
  const isEmptied = base.currentSnapshotId !== wanted.currentSnapshotId;
  return (
    metadata.formatVersion === wanted.formatVersion &&
    sameSchema(currentSchema(metadata), currentSchema(wanted)) &&
    metadata.defaultSpecId === wanted.defaultSpecId &&
    metadata.defaultSortOrderId === wanted.defaultSortOrderId &&
    !(isEmptied && metadata.currentSnapshotId === base.currentSnapshotId) &&
    names.every((name) => metadata.properties[name] === wanted.properties[name])
  );
}
