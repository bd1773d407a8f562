import type { DataFile } from "../manifest/data-file.ts";

/** The counts other engines expect in a snapshot's summary. */
export function appendSummary(
  files: readonly DataFile[],
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const records = sum(files, ({ recordCount }) => recordCount);
  const bytes = sum(files, ({ byteLength }) => byteLength);
  const partitions = new Set(files.map(({ specId, partition }) => `${specId}:${partition.map(String).join("\u001f")}`));
  const total = (name: string, added: number): string => String(Number(before?.[name] ?? 0) + added);
  return {
    "added-data-files": String(files.length),
    "added-records": String(records),
    "added-files-size": String(bytes),
    "changed-partition-count": String(partitions.size),
    "total-records": total("total-records", records),
    "total-files-size": total("total-files-size", bytes),
    "total-data-files": total("total-data-files", files.length),
    "total-delete-files": total("total-delete-files", 0),
    "total-position-deletes": total("total-position-deletes", 0),
    "total-equality-deletes": total("total-equality-deletes", 0),
  };
}

function sum(files: readonly DataFile[], of: (file: DataFile) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
