import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import { partitionKey } from "../scan/partition-key.ts";
import { deleteMayApply } from "./conflicts.ts";

export interface AfterRemoval {
  /** Data files that the change takes out. */
  readonly removed: readonly DataFile[];
  /** Data files that stay. */
  readonly kept: readonly ManifestEntry[];
  /** Data files that come, with the sequence number they are to have. */
  readonly added: readonly { readonly file: DataFile; readonly sequenceNumber: number }[];
}

/**
 * Which delete files apply to no data file any more, once a change has taken data files out: they go with them, so that
 * neither a plan nor a compaction meets them again.
 */
export function danglingDeletes({ removed, kept, added }: AfterRemoval): (entry: ManifestEntry) => boolean {
  const gone = new Set(removed.map(({ location }) => location));
  const touched = new Set(removed.map(partitionKey));
  const keptIn = Map.groupBy(
    kept.filter(({ file }) => touched.has(partitionKey(file))),
    ({ file }) => partitionKey(file),
  );
  const addedIn = Map.groupBy(added, ({ file }) => partitionKey(file));
  const oldest = [...kept, ...added].reduce(
    (least, { sequenceNumber }) => Math.min(least, sequenceNumber ?? 0),
    Number.POSITIVE_INFINITY,
  );
  return ({ file, sequenceNumber = 0 }) => {
    if (file.referencedDataFile !== undefined) return gone.has(file.referencedDataFile);
    if (sequenceNumber > 0 && sequenceNumber < oldest) return true; // Older than all data.
    const key = partitionKey(file);
    if (!touched.has(key)) return false;
    // Of an unpartitioned spec an equality delete is of all partitions.
    if (file.content === "equality-deletes" && file.partition.every((value) => value === undefined)) return false;
    const applies = (data: { readonly file: DataFile; readonly sequenceNumber?: number | undefined }): boolean => {
      const isInTime =
        file.content === "equality-deletes"
          ? (data.sequenceNumber ?? 0) < sequenceNumber
          : (data.sequenceNumber ?? 0) <= sequenceNumber;
      return isInTime && deleteMayApply(file, data.file);
    };
    if ((keptIn.get(key) ?? []).some(applies)) return false;
    // A position delete of before cannot name a file that is new.
    return file.content !== "equality-deletes" || !(addedIn.get(key) ?? []).some(applies);
  };
}
