import type { Json } from "../../core/json.ts";
import { partitionFieldType } from "../../core/partition-spec.ts";
import { partitionText } from "../../core/transform.ts";
import { formatValue } from "../../core/value-text.ts";
import type { ManifestFile } from "../../manifest/manifest-list.ts";
import { decodeBound, manifestContext } from "../../manifest/manifest-store.ts";
import type { TableMetadata } from "../../metadata/table-metadata.ts";
import type { RowColumn } from "./table-rows.ts";

export interface ManifestRow {
  readonly manifest: ManifestFile;
  /** The snapshot that lists it. */
  readonly snapshotId: bigint;
}

const SUMMARIES = "STRUCT(contains_null BOOLEAN, contains_nan BOOLEAN, lower_bound VARCHAR, upper_bound VARCHAR)[]";

/** Columns of `manifests`; `all_manifests` has `reference_snapshot_id` too. */
export function manifestColumns(metadata: TableMetadata, isAll: boolean): readonly RowColumn<ManifestRow>[] {
  const count = (content: ManifestFile["content"], kind: "addedFiles" | "existingFiles" | "deletedFiles") => {
    const [state = ""] = kind.split("Files");
    return {
      name: `${state}_${content === "data" ? "data" : "delete"}_files_count`,
      type: "INTEGER",
      value: ({ manifest }: ManifestRow): Json | undefined => (manifest.content === content ? manifest[kind] : 0),
    };
  };
  return [
    { name: "content", type: "INTEGER", value: ({ manifest }) => (manifest.content === "data" ? 0 : 1) },
    { name: "path", type: "VARCHAR", value: ({ manifest }) => manifest.location },
    { name: "length", type: "BIGINT", value: ({ manifest }) => manifest.byteLength },
    { name: "partition_spec_id", type: "INTEGER", value: ({ manifest }) => manifest.specId },
    { name: "added_snapshot_id", type: "BIGINT", value: ({ manifest }) => manifest.addedSnapshotId },
    count("data", "addedFiles"),
    count("data", "existingFiles"),
    count("data", "deletedFiles"),
    count("deletes", "addedFiles"),
    count("deletes", "existingFiles"),
    count("deletes", "deletedFiles"),
    { name: "partition_summaries", type: SUMMARIES, value: ({ manifest }) => summariesJson(manifest, metadata) },
    ...(isAll
      ? [{ name: "reference_snapshot_id", type: "BIGINT", value: ({ snapshotId }: ManifestRow): Json => snapshotId }]
      : []),
  ];
}

function summariesJson({ partitions, specId }: ManifestFile, metadata: TableMetadata): Json {
  const { schema, spec } = manifestContext(metadata, specId);
  return (partitions ?? []).map(({ containsNull, containsNan, lower, upper }, index) => {
    const field = spec.fields[index];
    const textOf = (bytes: Uint8Array | undefined): string | undefined => {
      if (field === undefined || bytes === undefined) return undefined;
      const type = partitionFieldType(schema, field);
      const value = decodeBound(type, bytes);
      return value === undefined ? undefined : partitionText(field.transform, type, value, formatValue);
    };
    return {
      contains_null: containsNull,
      contains_nan: containsNan,
      lower_bound: textOf(lower),
      upper_bound: textOf(upper),
    };
  });
}
