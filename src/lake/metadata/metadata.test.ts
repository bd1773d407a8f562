import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { parseJson } from "../core/json.ts";
import { CommitConflictError, LakeUnsupportedError } from "../errors.ts";
import { formatMetadata, parseMetadata } from "./metadata-json.ts";
import { versionOf, withMetadataLog } from "./metadata-store.ts";
import { newTableMetadata } from "./new-table.ts";
import { checkRequirements } from "./requirement.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TableMetadata } from "./table-metadata.ts";
import { applyUpdates } from "./update.ts";

function fresh(): TableMetadata {
  return newTableMetadata(
    {
      schema: [{ id: 4, name: "ts", type: "timestamptz", required: true, doc: "when" }],
      partitionSpec: [{ column: "ts", transform: "day" }],
      sortOrder: [{ column: "ts", direction: "desc" }],
    },
    { tableUuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1", location: "file:///w/t", nowMs: 1_000 },
  );
}

function snapshot(snapshotId: bigint, sequenceNumber: number, parentSnapshotId?: bigint): Snapshot {
  return {
    snapshotId,
    parentSnapshotId,
    sequenceNumber,
    timestampMs: 1_000 + sequenceNumber,
    manifestList: `file:///w/t/metadata/snap-${snapshotId}.avro`,
    manifests: [],
    operation: "append",
    summary: { note: "é" },
    schemaId: 0,
    extra: {},
  };
}

function withSnapshot(metadata: TableMetadata, added: Snapshot): TableMetadata {
  const ref = { snapshotId: added.snapshotId, type: "branch" } as const;
  return applyUpdates(
    metadata,
    [
      { action: "add-snapshot", snapshot: added },
      { action: "set-snapshot-ref", refName: "main", ref },
    ],
    0,
  );
}

test("metadata comes back from its text, 63-bit ids and all", () => {
  const id = 2603806981335709951n;
  const metadata = withSnapshot(withSnapshot(fresh(), snapshot(id, 1)), snapshot(7n, 2, id));
  const text = formatMetadata(metadata);
  expect(text).toContain(`"snapshot-id":${id}`);
  expect(parseMetadata(text)).toEqual(parseMetadata(formatMetadata(parseMetadata(text))));
  expect(parseMetadata(text)).toMatchObject({
    currentSnapshotId: 7n,
    lastSequenceNumber: 2,
    lastColumnId: 4,
    lastPartitionId: 1000,
  });
  expect(parseMetadata(text).snapshots[1]?.parentSnapshotId).toBe(id);
});

test("what another writer put there and this library does not know survives a rewrite", () => {
  const original = JSON.parse(formatMetadata(withSnapshot(fresh(), snapshot(5n, 1))));
  const foreign = JSON.stringify({
    ...original,
    "next-row-id": 1234,
    statistics: [{ "snapshot-id": 5, "statistics-path": "s.puffin", "blob-metadata": [] }],
    "encryption-keys": [],
    snapshots: [{ ...original.snapshots[0], "first-row-id": 0, "added-rows": 3 }],
    schemas: [
      {
        ...original.schemas[0],
        fields: [
          ...original.schemas[0].fields,
          { id: 9, name: "v", type: "variant", required: false, "initial-default": null },
        ],
      },
    ],
  });
  const rewritten = parseJson(formatMetadata(parseMetadata(foreign)));
  expect(rewritten).toMatchObject({
    "next-row-id": 1234,
    statistics: [{ "statistics-path": "s.puffin" }],
    snapshots: [{ "first-row-id": 0, "added-rows": 3 }],
    schemas: [
      {
        fields: [
          { name: "ts", doc: "when" },
          { name: "v", type: "variant" },
        ],
      },
    ],
  });
});

test("metadata of format v1 is read with what it leaves out", () => {
  const metadata = parseMetadata(
    JSON.stringify({
      "format-version": 1,
      location: "s3://b/t/",
      "last-updated-ms": 5,
      "last-column-id": 1,
      schema: { type: "struct", fields: [{ id: 1, name: "x", required: true, type: "long" }] },
      "partition-spec": [{ name: "x", transform: "identity", "source-id": 1 }],
      "current-snapshot-id": -1,
    }),
  );
  expect(metadata).toMatchObject({
    formatVersion: 1,
    location: "s3://b/t",
    currentSnapshotId: undefined,
    lastPartitionId: 1000,
  });
  expect(metadata.partitionSpecs[0]?.fields[0]).toMatchObject({ fieldId: 1000, sourceId: 1 });
});

test("a later format version is refused, and a broken member is named", () => {
  expect(() => parseMetadata('{"format-version":4}')).toThrow(LakeUnsupportedError);
  expect(() => parseMetadata('{"format-version":2,"location":"x","last-updated-ms":"y"}')).toThrow(
    /last-updated-ms|schema/,
  );
  expect(() => parseMetadata(gzipSync("{}").toString("latin1"))).toThrow(/Cannot read JSON/);
});

test("updates are applied in order and leave the original alone", () => {
  const base = withSnapshot(fresh(), snapshot(1n, 1));
  const next = applyUpdates(
    base,
    [
      {
        action: "add-schema",
        schema: {
          schemaId: 1,
          identifierFieldIds: [],
          fields: [...(base.schemas[0]?.fields ?? []), { id: 8, name: "y", type: { kind: "int" }, required: false }],
        },
      },
      { action: "set-current-schema", schemaId: 1 },
      { action: "set-snapshot-ref", refName: "audit", ref: { snapshotId: 1n, type: "tag" } },
      { action: "set-properties", updates: { a: "1", b: "2" } },
      { action: "remove-properties", removals: ["a"] },
    ],
    500,
  );
  expect(next).toMatchObject({
    currentSchemaId: 1,
    lastColumnId: 8,
    lastUpdatedMs: 1_001,
    refs: { audit: { type: "tag" } },
  });
  expect([next.properties["a"], next.properties["b"]]).toEqual([undefined, "2"]);
  expect(base.schemas.length).toBe(1);
  expect(() => applyUpdates(next, [{ action: "remove-snapshots", snapshotIds: [1n] }], 0)).toThrow(/refers to it/);
  expect(() => applyUpdates(next, [{ action: "add-snapshot", snapshot: snapshot(9n, 1, 1n) }], 0)).toThrow(
    /sequence number/,
  );
  expect(() =>
    applyUpdates(next, [{ action: "set-snapshot-ref", refName: "x", ref: { snapshotId: 99n, type: "tag" } }], 0),
  ).toThrow(/no snapshot 99/);
});

test("the history claims nothing of before a snapshot that is gone", () => {
  let metadata = fresh();
  for (const id of [1n, 2n, 3n]) metadata = withSnapshot(metadata, snapshot(id, Number(id), id - 1n || undefined));
  const next = applyUpdates(metadata, [{ action: "remove-snapshots", snapshotIds: [2n] }], 0);
  expect(next.snapshots.map(({ snapshotId }) => snapshotId)).toEqual([1n, 3n]);
  expect(next.snapshotLog.map(({ snapshotId }) => snapshotId)).toEqual([3n]);
});

test("requirements that do not hold are named with what was found", () => {
  const metadata = withSnapshot(fresh(), snapshot(1n, 1));
  checkRequirements(metadata, [
    { type: "assert-table-uuid", uuid: metadata.tableUuid },
    { type: "assert-ref-snapshot-id", ref: "main", snapshotId: 1n },
    { type: "assert-ref-snapshot-id", ref: "absent", snapshotId: undefined },
    { type: "assert-current-schema-id", currentSchemaId: 0 },
    { type: "assert-default-spec-id", defaultSpecId: 0 },
    { type: "assert-default-sort-order-id", defaultSortOrderId: 1 },
    { type: "assert-last-assigned-field-id", lastAssignedFieldId: 4 },
    { type: "assert-last-assigned-partition-id", lastAssignedPartitionId: 1000 },
  ]);
  expect(() => checkRequirements(metadata, [{ type: "assert-create" }])).toThrow(CommitConflictError);
  expect(() => checkRequirements(metadata, [{ type: "assert-ref-snapshot-id", ref: "main", snapshotId: 2n }])).toThrow(
    /branch main has changed: expected id 2 != 1/,
  );
  expect(() => checkRequirements(undefined, [{ type: "assert-table-uuid", uuid: "x" }])).toThrow(/no such table/);
});

test("metadata files are numbered on, whoever wrote the last", () => {
  expect(versionOf("s3://b/t/metadata/00007-6c2e.metadata.json")).toBe(7);
  expect(versionOf("/t/metadata/v12.metadata.json")).toBe(12);
  expect(versionOf("/t/metadata/v12.gz.metadata.json")).toBe(12);
  expect(versionOf("/t/metadata/abc.metadata.json")).toBe(-1);
});

test("the metadata log keeps the newest files and hands over the others", () => {
  const base = { ...fresh(), metadataLog: [1, 2, 3].map((each) => ({ timestampMs: each, metadataFile: `m${each}` })) };
  const next = { ...base, properties: { ...base.properties, "write.metadata.previous-versions-max": "2" } };
  const { metadata, dropped } = withMetadataLog(next, { metadata: base, metadataLocation: "m4" });
  expect(metadata.metadataLog.map(({ metadataFile }) => metadataFile)).toEqual(["m3", "m4"]);
  expect(dropped).toEqual(["m1", "m2"]);
});
