import { encodeValue } from "../core/single-value.ts";
import type { PrimitiveType } from "../core/types.ts";
import { compareValues, type Value } from "../core/value.ts";
import type { ManifestEntry } from "./data-file.ts";
import { type ManifestContext, partitionTypes } from "./manifest.ts";
import type { FieldSummary, ManifestFile } from "./manifest-list.ts";

/** How a new manifest goes into a manifest list. `sequenceNumber` is that of the snapshot it is new in. */
export function describeManifest(
  context: ManifestContext,
  entries: readonly ManifestEntry[],
  written: {
    readonly location: string;
    readonly byteLength: number;
    readonly content: ManifestFile["content"];
    readonly snapshotId: bigint;
    readonly sequenceNumber: number;
  },
): ManifestFile {
  const live = entries.filter(({ status }) => status !== "deleted");
  const counts = { existing: { files: 0, rows: 0 }, added: { files: 0, rows: 0 }, deleted: { files: 0, rows: 0 } };
  for (const { status, file } of entries) {
    counts[status].files += 1;
    counts[status].rows += file.recordCount;
  }
  return {
    location: written.location,
    byteLength: written.byteLength,
    specId: context.spec.specId,
    content: written.content,
    sequenceNumber: written.sequenceNumber,
    minSequenceNumber: live.reduce(
      (least, { sequenceNumber }) => Math.min(least, sequenceNumber ?? written.sequenceNumber),
      written.sequenceNumber,
    ),
    addedSnapshotId: written.snapshotId,
    addedFiles: counts.added.files,
    existingFiles: counts.existing.files,
    deletedFiles: counts.deleted.files,
    addedRows: counts.added.rows,
    existingRows: counts.existing.rows,
    deletedRows: counts.deleted.rows,
    partitions: partitionTypes(context).map((type, index) =>
      summariseField(
        type,
        entries.map(({ file }) => file.partition[index]),
      ),
    ),
    keyMetadata: undefined,
  };
}

function summariseField(type: PrimitiveType, values: readonly (Value | undefined)[]): FieldSummary {
  let [lower, upper, containsNan]: [Value | undefined, Value | undefined, boolean] = [undefined, undefined, false];
  for (const value of values) {
    if (value === undefined) continue;
    if (typeof value === "number" && Number.isNaN(value)) {
      containsNan = true;
      continue;
    }
    if (lower === undefined || compareValues(type, value, lower) < 0) lower = value;
    if (upper === undefined || compareValues(type, value, upper) > 0) upper = value;
  }
  return {
    containsNull: values.includes(undefined),
    containsNan,
    lower: lower === undefined ? undefined : encodeValue(type, lower),
    upper: upper === undefined ? undefined : encodeValue(type, upper),
  };
}
