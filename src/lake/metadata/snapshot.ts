import type { JsonObject } from "../core/json.ts";

/** The table's state after one commit. */
export interface Snapshot {
  readonly snapshotId: bigint;
  readonly parentSnapshotId: bigint | undefined;
  /** 0 in tables of format v1. */
  readonly sequenceNumber: number;
  readonly timestampMs: number;
  /** Undefined only in old tables of format v1, which list `manifests` instead. */
  readonly manifestList: string | undefined;
  readonly manifests: readonly string[];
  readonly operation: SnapshotOperation | undefined;
  /** Without `operation`. */
  readonly summary: Readonly<Record<string, string>>;
  readonly schemaId: number | undefined;
  /** Id of the first row of the snapshot's added files that has none of its own. Format v3, required there. */
  readonly firstRowId?: bigint | undefined;
  /** Upper bound of the rows that take a row id from this snapshot. Format v3, required there. */
  readonly addedRows?: bigint | undefined;
  /** The key that encrypts the manifest list's key metadata; format v3. */
  readonly keyId?: string | undefined;
  /** Members of later format versions, kept as they are. */
  readonly extra: JsonObject;
}

export type SnapshotOperation = "append" | "replace" | "overwrite" | "delete";

/** A branch (its newest snapshot) or a tag. */
export interface SnapshotRef {
  readonly snapshotId: bigint;
  readonly type: "branch" | "tag";
  readonly minSnapshotsToKeep?: number | undefined;
  readonly maxSnapshotAgeMs?: number | undefined;
  readonly maxRefAgeMs?: number | undefined;
}

export const MAIN_BRANCH = "main";
