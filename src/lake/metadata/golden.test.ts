import { expect, test } from "vitest";
import { parseJson } from "../core/json.ts";
import { formatMetadata, parseMetadata } from "./metadata-json.ts";

const SCHEMA_V3 = `{
  "type": "struct", "schema-id": 1, "identifier-field-ids": [1],
  "fields": [
    {"id": 1, "name": "id", "required": true, "type": "uuid",
     "initial-default": "0db3e2a8-9d1d-42b9-aa7b-74ebe558dceb", "write-default": "ec5911be-b0a7-458c-8438-c9a3e53cffae"},
    {"id": 2, "name": "data", "required": false, "type": {"type": "list", "element-id": 3, "element-required": true, "element": "string"}},
    {"id": 4, "name": "rates", "required": false, "doc": "by currency",
     "type": {"type": "map", "key-id": 5, "key": "string", "value-id": 6, "value-required": false, "value": "double"}},
    {"id": 7, "name": "at", "required": false, "type": "timestamptz_ns"},
    {"id": 8, "name": "where", "required": false, "type": "geometry(srid:4326)"},
    {"id": 9, "name": "path", "required": false, "type": "geography(srid:4326,spherical)"},
    {"id": 10, "name": "any", "required": false, "type": "variant"},
    {"id": 11, "name": "none", "required": false, "type": "unknown"},
    {"id": 12, "name": "price", "required": true, "type": "decimal(9,2)"},
    {"id": 13, "name": "raw", "required": true, "type": "fixed[16]"}
  ]}`;

const V3 = `{
  "format-version": 3,
  "table-uuid": "fb072c92-a02b-11e9-ae9c-1bb7bc9eca94",
  "location": "s3://b/wh/data.db/table",
  "last-sequence-number": 34,
  "last-updated-ms": 1602638573590,
  "last-column-id": 13,
  "current-schema-id": 1,
  "schemas": [{"type": "struct", "schema-id": 0, "fields": []}, ${SCHEMA_V3}],
  "default-spec-id": 1,
  "partition-specs": [
    {"spec-id": 0, "fields": []},
    {"spec-id": 1, "fields": [
      {"source-id": 7, "field-id": 1000, "name": "at_day", "transform": "day"},
      {"source-ids": [1, 12], "field-id": 1001, "name": "both", "transform": "bucketv2[16]"}]}
  ],
  "last-partition-id": 1001,
  "default-sort-order-id": 3,
  "sort-orders": [
    {"order-id": 0, "fields": []},
    {"order-id": 3, "fields": [
      {"transform": "identity", "source-id": 7, "direction": "asc", "null-order": "nulls-first"},
      {"transform": "bucket[4]", "source-id": 1, "direction": "desc", "null-order": "nulls-last"},
      {"transform": "zorder", "source-ids": [7, 12], "direction": "asc", "null-order": "nulls-last"}]}
  ],
  "properties": {"write.format.default": "avro", "commit.retry.num-retries": "4"},
  "current-snapshot-id": 3055729675574597004,
  "refs": {
    "main": {"snapshot-id": 3055729675574597004, "type": "branch", "min-snapshots-to-keep": 3},
    "test": {"snapshot-id": 3051729675574597004, "type": "tag", "max-ref-age-ms": 10000000}
  },
  "snapshots": [
    {"snapshot-id": 3051729675574597004, "timestamp-ms": 1515100955770, "sequence-number": 1,
     "summary": {"operation": "append"}, "manifest-list": "s3://b/wh/s1.avro", "schema-id": 0},
    {"snapshot-id": 3055729675574597004, "parent-snapshot-id": 3051729675574597004, "timestamp-ms": 1555100955770,
     "sequence-number": 34, "summary": {"operation": "overwrite", "engine-name": "spark"},
     "manifest-list": "s3://b/wh/s2.avro", "schema-id": 1, "first-row-id": 1000, "added-rows": 9007199254740993,
     "key-id": "5f819b"}
  ],
  "snapshot-log": [
    {"snapshot-id": 3051729675574597004, "timestamp-ms": 1515100955770},
    {"snapshot-id": 3055729675574597004, "timestamp-ms": 1555100955770}
  ],
  "metadata-log": [{"metadata-file": "s3://bucket/.../v1.json", "timestamp-ms": 1515100955770}],
  "statistics": [{
    "snapshot-id": 3055729675574597004, "statistics-path": "s3://a/b/stats.puffin", "file-size-in-bytes": 413,
    "file-footer-size-in-bytes": 42, "key-metadata": "a2V5",
    "blob-metadata": [{"type": "apache-datasketches-theta-v1", "snapshot-id": 3055729675574597004, "sequence-number": 34,
      "fields": [1, 12], "properties": {"ndv": "7"}}]
  }],
  "partition-statistics": [
    {"snapshot-id": 3055729675574597004, "statistics-path": "s3://a/b/partition-stats.parquet", "file-size-in-bytes": 43}
  ],
  "encryption-keys": [
    {"key-id": "5f819b", "encrypted-key-metadata": "aWNlYmVyZwo=", "encrypted-by-id": "kms", "properties": {"a": "b"}}
  ],
  "next-row-id": 9007199254741993
}`;

test("a table of v3 with all that the specification has comes back member by member", () => {
  const table = parseMetadata(V3);
  expect(parseJson(formatMetadata(table))).toEqual(parseJson(V3));
  expect(table).toMatchObject({
    currentSnapshotId: 3055729675574597004n,
    nextRowId: 9007199254741993n,
    statistics: [{ statisticsPath: "s3://a/b/stats.puffin", extra: { "key-metadata": "a2V5" } }],
    encryptionKeys: [{ keyId: "5f819b", encryptedById: "kms" }],
  });
  expect(table.snapshots[1]).toMatchObject({ firstRowId: 1000n, addedRows: 9007199254740993n, keyId: "5f819b" });
  expect(table.partitionSpecs[1]?.fields[1]).toMatchObject({ sourceId: 1, sourceIds: [1, 12] });
});

test("a table of v2 comes back member by member, without what is of v3", () => {
  const text = `{
    "format-version": 2, "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1", "location": "s3://bucket/test/location",
    "last-sequence-number": 0, "last-updated-ms": 1602638573590, "last-column-id": 3, "current-schema-id": 0,
    "schemas": [{"type": "struct", "schema-id": 0, "fields": [
      {"id": 1, "name": "x", "required": true, "type": "long"},
      {"id": 2, "name": "y", "required": true, "type": "long", "doc": "comment"}]}],
    "default-spec-id": 0, "partition-specs": [{"spec-id": 0, "fields": [
      {"source-id": 1, "field-id": 1000, "name": "x", "transform": "identity"}]}],
    "last-partition-id": 1000, "default-sort-order-id": 0, "sort-orders": [{"order-id": 0, "fields": []}],
    "properties": {}, "refs": {}, "snapshots": [], "snapshot-log": [], "metadata-log": []
  }`;
  expect(parseJson(formatMetadata(parseMetadata(text)))).toEqual(parseJson(text));
});

test("a table of v1 is written with what readers of v1 look for", () => {
  const text = `{
    "format-version": 1, "table-uuid": "d20125c8-7284-442c-9aea-15fee620737c", "location": "s3://bucket/test/location",
    "last-updated-ms": 1602638573874, "last-column-id": 3,
    "schema": {"type": "struct", "fields": [{"id": 1, "name": "x", "required": true, "type": "long"}]},
    "partition-spec": [{"name": "x", "transform": "identity", "source-id": 1, "field-id": 1000}],
    "properties": {}, "current-snapshot-id": 7,
    "snapshots": [{"snapshot-id": 7, "timestamp-ms": 5, "manifests": ["s3://b/m0.avro", "s3://b/m1.avro"]}]
  }`;
  const table = parseMetadata(text);
  expect(table.refs["main"]?.snapshotId).toBe(7n);
  expect(parseJson(formatMetadata(table))).toMatchObject({
    "format-version": 1,
    schema: { "schema-id": 0, fields: [{ name: "x" }] },
    "partition-spec": [{ "field-id": 1000, transform: "identity" }],
    "partition-specs": [{ "spec-id": 0 }],
    snapshots: [{ "snapshot-id": 7, manifests: ["s3://b/m0.avro", "s3://b/m1.avro"] }],
  });
  expect(formatMetadata(table)).not.toContain("last-sequence-number");
});

test("words that are neither this nor that are not guessed", () => {
  expect(() => parseMetadata(V3.replace('"direction": "desc"', '"direction": "down"'))).toThrow(/direction.*asc, desc/);
  expect(() => parseMetadata(V3.replace('"type": "tag"', '"type": "label"'))).toThrow(/type.*branch, tag/);
});
