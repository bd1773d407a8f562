import { LakeNotFoundError } from "../errors.ts";
import { findSnapshot, type TableMetadata } from "../metadata/table-metadata.ts";

/**
 * A snapshot as people name it: by its id, its tag or branch, or `current`.
 *
 * @throws {LakeNotFoundError} naming what there is
 */
export function chooseSnapshotId(metadata: TableMetadata, text: string): bigint {
  const ref = metadata.refs[text];
  if (ref !== undefined) return ref.snapshotId;
  if (text === "current" && metadata.currentSnapshotId !== undefined) return metadata.currentSnapshotId;
  const id = /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (id !== undefined && findSnapshot(metadata, id) !== undefined) return id;
  const names = Object.keys(metadata.refs).join(", ") || "none";
  throw new LakeNotFoundError(
    `Table ${metadata.location} has no snapshot ${JSON.stringify(text)}: it never had, or it has expired. ` +
      `It keeps ${metadata.snapshots.length} snapshots (k2 lake snapshots lists them); its branches and tags: ${names}`,
  );
}
