import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import type { Schema } from "../core/schema.ts";
import type { Field } from "../core/types.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { newTableMetadata } from "./new-table.ts";
import type { Snapshot } from "./snapshot.ts";
import { currentSchema, type TableMetadata } from "./table-metadata.ts";
import { applyUpdates, type TableUpdate } from "./update.ts";

const TS: Field = { id: 1, name: "ts", type: { kind: "timestamptz" }, required: true };
const PRICE: Field = { id: 2, name: "price", type: { kind: "decimal", precision: 18, scale: 8 }, required: true };

function table(formatVersion: 1 | 2 | 3 = 2): TableMetadata {
  return newTableMetadata(
    {
      schema: [
        { id: 1, name: "ts", type: "timestamptz", required: true },
        { id: 2, name: "price", type: "decimal(18,8)", required: true },
      ],
      partitionSpec: [{ column: "ts", transform: "day" }],
      sortOrder: [{ column: "ts" }],
      formatVersion,
    },
    { tableUuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1", location: "file:///w/t/", nowMs: 1_000 },
  );
}

function schema(fields: readonly Field[], schemaId = 99): Schema {
  return { schemaId, fields, identifierFieldIds: [] };
}

function snapshot(snapshotId: bigint, sequenceNumber: number, more: Partial<Snapshot> = {}): Snapshot {
  return {
    snapshotId,
    parentSnapshotId: undefined,
    sequenceNumber,
    timestampMs: 2_000 + sequenceNumber,
    manifestList: `file:///w/t/metadata/snap-${snapshotId}.avro`,
    manifests: [],
    operation: "append",
    summary: {},
    schemaId: 0,
    extra: {},
    ...more,
  };
}

function add(added: Snapshot, branch = "main"): readonly TableUpdate[] {
  const ref = { snapshotId: added.snapshotId, type: "branch" } as const;
  return [
    { action: "add-snapshot", snapshot: added },
    { action: "set-snapshot-ref", refName: branch, ref },
  ];
}

function updated(base: TableMetadata, ...updates: readonly TableUpdate[]): TableMetadata {
  return applyUpdates(base, updates, 5_000);
}

test("updates that change nothing give the very same metadata back", () => {
  const base = updated(table(), ...add(snapshot(1n, 1)));
  const same = updated(
    base,
    { action: "assign-uuid", uuid: base.tableUuid.toUpperCase() },
    { action: "upgrade-format-version", formatVersion: 2 },
    { action: "add-schema", schema: schema([TS, PRICE]) },
    { action: "set-current-schema", schemaId: -1 },
    { action: "set-default-spec", specId: 0 },
    { action: "set-snapshot-ref", refName: "main", ref: { snapshotId: 1n, type: "branch" } },
    { action: "remove-snapshot-ref", refName: "absent" },
    { action: "remove-snapshots", snapshotIds: [77n] },
    { action: "remove-statistics", snapshotId: 1n },
    { action: "set-properties", updates: {} },
    { action: "remove-properties", removals: [] },
    { action: "set-location", location: "file:///w/t" },
    { action: "remove-encryption-key", keyId: "none" },
  );
  expect(same).toBe(base);
});

describe("schemas", () => {
  const wider: Field = { id: 3, name: "size", type: { kind: "long" }, required: false };

  test("one takes the next id whatever its own is, and an equal one is used again", () => {
    const added = updated(table(), { action: "add-schema", schema: schema([TS, PRICE, wider]) });
    expect(added.schemas.map(({ schemaId }) => schemaId)).toEqual([0, 1]);
    expect([added.currentSchemaId, added.lastColumnId]).toEqual([0, 3]);
    const back = updated(
      added,
      { action: "set-current-schema", schemaId: 1 },
      { action: "add-schema", schema: schema([TS, PRICE]) },
      { action: "set-current-schema", schemaId: -1 },
    );
    expect([back.currentSchemaId, back.schemas.length, back.lastColumnId]).toEqual([0, 2, 3]);
  });

  test("ids that were given and dropped within a commit are not given again", () => {
    const next = updated(table(), { action: "add-schema", schema: schema([TS, PRICE]), lastColumnId: 9 });
    expect([next.lastColumnId, next.schemas.length]).toEqual([9, 1]);
  });

  test.each<[string, TableUpdate, RegExp]>([
    ["a set of -1 where none was added", { action: "set-current-schema", schemaId: -1 }, /no schema has been added/],
    ["an unknown one", { action: "set-current-schema", schemaId: 7 }, /unknown schema: 7/],
    ["removing the current one", { action: "remove-schemas", schemaIds: [0] }, /Cannot remove the current schema/],
    [
      "two fields of one id",
      { action: "add-schema", schema: schema([TS, { ...PRICE, id: 1 }]) },
      /ts and price have one id/,
    ],
    [
      "two fields of one name",
      { action: "add-schema", schema: schema([TS, { ...PRICE, name: "ts" }]) },
      /multiple fields for name ts/,
    ],
    [
      "a type of v3 in v2",
      { action: "add-schema", schema: schema([TS, { ...PRICE, type: { kind: "timestamp_ns" } }]) },
      /timestamp_ns is not supported until v3/,
    ],
    [
      "a default in v2",
      { action: "add-schema", schema: schema([TS, { ...PRICE, initialDefault: "1.00000000" }]) },
      /not supported until v3/,
    ],
    [
      "an optional identifier field",
      { action: "add-schema", schema: { ...schema([TS, { ...PRICE, required: false }]), identifierFieldIds: [2] } },
      /price as an identifier field: not a required field/,
    ],
  ])("%s is refused", (_what, update, message) => {
    expect(() => updated(table(), update)).toThrow(message);
    expect(() => updated(table(), update)).toThrow(InvalidInputError);
  });

  test("a column that the default spec or order is made of may not go", () => {
    const drop: readonly TableUpdate[] = [
      { action: "add-schema", schema: schema([PRICE]) },
      { action: "set-current-schema", schemaId: -1 },
    ];
    expect(() => updated(table(), ...drop)).toThrow(/Cannot find source column for partition field ts_day/);
    const unpartitioned = updated(
      table(),
      { action: "add-spec", spec: { specId: 5, fields: [] } },
      { action: "set-default-spec", specId: -1 },
    );
    expect(() => updated(unpartitioned, ...drop)).toThrow(/Cannot find source column for sort field/);
    expect(
      updated(unpartitioned, { action: "set-default-sort-order", sortOrderId: 0 }, ...drop).schemas[1]?.fields,
    ).toEqual([PRICE]);
  });

  test("v3 takes nanoseconds, defaults, variant and unknown, and refuses a default that is not of its type", () => {
    const nanos: Field = { id: 3, name: "at", type: { kind: "timestamp_ns" }, required: false };
    const fee: Field = { ...PRICE, id: 4, name: "fee", initialDefault: "0.10000000", writeDefault: "0.10000000" };
    const opaque: Field = { id: 5, name: "v", type: { kind: "opaque", text: "variant" }, required: false };
    const ok = updated(table(3), { action: "add-schema", schema: schema([TS, PRICE, nanos, fee, opaque]) });
    expect(ok.schemas.length).toBe(2);
    const wrong = { ...fee, initialDefault: "cheap" };
    expect(() => updated(table(3), { action: "add-schema", schema: schema([TS, PRICE, wrong]) })).toThrow(/cheap/);
    const unknown: Field = { id: 6, name: "u", type: { kind: "opaque", text: "unknown" }, required: true };
    expect(() => updated(table(3), { action: "add-schema", schema: schema([TS, PRICE, unknown]) })).toThrow(/optional/);
    const strange: Field = { ...unknown, type: { kind: "opaque", text: "money" }, required: false };
    expect(() => updated(table(3), { action: "add-schema", schema: schema([TS, PRICE, strange]) })).toThrow(/money/);
  });
});

describe("partition specs and sort orders", () => {
  const hour = { sourceId: 1, name: "ts_hour", transform: { kind: "hour" } } as const;
  const day = { sourceId: 1, name: "ts_day", transform: { kind: "day" } } as const;

  test("a field without an id takes that of its like, or the next one", () => {
    const next = updated(
      table(),
      { action: "add-spec", spec: { specId: undefined, fields: [{ ...hour, fieldId: undefined }] } },
      { action: "set-default-spec", specId: -1 },
      {
        action: "add-spec",
        spec: {
          specId: undefined,
          fields: [
            { ...day, name: "d", fieldId: undefined },
            { ...hour, fieldId: undefined },
          ],
        },
      },
    );
    expect(next.partitionSpecs.map(({ specId, fields }) => [specId, ...fields.map(({ fieldId }) => fieldId)])).toEqual([
      [0, 1000],
      [1, 1001],
      [2, 1000, 1001],
    ]);
    expect([next.defaultSpecId, next.lastPartitionId]).toEqual([1, 1001]);
  });

  test("an equal spec or order is used again", () => {
    const next = updated(
      table(),
      { action: "add-spec", spec: { specId: 8, fields: [{ ...day, fieldId: undefined }] } },
      { action: "add-sort-order", sortOrder: { orderId: 8, fields: table().sortOrders[1]?.fields ?? [] } },
      { action: "set-default-sort-order", sortOrderId: -1 },
      { action: "set-default-spec", specId: -1 },
    );
    expect([next.partitionSpecs.length, next.sortOrders.length, next.defaultSortOrderId]).toEqual([1, 2, 1]);
  });

  test("a new order counts on from the last, and one without fields is order 0", () => {
    const byPrice = {
      sourceId: 2,
      transform: { kind: "identity" },
      direction: "desc",
      nullOrder: "nulls-last",
    } as const;
    const next = updated(
      table(),
      { action: "add-sort-order", sortOrder: { orderId: 1, fields: [byPrice] } },
      { action: "set-default-sort-order", sortOrderId: -1 },
    );
    expect([next.defaultSortOrderId, next.sortOrders.at(-1)?.fields]).toEqual([2, [byPrice]]);
    const unsorted = updated(
      next,
      { action: "add-sort-order", sortOrder: { orderId: 3, fields: [] } },
      { action: "set-default-sort-order", sortOrderId: -1 },
    );
    expect(unsorted.defaultSortOrderId).toBe(0);
  });

  test.each<[string, TableUpdate, RegExp]>([
    [
      "a source there is not",
      { action: "add-spec", spec: { specId: 1, fields: [{ ...hour, sourceId: 9, fieldId: 1001 }] } },
      /Cannot find source column/,
    ],
    [
      "a transform that does not fit",
      { action: "add-spec", spec: { specId: 1, fields: [{ ...hour, sourceId: 2, fieldId: 1001 }] } },
      /Invalid source type decimal\(18,8\) for transform: hour/,
    ],
    [
      "the name of another column",
      { action: "add-spec", spec: { specId: 1, fields: [{ ...hour, name: "price", fieldId: 1001 }] } },
      /name that exists in schema: price/,
    ],
    [
      "one name twice",
      {
        action: "add-spec",
        spec: {
          specId: 1,
          fields: [
            { ...hour, fieldId: 1001 },
            { ...day, name: "ts_hour", fieldId: 1002 },
          ],
        },
      },
      /more than once: ts_hour/,
    ],
    ["an unknown spec", { action: "set-default-spec", specId: 3 }, /unknown spec: 3/],
    ["-1 without an added spec", { action: "set-default-spec", specId: -1 }, /no spec has been added/],
    ["an unknown order", { action: "set-default-sort-order", sortOrderId: 3 }, /unknown order: 3/],
    ["removing the default spec", { action: "remove-partition-specs", specIds: [0] }, /Cannot remove the default/],
  ])("%s is refused", (_what, update, message) => {
    expect(() => updated(table(), update)).toThrow(message);
  });

  test("format v1 wants field ids from 1000 without a gap", () => {
    const gap: TableUpdate = { action: "add-spec", spec: { specId: 1, fields: [{ ...hour, fieldId: 1001 }] } };
    expect(() => updated(table(1), gap)).toThrow(/sequential IDs/);
    const voided = { ...day, fieldId: 1000, transform: { kind: "void" } } as const;
    const next = updated(table(1), {
      action: "add-spec",
      spec: { specId: 1, fields: [voided, { ...hour, fieldId: 1001 }] },
    });
    expect(next.partitionSpecs[1]?.fields.map(({ transform }) => transform.kind)).toEqual(["void", "hour"]);
  });
});

describe("snapshots, refs and their history", () => {
  test("sequence numbers rise, but for a snapshot without a parent, which replaces all", () => {
    const base = updated(table(), ...add(snapshot(1n, 1)));
    const late = snapshot(2n, 1, { parentSnapshotId: 1n });
    expect(() => updated(base, ...add(late))).toThrow(/sequence number 1 older than last sequence number 1/);
    const replaced = updated(base, { action: "remove-snapshot-ref", refName: "main" }, ...add(snapshot(3n, 1)));
    expect([replaced.currentSnapshotId, replaced.lastSequenceNumber]).toEqual([3n, 1]);
    expect(replaced.snapshotLog.map(({ snapshotId }) => snapshotId)).toEqual([1n, 3n]);
  });

  test("a snapshot that one commit both makes current and replaces was never current", () => {
    const next = updated(table(), ...add(snapshot(1n, 1)), ...add(snapshot(2n, 2, { parentSnapshotId: 1n })));
    expect(next.snapshotLog).toEqual([{ timestampMs: 2_002, snapshotId: 2n }]);
    expect(next.snapshots.map(({ snapshotId }) => snapshotId)).toEqual([1n, 2n]);
  });

  test("a rollback is current from now on; a new snapshot from when it was made", () => {
    const base = updated(updated(table(), ...add(snapshot(1n, 1))), ...add(snapshot(2n, 2, { parentSnapshotId: 1n })));
    const back = updated(base, {
      action: "set-snapshot-ref",
      refName: "main",
      ref: { snapshotId: 1n, type: "branch" },
    });
    expect(back.snapshotLog.map(({ timestampMs }) => timestampMs)).toEqual([2_001, 2_002, 5_000]);
    expect(back.currentSnapshotId).toBe(1n);
  });

  test("removing a snapshot takes its statistics along and cuts the history before it", () => {
    const base = updated(
      updated(table(), ...add(snapshot(1n, 1))),
      ...add(snapshot(2n, 2, { parentSnapshotId: 1n })),
      {
        action: "set-statistics",
        statistics: {
          snapshotId: 1n,
          statisticsPath: "s",
          fileSizeInBytes: 1,
          fileFooterSizeInBytes: 1,
          blobMetadata: [],
          extra: {},
        },
      },
      {
        action: "set-partition-statistics",
        partitionStatistics: { snapshotId: 2n, statisticsPath: "p", fileSizeInBytes: 1, extra: {} },
      },
    );
    const next = updated(base, { action: "remove-snapshots", snapshotIds: [1n] });
    expect([next.statistics, next.partitionStatistics.length]).toEqual([[], 1]);
    expect(next.snapshotLog.map(({ snapshotId }) => snapshotId)).toEqual([2n]);
    expect(() => updated(base, { action: "remove-snapshots", snapshotIds: [2n] })).toThrow(/branch main refers to it/);
  });

  test.each<[string, TableUpdate, RegExp]>([
    ["main as a tag", { action: "set-snapshot-ref", refName: "main", ref: { snapshotId: 1n, type: "tag" } }, /main is/],
    [
      "a tag with a branch's retention",
      { action: "set-snapshot-ref", refName: "t", ref: { snapshotId: 1n, type: "tag", minSnapshotsToKeep: 2 } },
      /Tags do not support/,
    ],
    [
      "a retention of nothing",
      { action: "set-snapshot-ref", refName: "b", ref: { snapshotId: 1n, type: "branch", maxRefAgeMs: 0 } },
      /maxRefAgeMs must be greater than 0/,
    ],
    ["a snapshot twice", { action: "add-snapshot", snapshot: snapshot(1n, 5) }, /already exists for id: 1/],
    [
      "an unknown snapshot",
      { action: "set-snapshot-ref", refName: "x", ref: { snapshotId: 9n, type: "tag" } },
      /unknown snapshot/,
    ],
  ])("%s is refused", (_what, update, message) => {
    expect(() => updated(updated(table(), ...add(snapshot(1n, 1))), update)).toThrow(message);
  });
});

describe("format versions", () => {
  test("they only rise, to 3 at most", () => {
    const v3 = updated(table(1), { action: "upgrade-format-version", formatVersion: 3 });
    expect([v3.formatVersion, v3.nextRowId]).toEqual([3, 0n]);
    expect(() => updated(v3, { action: "upgrade-format-version", formatVersion: 2 })).toThrow(
      /Cannot downgrade v3 table/,
    );
    expect(() => updated(v3, { action: "upgrade-format-version", formatVersion: 4 })).toThrow(LakeUnsupportedError);
  });

  test("v3 gives every row an id once", () => {
    const first = updated(table(3), ...add(snapshot(1n, 1, { firstRowId: 0n, addedRows: 2n ** 53n })));
    expect(first.nextRowId).toBe(2n ** 53n);
    const more = { parentSnapshotId: 1n, addedRows: 5n };
    expect(() => updated(first, ...add(snapshot(2n, 2, { ...more, firstRowId: 7n })))).toThrow(
      /behind table next-row-id/,
    );
    expect(() => updated(first, ...add(snapshot(2n, 2, more)))).toThrow(/first-row-id is null/);
    const next = updated(first, ...add(snapshot(2n, 2, { ...more, firstRowId: 2n ** 53n })));
    expect(next.nextRowId).toBe(2n ** 53n + 5n);
  });
});

test("a uuid is for good", () => {
  expect(() => updated(table(), { action: "assign-uuid", uuid: "0f7a3a0e-0000-4000-8000-000000000000" })).toThrow(
    /Cannot reassign uuid/,
  );
});

test("encryption keys are added and removed by their ids", () => {
  const key = { keyId: "k", encryptedKeyMetadata: "QUJD", extra: {} };
  const added = updated(table(), { action: "add-encryption-key", encryptionKey: key });
  expect(updated(added, { action: "add-encryption-key", encryptionKey: key })).toBe(added);
  expect(updated(added, { action: "remove-encryption-key", keyId: "k" }).encryptionKeys).toEqual([]);
  expect(currentSchema(added).fields.length).toBe(2);
});
