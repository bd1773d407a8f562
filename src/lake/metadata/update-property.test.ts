import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { formatJson, parseJson } from "../core/json.ts";
import { highestFieldId } from "../core/schema.ts";
import type { SchemaChange } from "../core/schema-change.ts";
import { indexSchema } from "../core/schema-index.ts";
import type { PartitionChange } from "../core/spec-evolution.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { evolutionUpdates, type TableEvolution } from "./evolution.ts";
import { formatMetadata, parseMetadata } from "./metadata-json.ts";
import { newTableMetadata } from "./new-table.ts";
import { checkRequirements } from "./requirement.ts";
import { tableRequirementFromJson, tableRequirementJson } from "./requirement-json.ts";
import { requirementsFor } from "./requirements-for.ts";
import type { TableMetadata } from "./table-metadata.ts";
import { applyUpdates, type TableUpdate } from "./update.ts";
import { tableUpdateFromJson, tableUpdateJson } from "./update-json.ts";

/** Few names, so that changes meet each other. */
const name = fc.constantFrom("a", "b", "c", "s", "s.x", "s.y", "l", "l.element", "m.value");
const leaf = fc.constantFrom("a", "b", "c", "x", "y");
const primitive = fc.constantFrom("int", "long", "float", "double", "date", "string", "decimal(9,2)", "decimal(18,2)");
const nested = fc.constantFrom(
  { type: "struct", fields: [{ id: 1, name: "x", required: false, type: "int" }] },
  { type: "list", "element-id": 1, "element-required": false, element: "int" },
);

const schemaChange: fc.Arbitrary<SchemaChange> = fc.oneof(
  fc.record({
    change: fc.constant("add" as const),
    parent: fc.option(name, { nil: undefined }),
    name: leaf,
    type: fc.oneof(primitive, nested),
    required: fc.boolean(),
    isSure: fc.boolean(),
  }),
  fc.record({ change: fc.constant("drop" as const), column: name }),
  fc.record({ change: fc.constant("rename" as const), column: name, name: leaf }),
  fc.record({
    change: fc.constant("move" as const),
    column: name,
    to: fc.oneof(fc.constant("first" as const), fc.record({ before: name }), fc.record({ after: name })),
  }),
  fc.record({ change: fc.constant("widen" as const), column: name, type: primitive }),
  fc.record({ change: fc.constant("make-optional" as const), column: name }),
  fc.record({ change: fc.constant("make-required" as const), column: name, isSure: fc.boolean() }),
  fc.record({ change: fc.constant("identify-by" as const), columns: fc.array(name, { maxLength: 2 }) }),
);

const transform = fc.constantFrom("identity", "bucket[4]", "truncate[3]", "day", "year");
const partitionChange: fc.Arbitrary<PartitionChange> = fc.oneof(
  fc.record({ change: fc.constant("add" as const), column: name, transform }),
  fc.record({ change: fc.constant("remove" as const), field: fc.constantFrom("a", "b_bucket", "c_day", "a_trunc") }),
  fc.record({
    change: fc.constant("rename" as const),
    field: fc.constantFrom("a", "b_bucket"),
    name: fc.constantFrom("p", "q"),
  }),
);

const evolution: fc.Arbitrary<TableEvolution> = fc.record(
  {
    schema: fc.array(schemaChange, { minLength: 1, maxLength: 2 }),
    partitions: fc.array(partitionChange, { maxLength: 2 }),
    sortOrder: fc.array(fc.record({ column: name }), { maxLength: 2 }),
    formatVersion: fc.constantFrom(2, 3),
    properties: fc.dictionary(fc.constantFrom("p", "q"), fc.option(fc.string(), { nil: undefined })),
  },
  { requiredKeys: [] },
);

const ids = fc.bigInt({ min: 1n, max: 5n }).map((small) => 2n ** 62n + small);
const refName = fc.constantFrom("main", "main", "audit");
const plain: fc.Arbitrary<(base: TableMetadata) => readonly TableUpdate[]> = fc.oneof(
  fc
    .tuple(ids, refName, fc.boolean())
    .map(([snapshotId, branch, isDetached]) => (base: TableMetadata): readonly TableUpdate[] => {
      const parentSnapshotId = isDetached ? undefined : base.refs[branch]?.snapshotId;
      const snapshot = {
        snapshotId,
        parentSnapshotId,
        sequenceNumber: base.formatVersion === 1 ? 0 : base.lastSequenceNumber + 1,
        timestampMs: base.lastUpdatedMs + 7,
        manifestList: `s3://b/${snapshotId}.avro`,
        manifests: [],
        operation: "append",
        summary: {},
        schemaId: base.currentSchemaId,
        ...(base.formatVersion >= 3 && { firstRowId: base.nextRowId, addedRows: 3n }),
        extra: {},
      } as const;
      return [
        { action: "add-snapshot", snapshot },
        { action: "set-snapshot-ref", refName: branch, ref: { snapshotId, type: "branch" } },
      ];
    }),
  fc.tuple(ids, refName).map(([snapshotId, each]) => () => [
    { action: "set-snapshot-ref", refName: each, ref: { snapshotId, type: "branch" } } as const,
  ]),
  ids.map((snapshotId) => () => [{ action: "remove-snapshots", snapshotIds: [snapshotId] } as const]),
  refName.map((each) => () => [{ action: "remove-snapshot-ref", refName: each } as const]),
  fc.nat(3).map((schemaId) => () => [{ action: "set-current-schema", schemaId } as const]),
  fc.nat(3).map((specId) => () => [{ action: "set-default-spec", specId } as const]),
  fc.nat(3).map((schemaId) => () => [{ action: "remove-schemas", schemaIds: [schemaId] } as const]),
  fc.nat(3).map((specId) => () => [{ action: "remove-partition-specs", specIds: [specId] } as const]),
);
const step = fc.oneof(
  plain,
  evolution.map((each) => (base: TableMetadata) => evolutionUpdates(base, each)),
);

function start(formatVersion: 1 | 2 | 3): TableMetadata {
  return newTableMetadata(
    {
      schema: [
        { id: 1, name: "a", type: "int", required: true },
        { id: 2, name: "b", type: "string", required: false },
        { id: 3, name: "c", type: "date", required: false },
        {
          id: 4,
          name: "m",
          required: false,
          type: { type: "map", "key-id": 5, key: "string", "value-id": 6, value: "int", "value-required": false },
        },
        {
          id: 7,
          name: "s",
          required: false,
          type: {
            type: "struct",
            fields: [
              { id: 8, name: "x", required: false, type: "int" },
              { id: 9, name: "y", required: false, type: "string" },
            ],
          },
        },
        {
          id: 10,
          name: "l",
          required: false,
          type: { type: "list", "element-id": 11, "element-required": false, element: "float" },
        },
      ],
      partitionSpec: [
        { column: "a", transform: "identity" },
        { column: "b", transform: "bucket[4]" },
      ],
      sortOrder: [{ column: "c" }],
      formatVersion,
    },
    { tableUuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1", location: "s3://b/t", nowMs: 1_000 },
  );
}

/** What holds of every table, whatever was done to it. */
function expectValid(table: TableMetadata): void {
  expect(parseMetadata(formatMetadata(table))).toEqual(table);
  const schema = table.schemas.find(({ schemaId }) => schemaId === table.currentSchemaId);
  const spec = table.partitionSpecs.find(({ specId }) => specId === table.defaultSpecId);
  expect([schema, spec, table.sortOrders.find(({ orderId }) => orderId === table.defaultSortOrderId)]).not.toContain(
    undefined,
  );
  for (const list of [
    table.schemas.map(({ schemaId }) => schemaId),
    table.partitionSpecs.map(({ specId }) => specId),
    table.snapshots.map(({ snapshotId }) => snapshotId),
  ]) {
    expect(new Set<bigint | number>(list).size).toBe(list.length);
  }
  for (const each of table.schemas) expect(highestFieldId(each)).toBeLessThanOrEqual(table.lastColumnId);
  const held = new Set(table.snapshots.map(({ snapshotId }) => snapshotId));
  for (const { snapshotId } of [...Object.values(table.refs), ...table.snapshotLog]) expect(held).toContain(snapshotId);
  expect(table.refs["main"]?.snapshotId).toBe(table.currentSnapshotId);
  if (table.currentSnapshotId !== undefined) {
    expect(table.snapshotLog.at(-1)?.snapshotId).toBe(table.currentSnapshotId);
  }
  const times = table.snapshotLog.map(({ timestampMs }) => timestampMs);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  if (table.formatVersion === 1) {
    expect(spec?.fields.map(({ fieldId }) => fieldId)).toEqual(spec?.fields.map((_, index) => 1000 + index));
  }
}

/** A field's id stands for one column for ever: what it is called may change, its kind only by promotion. */
function expectIdsKept(before: TableMetadata, after: TableMetadata): void {
  const old = new Set(before.schemas.flatMap((schema) => [...indexSchema(schema).byId.keys()]));
  for (const schema of after.schemas.slice(before.schemas.length)) {
    for (const id of indexSchema(schema).byId.keys()) expect(old.has(id) || id > before.lastColumnId).toBe(true);
  }
}

function overTheWire(updates: readonly TableUpdate[]): readonly TableUpdate[] {
  return updates.map((update) => tableUpdateFromJson(parseJson(formatJson(tableUpdateJson(update)))));
}

test("whatever is done to a table leaves it valid, or is refused and leaves it as it was", async () => {
  let applied = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<1 | 2 | 3>(1, 2, 3),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      async (formatVersion, steps) => {
        let table = start(formatVersion);
        for (const decide of steps) {
          const text = formatMetadata(table);
          const next = attempt(table, decide);
          expect(formatMetadata(table)).toBe(text);
          if (next === undefined) continue;
          applied += 1;
          expectValid(next);
          expectIdsKept(table, next);
          table = next;
        }
        await setImmediate();
      },
    ),
    { numRuns: 300 },
  );
  expect(applied).toBeGreaterThan(300);
});

function attempt(
  table: TableMetadata,
  decide: (base: TableMetadata) => readonly TableUpdate[],
): TableMetadata | undefined {
  try {
    const updates = decide(table);
    const next = applyUpdates(table, updates, table.lastUpdatedMs + 10);
    const requirements = requirementsFor(table, updates).map(tableRequirementJson).map(tableRequirementFromJson);
    checkRequirements(table, requirements);
    expect(applyUpdates(table, overTheWire(updates), table.lastUpdatedMs + 10)).toEqual(next);
    return next;
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof LakeUnsupportedError) return undefined;
    throw error;
  }
}
