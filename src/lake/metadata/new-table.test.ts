import { expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { indexSchema } from "../core/schema-index.ts";
import { createTableRequestFromJson, type TableDescription } from "./create-request.ts";
import { formatMetadata, metadataFromJson, metadataJson, parseMetadata } from "./metadata-json.ts";
import { newTableFromDescription, newTableMetadata, tableFromUpdates } from "./new-table.ts";
import { replacementUpdates } from "./replacement.ts";
import { currentSchema, type TableMetadata } from "./table-metadata.ts";
import { applyUpdates, type TableUpdate } from "./update.ts";

const MADE = { tableUuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1", location: "file:///w/t", nowMs: 1_000 };

/** As a client sends it: ids of its own, from 0. */
const REQUEST = {
  name: "trades",
  schema: {
    type: "struct",
    "schema-id": 3,
    "identifier-field-ids": [0],
    fields: [
      { id: 0, name: "id", required: true, type: "long" },
      {
        id: 1,
        name: "where",
        required: true,
        type: {
          type: "struct",
          fields: [
            { id: 10, name: "venue", required: true, type: "string" },
            {
              id: 11,
              name: "hops",
              required: false,
              type: { type: "map", "key-id": 20, key: "string", "value-id": 21, value: "int", "value-required": false },
            },
          ],
        },
      },
      { id: 2, name: "ts", required: true, type: "timestamptz" },
    ],
  },
  "partition-spec": {
    "spec-id": 5,
    fields: [
      { "source-id": 2, "field-id": 77, name: "ts_day", transform: "day" },
      { "source-id": 10, name: "venue", transform: "identity" },
    ],
  },
  "write-order": {
    "order-id": 9,
    fields: [{ "source-id": 2, transform: "identity", direction: "asc", "null-order": "nulls-first" }],
  },
  "stage-create": true,
  properties: { owner: "me", "format-version": "3" },
};

test("a described table gives ids of its own, level by level, and its spec and order follow the names", () => {
  const request = createTableRequestFromJson(REQUEST);
  expect([request.stageCreate, request.location]).toEqual([true, undefined]);
  const table = newTableFromDescription(request, MADE);
  const { byName } = indexSchema(currentSchema(table));
  expect([...byName].map(([name, { field }]) => `${field.id} ${name}`)).toEqual([
    "1 id",
    "2 where",
    "4 where.venue",
    "5 where.hops",
    "6 where.hops.key",
    "7 where.hops.value",
    "3 ts",
  ]);
  expect(table).toMatchObject({
    formatVersion: 3,
    lastColumnId: 7,
    schemas: [{ schemaId: 0, identifierFieldIds: [1] }],
    partitionSpecs: [
      {
        specId: 0,
        fields: [
          { sourceId: 3, fieldId: 1000, name: "ts_day" },
          { sourceId: 4, fieldId: 1001, name: "venue" },
        ],
      },
    ],
    lastPartitionId: 1001,
    sortOrders: [{ orderId: 1, fields: [{ sourceId: 3 }] }],
    defaultSortOrderId: 1,
    properties: { owner: "me", "write.parquet.compression-codec": "zstd" },
  });
  expect(table.properties["format-version"]).toBeUndefined();
  expect(parseMetadata(formatMetadata(table))).toEqual(metadataFromJson(metadataJson(table)));
});

test("a description that contradicts itself is the caller's mistake", () => {
  const describe = (more: object) => createTableRequestFromJson({ ...REQUEST, ...more });
  const create = (more: object) => () => newTableFromDescription(describe(more), MADE);
  expect(create({ "partition-spec": { fields: [{ "source-id": 5, name: "x", transform: "day" }] } })).toThrow(
    /Cannot find source column for partition field: x/,
  );
  expect(create({ properties: { "write.metadata.metrics.column.nope": "full" } })).toThrow(
    /could not find column nope from table prop/,
  );
  expect(create({ properties: { "format-version": "9" } })).toThrow(/unsupported format version: v9/);
  expect(() => describe({ schema: { type: "struct" } })).toThrow(InvalidInputError);
});

test("a create transaction's updates alone make the table, in the version they upgrade to", () => {
  const updates: readonly TableUpdate[] = [
    { action: "assign-uuid", uuid: "0f7a3a0e-0000-4000-8000-000000000001" },
    { action: "upgrade-format-version", formatVersion: 1 },
    { action: "add-schema", schema: currentSchema(newTableFromDescription(createTableRequestFromJson(REQUEST), MADE)) },
    { action: "set-current-schema", schemaId: -1 },
    { action: "set-location", location: "s3://b/elsewhere" },
  ];
  expect(tableFromUpdates(updates, MADE)).toMatchObject({
    formatVersion: 1,
    tableUuid: "0f7a3a0e-0000-4000-8000-000000000001",
    location: "s3://b/elsewhere",
    partitionSpecs: [{ specId: 0, fields: [] }],
    sortOrders: [{ orderId: 0, fields: [] }],
  });
  expect(() => tableFromUpdates([{ action: "set-properties", updates: {} }], MADE)).toThrow(/before a schema is added/);
});

test.each([1, 2, 3] as const)("a table of our own in v%d keeps the ids it was given", (formatVersion) => {
  const table = newTableMetadata(
    {
      schema: [{ id: 40, name: "x", type: "long", required: true }],
      identifierFields: ["x"],
      partitionSpec: [{ column: "x", transform: "bucket[4]" }],
      formatVersion,
    },
    MADE,
  );
  expect(table).toMatchObject({ formatVersion, lastColumnId: 40, schemas: [{ identifierFieldIds: [40] }] });
  expect(parseMetadata(formatMetadata(table))).toEqual(table);
});

test("v3's types are refused in a table of v2", () => {
  const schema = [{ id: 1, name: "at", type: "timestamptz_ns", required: true }];
  expect(() => newTableMetadata({ schema }, MADE)).toThrow(/timestamptz_ns is not supported until v3/);
  expect(newTableMetadata({ schema, formatVersion: 3 }, MADE).formatVersion).toBe(3);
});

function described(fields: readonly object[], spec: readonly object[]): TableDescription {
  return createTableRequestFromJson({
    name: "t",
    schema: { type: "struct", fields: fields as never },
    "partition-spec": { fields: spec as never },
  });
}

function replaced(base: TableMetadata, description: TableDescription): TableMetadata {
  return applyUpdates(base, replacementUpdates(base, description), 9_000);
}

test("a replaced table is empty, keeps its history, and gives columns of the same name the same ids", () => {
  const base = newTableFromDescription(createTableRequestFromJson({ ...REQUEST, properties: {} }), MADE);
  const snapshot = {
    snapshotId: 1n,
    parentSnapshotId: undefined,
    sequenceNumber: 1,
    timestampMs: 2_000,
    manifestList: "l",
    manifests: [],
    operation: "append",
    summary: {},
    schemaId: 0,
    extra: {},
  } as const;
  const filled = applyUpdates(
    base,
    [
      { action: "add-snapshot", snapshot },
      { action: "set-snapshot-ref", refName: "main", ref: { snapshotId: 1n, type: "branch" } },
    ],
    3_000,
  );
  const next = replaced(
    filled,
    described(
      [
        { id: 1, name: "ts", required: true, type: "timestamptz" },
        { id: 2, name: "size", required: false, type: "double" },
      ],
      [
        { "source-id": 2, name: "b", transform: "identity" },
        { "source-id": 1, name: "d", transform: "day" },
      ],
    ),
  );
  expect(next).toMatchObject({
    currentSnapshotId: undefined,
    refs: {},
    snapshotLog: [{ snapshotId: 1n }],
    lastColumnId: 8,
    currentSchemaId: 1,
    defaultSpecId: 1,
    defaultSortOrderId: 0,
  });
  expect(currentSchema(next).fields.map(({ id, name }) => [id, name])).toEqual([
    [3, "ts"],
    [8, "size"],
  ]);
  expect(next.partitionSpecs[1]?.fields.map(({ fieldId, name }) => [fieldId, name])).toEqual([
    [1002, "b"],
    [1000, "d"],
  ]);
});

test("a replaced table of v1 keeps the places of its partition fields", () => {
  const base = newTableMetadata(
    {
      schema: [
        { id: 1, name: "ts", type: "timestamptz", required: true },
        { id: 2, name: "venue", type: "string", required: true },
      ],
      partitionSpec: [
        { column: "ts", transform: "day" },
        { column: "venue", transform: "identity" },
      ],
      formatVersion: 1,
    },
    MADE,
  );
  const next = replaced(
    base,
    described(
      [
        { id: 1, name: "ts", required: true, type: "timestamptz" },
        { id: 2, name: "venue", required: true, type: "string" },
      ],
      [
        { "source-id": 1, name: "ts_day", transform: "hour" },
        { "source-id": 2, name: "venue", transform: "identity" },
      ],
    ),
  );
  expect(
    next.partitionSpecs.at(-1)?.fields.map(({ fieldId, name, transform }) => `${fieldId} ${name} ${transform.kind}`),
  ).toEqual(["1000 ts_day_1000 void", "1001 venue identity", "1002 ts_day hour"]);
});
