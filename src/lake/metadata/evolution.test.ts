import { expect, test } from "vitest";
import { mappedFieldId, parseNameMapping } from "../core/name-mapping.ts";
import { evolutionUpdates, type TableEvolution } from "./evolution.ts";
import { newTableMetadata, type TableInput } from "./new-table.ts";
import { requirementsFor } from "./requirements-for.ts";
import type { TableMetadata } from "./table-metadata.ts";
import { applyUpdates } from "./update.ts";

function table(more: Partial<TableInput> = {}): TableMetadata {
  return newTableMetadata(
    {
      schema: [
        { id: 1, name: "day", type: "date", required: true },
        { id: 2, name: "venue", type: "string", required: true },
      ],
      formatVersion: 3,
      ...more,
    },
    { tableUuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1", location: "file:///w/t", nowMs: 1_000 },
  );
}

function evolved(base: TableMetadata, evolution: TableEvolution): TableMetadata {
  return applyUpdates(base, evolutionUpdates(base, evolution), 2_000);
}

test("what is evolved must not have changed meanwhile, each named once", () => {
  const base = table();
  const updates = evolutionUpdates(base, {
    schema: [{ change: "add", name: "x", type: "int" }],
    partitions: [{ change: "add", column: "venue", transform: "identity" }],
    sortOrder: [{ column: "x" }],
  });
  expect(requirementsFor(base, updates).map(({ type }) => type)).toEqual([
    "assert-table-uuid",
    "assert-last-assigned-field-id",
    "assert-current-schema-id",
    "assert-last-assigned-partition-id",
    "assert-default-spec-id",
    "assert-default-sort-order-id",
  ]);
});

test("updates tell the ids that the table will give, and leave out what changes nothing", () => {
  const base = table({ partitionSpec: [{ column: "venue", transform: "identity" }], sortOrder: [{ column: "day" }] });
  const schemaAndBack = evolutionUpdates(evolved(base, { schema: [{ change: "add", name: "x", type: "int" }] }), {
    formatVersion: 3,
    schema: [{ change: "drop", column: "x" }],
    partitions: [{ change: "add", column: "day", transform: "month" }],
    sortOrder: [{ column: "day" }],
    properties: { absent: undefined },
  });
  expect(schemaAndBack).toMatchObject([
    { action: "set-current-schema", schemaId: 0 },
    { action: "add-spec", spec: { specId: 1, fields: [{ fieldId: 1000 }, { fieldId: 1001, name: "day_month" }] } },
    { action: "set-default-spec", specId: -1 },
  ]);
  expect(evolutionUpdates(base, { schema: [{ change: "add", name: "x", type: "int" }] })).toMatchObject([
    { action: "add-schema", schema: { schemaId: 1 }, lastColumnId: 3 },
    { action: "set-current-schema", schemaId: -1 },
  ]);
});

test("a ref that is set must be where it was, or not be", () => {
  const ref = { snapshotId: 4n, type: "branch" } as const;
  expect(requirementsFor(table(), [{ action: "set-snapshot-ref", refName: "b", ref }])[1]).toEqual({
    type: "assert-ref-snapshot-id",
    ref: "b",
    snapshotId: undefined,
  });
});

test("properties that name a column follow it, and go with it", () => {
  const base = table({
    properties: {
      "write.metadata.metrics.column.venue": "full",
      "write.parquet.bloom-filter-enabled.column.day": "true",
      "schema.name-mapping.default": '[{"field-id":1,"names":["day"]},{"field-id":2,"names":["venue"]}]',
    },
  });
  const next = evolved(base, {
    schema: [
      { change: "rename", column: "venue", name: "market" },
      { change: "drop", column: "day" },
    ],
  });
  expect(next.properties).toMatchObject({ "write.metadata.metrics.column.market": "full" });
  expect(Object.keys(next.properties).filter((name) => /column\.(venue|day)$/.test(name))).toEqual([]);
  const mapping = parseNameMapping(next.properties["schema.name-mapping.default"] ?? "");
  expect(["venue", "market"].map((name) => mappedFieldId(mapping, [name]))).toEqual([2, 2]);
});

test("a date may become a timestamp only where its partitions stay what they are", () => {
  const widen = { schema: [{ change: "widen", column: "day", type: "timestamp" }] } as const;
  const byMonth = table({ partitionSpec: [{ column: "day", transform: "month" }] });
  expect(evolved(byMonth, widen).schemas[1]?.fields[0]?.type).toEqual({ kind: "timestamp" });
  for (const transform of ["identity", "bucket[8]"]) {
    const base = table({ partitionSpec: [{ column: "day", transform }] });
    expect(() => evolved(base, widen)).toThrow(/would change the partition field/);
  }
});

test("a version and what it allows come together", () => {
  const next = evolved(table({ formatVersion: 1 }), {
    formatVersion: 3,
    schema: [{ change: "add", name: "at", type: "timestamp_ns", required: true, defaultValue: "2026-01-01T00:00:00" }],
  });
  expect([next.formatVersion, next.nextRowId, next.currentSchemaId]).toEqual([3, 0n, 1]);
});

test("a field of an old spec takes its old id again", () => {
  const by = (transform: string): TableEvolution => ({ partitions: [{ change: "add", column: "day", transform }] });
  const first = evolved(table(), by("day"));
  const second = evolved(evolved(first, { partitions: [{ change: "remove", field: "day_day" }] }), by("month"));
  const third = evolved(evolved(second, { partitions: [{ change: "remove", field: "day_month" }] }), by("day"));
  expect([first, second, third].map((each) => [each.defaultSpecId, each.lastPartitionId])).toEqual([
    [1, 1000],
    [2, 1001],
    [1, 1001],
  ]);
});
