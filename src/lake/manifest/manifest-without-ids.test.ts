import { expect, test } from "vitest";
import { schemaFrom } from "../core/schema.ts";
import { LakeCorruptError } from "../errors.ts";
import { encodeAvroFile } from "./avro-file.ts";
import { decodeManifest } from "./manifest.ts";

const schema = schemaFrom([
  { id: 1, name: "venue", type: "string", required: true },
  { id: 2, name: "at", type: "timestamptz", required: true },
]);
const spec = {
  specId: 0,
  fields: [
    { fieldId: 1000, sourceId: 2, name: "at_day", transform: { kind: "day" } },
    { fieldId: 1001, sourceId: 1, name: "venue", transform: { kind: "identity" } },
  ],
} as const;

/** As ClickHouse writes it: no field ids, and columns' names for the partition fields. */
function manifest(partitionFields: readonly { readonly name: string; readonly type: string }[]): Uint8Array {
  const field = (name: string, type: string): { readonly name: string; readonly type: string } => ({ name, type });
  const partition = { type: "record", name: "r102", fields: [...partitionFields] };
  const file = {
    type: "record",
    name: "r2",
    fields: [
      field("content", "int"),
      field("file_path", "string"),
      field("file_format", "string"),
      { name: "partition", type: partition },
      field("record_count", "long"),
      field("file_size_in_bytes", "long"),
    ],
  };
  const entry = {
    type: "record",
    name: "manifest_entry",
    fields: [field("status", "int"), field("snapshot_id", "long"), { name: "data_file", type: file }],
  };
  const values: Readonly<Record<string, unknown>> = { at: 19_783, venue: "kraken" };
  const row = {
    status: 1,
    snapshot_id: 9_007_199_254_740_993n,
    data_file: {
      content: 1,
      file_path: "file:///lake/deletes.parquet",
      file_format: "Parquet",
      partition: Object.fromEntries(partitionFields.map(({ name }) => [name, values[name]])),
      record_count: 3n,
      file_size_in_bytes: 700n,
    },
  };
  return encodeAvroFile(entry, {}, [row]);
}

test("partition values without field ids are taken in the order of the spec", () => {
  const bytes = manifest([
    { name: "at", type: "int" },
    { name: "venue", type: "string" },
  ]);
  const [entry] = decodeManifest({ schema, spec }, bytes);
  expect(entry?.file).toMatchObject({ content: "position-deletes", format: "parquet", partition: [19_783n, "kraken"] });
});

test("a manifest with fewer partition values than its spec has fields is refused, not read as nulls", () => {
  expect(() => decodeManifest({ schema, spec }, manifest([{ name: "at", type: "int" }]))).toThrow(LakeCorruptError);
});
