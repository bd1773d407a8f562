import { expect, test } from "vitest";
import { COUNTED, counted, TestLake } from "../test-lake.ts";

test("a table evolves under its files: old rows are read as the new schema, new files are written as it", async () => {
  await using context = await TestLake.open();
  const { lake } = context;
  await lake.createTable("a.t", COUNTED);
  await context.append("a.t", counted(0, 4));
  const table = await lake.evolve("a.t", {
    schema: [
      { change: "rename", column: "kind", name: "parity" },
      { change: "add", name: "note", type: "string", doc: "free text" },
      { change: "move", column: "note", to: "first" },
    ],
    partitions: [
      { change: "remove", field: "kind" },
      { change: "add", column: "n", transform: "truncate[10]" },
    ],
    sortOrder: [{ column: "n", direction: "desc" }],
    properties: { owner: "me", "write.parquet.compression-codec": undefined },
  });
  expect(table.schema.fields.map(({ id, name }) => `${id} ${name}`)).toEqual(["4 note", "1 n", "2 parity", "3 at"]);
  expect(table.metadata).toMatchObject({ defaultSpecId: 1, defaultSortOrderId: 2, lastColumnId: 4 });
  expect(table.metadata.properties).toMatchObject({ owner: "me" });
  expect(table.metadata.properties["write.parquet.compression-codec"]).toBeUndefined();
  await context.append("a.t", `SELECT 'new' AS note, n, kind AS parity, "at" FROM (${counted(4, 6)})`);
  const rows = await context.rows("a.t", "n, parity, note");
  expect(rows.map((row) => row.map((value) => (value === null ? null : String(value))))).toEqual([
    ["0", "even", null],
    ["1", "odd", null],
    ["2", "even", null],
    ["3", "odd", null],
    ["4", "even", "new"],
    ["5", "odd", "new"],
  ]);
});

test("an evolution that rows would not survive is refused, and nothing is changed", async () => {
  await using context = await TestLake.open();
  const { lake } = context;
  const { metadataLocation } = await lake.createTable("a.t", COUNTED);
  await expect(lake.evolve("a.t", { schema: [{ change: "widen", column: "n", type: "int" }] })).rejects.toThrow(
    /Cannot change column type: n: long -> int/,
  );
  await expect(lake.evolve("a.t", { schema: [{ change: "drop", column: "at" }] })).rejects.toThrow(
    /Cannot find source column for partition field at_day/,
  );
  await expect(lake.evolve("a.t", { formatVersion: 1 })).rejects.toThrow(/Cannot downgrade v2 table to v1/);
  expect((await lake.table("a.t")).metadataLocation).toBe(metadataLocation);
});

test("two evolutions at once both hold", async () => {
  await using context = await TestLake.open();
  const { lake } = context;
  await lake.createTable("a.t", COUNTED);
  await Promise.all(
    ["x", "y", "z"].map((name) => lake.evolve("a.t", { schema: [{ change: "add", name, type: "int" }] })),
  );
  const { schema, metadata } = await lake.table("a.t");
  expect(schema.fields.map(({ name }) => name).toSorted()).toEqual(["at", "kind", "n", "x", "y", "z"]);
  expect(new Set(schema.fields.map(({ id }) => id)).size).toBe(6);
  expect(metadata.lastColumnId).toBe(6);
});

test("a replaced table is empty and another, and its old rows are still read as of then", async () => {
  await using context = await TestLake.open();
  const { lake, db } = context;
  await lake.createTable("a.t", COUNTED);
  const { snapshotId } = await context.append("a.t", counted(0, 4));
  const table = await lake.replaceTable("a.t", {
    schema: [
      { id: 1, name: "at", type: "timestamptz", required: true },
      { id: 2, name: "price", type: "decimal(18,8)", required: false },
    ],
    partitionSpec: [{ column: "at", transform: "day" }],
  });
  expect(table.schema.fields.map(({ id, name }) => `${id} ${name}`)).toEqual(["3 at", "4 price"]);
  expect(table.snapshot).toBeUndefined();
  expect(await context.rows("a.t")).toEqual([]);
  if (snapshotId === undefined) throw new RangeError("no snapshot");
  const [old] = await db.rows(`SELECT count(*)::INT, sum(n)::INT FROM ${await table.scan({ snapshotId }).sql()}`);
  expect(old).toEqual([4, 6]);
  await context.append("a.t", `SELECT "at", 1.5::DECIMAL(18,8) AS price FROM (${counted(0, 3)})`);
  expect((await context.rows("a.t", "price")).length).toBe(3);
  await expect(lake.replaceTable("a.none", COUNTED)).rejects.toThrow(/no such table/);
});

test("in format v3 a new column has its default in old rows, and a date may become a timestamp under its files", async () => {
  await using context = await TestLake.open();
  const { lake } = context;
  await lake.createTable("a.t", { ...COUNTED, formatVersion: 3 });
  await context.append("a.t", counted(0, 2));
  await lake.evolve("a.t", {
    schema: [
      { change: "add", name: "fee", type: "decimal(9,2)", required: true, defaultValue: "1.25" },
      { change: "add", name: "on", type: "date", defaultValue: "2026-01-02" },
    ],
  });
  await context.append("a.t", `SELECT *, 2.5::DECIMAL(9,2) AS fee, DATE '2020-01-01' AS "on" FROM (${counted(2, 4)})`);
  await lake.evolve("a.t", { schema: [{ change: "widen", column: "on", type: "timestamp" }] });
  await context.append(
    "a.t",
    `SELECT *, 3::DECIMAL(9,2) AS fee, TIMESTAMP '2020-01-01 00:00:01' AS "on" FROM (${counted(4, 5)})`,
  );
  expect(await context.rows("a.t", 'n::INT, fee::VARCHAR, "on"::VARCHAR')).toEqual([
    [0, "1.25", "2026-01-02 00:00:00"],
    [1, "1.25", "2026-01-02 00:00:00"],
    [2, "2.50", "2020-01-01 00:00:00"],
    [3, "2.50", "2020-01-01 00:00:00"],
    [4, "3.00", "2020-01-01 00:00:01"],
  ]);
  // Bounds that were written as days are read as such.
  const filter = { column: "on", is: "gt", value: "2020-01-01T00:00:00" } as const;
  const scan = (await lake.table("a.t")).scan({ columns: ["n"], filter });
  expect((await context.db.rows(`SELECT n::INT FROM ${await scan.sql()} ORDER BY n`)).flat()).toEqual([0, 1, 4]);
  expect((await scan.plan()).counts.filesPrunedByBounds).toBe(2);
});

test("an evolution that changes nothing makes no commit", async () => {
  await using context = await TestLake.open();
  const { lake } = context;
  await lake.createTable("a.t", { ...COUNTED, properties: { owner: "me" } });
  await context.append("a.t", counted(0, 4));
  const before = await lake.table("a.t");
  const same = await lake.evolve("a.t", {
    properties: { owner: "me", absent: undefined },
    sortOrder: [{ column: "n" }],
  });
  expect(same.metadataLocation).toBe(before.metadataLocation);
  const none = await lake.evolve("a.t", {});
  expect(none.metadataLocation).toBe(before.metadataLocation);
  const changed = await lake.evolve("a.t", { properties: { owner: "you" } });
  expect(changed.metadataLocation).not.toBe(before.metadataLocation);
});
