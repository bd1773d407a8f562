import type { DataFile } from "../manifest/data-file.ts";
import type { Snapshot } from "../metadata/snapshot.ts";

/**
 * The counts other engines expect in a snapshot's summary: what it added and removed, and the totals after it. A total
 * that the parent does not tell is left out rather than guessed.
 *
 * @see https://iceberg.apache.org/spec/#optional-snapshot-summary-fields
 */
export function snapshotSummary(
  added: readonly DataFile[],
  removed: readonly DataFile[],
  parent: Snapshot | undefined,
): Readonly<Record<string, string>> {
  const [plus, minus] = [countFiles(added), countFiles(removed)];
  const partitions = new Set(
    [...added, ...removed].map(({ specId, partition }) => `${specId}:${partition.map(String).join("\u001f")}`),
  );
  const summary: Record<string, string> = { "changed-partition-count": String(partitions.size) };
  for (const [name, plusName, minusName] of CHANGES) {
    if (plus[name] > 0) summary[plusName] = String(plus[name]);
    if (minus[name] > 0) summary[minusName] = String(minus[name]);
  }
  for (const [name, totalName] of TOTALS) {
    const before = parent === undefined ? "0" : parent.summary[totalName];
    if (before !== undefined) summary[totalName] = String(Number(before) + plus[name] - minus[name]);
  }
  return summary;
}

interface FileCounts {
  dataFiles: number;
  records: number;
  bytes: number;
  deleteFiles: number;
  positionFiles: number;
  vectors: number;
  positions: number;
  equalityFiles: number;
  equalities: number;
}

const CHANGES: readonly (readonly [keyof FileCounts, plus: string, minus: string])[] = [
  ["dataFiles", "added-data-files", "deleted-data-files"],
  ["records", "added-records", "deleted-records"],
  ["bytes", "added-files-size", "removed-files-size"],
  ["deleteFiles", "added-delete-files", "removed-delete-files"],
  ["positionFiles", "added-position-delete-files", "removed-position-delete-files"],
  ["vectors", "added-dvs", "removed-dvs"],
  ["positions", "added-position-deletes", "removed-position-deletes"],
  ["equalityFiles", "added-equality-delete-files", "removed-equality-delete-files"],
  ["equalities", "added-equality-deletes", "removed-equality-deletes"],
];

const TOTALS: readonly (readonly [keyof FileCounts, string])[] = [
  ["records", "total-records"],
  ["bytes", "total-files-size"],
  ["dataFiles", "total-data-files"],
  ["deleteFiles", "total-delete-files"],
  ["positions", "total-position-deletes"],
  ["equalities", "total-equality-deletes"],
];

function countFiles(files: readonly DataFile[]): FileCounts {
  const counts: FileCounts = {
    dataFiles: 0,
    records: 0,
    bytes: 0,
    deleteFiles: 0,
    positionFiles: 0,
    vectors: 0,
    positions: 0,
    equalityFiles: 0,
    equalities: 0,
  };
  for (const file of files) {
    counts.bytes += isVector(file) ? Number(file.contentSize ?? 0) : file.byteLength; // Vectors share their file.
    if (file.content === "data") {
      counts.dataFiles += 1;
      counts.records += file.recordCount;
      continue;
    }
    counts.deleteFiles += 1;
    if (file.content === "equality-deletes") {
      counts.equalityFiles += 1;
      counts.equalities += file.recordCount;
    } else {
      if (isVector(file)) counts.vectors += 1;
      else counts.positionFiles += 1;
      counts.positions += file.recordCount;
    }
  }
  return counts;
}

/** A deletion vector, format v3: a blob of a Puffin file. */
function isVector({ format }: DataFile): boolean {
  return format === "puffin";
}
