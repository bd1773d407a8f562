import { afterAll, beforeAll, expect, test } from "vitest";
import type { TableInput } from "../index.ts";
import { TestLake } from "../test-lake.ts";

let t: TestLake;
beforeAll(async () => {
  t = await TestLake.open();
});
afterAll(() => t[Symbol.asyncDispose]());

const NESTED: TableInput = {
  schema: [
    { id: 1, name: "n", type: "int", required: true },
    {
      id: 2,
      name: "leg",
      required: false,
      type: {
        type: "struct",
        fields: [
          { id: 3, name: "price", type: "float", required: false },
          { id: 4, name: "size", type: "int", required: false },
        ],
      },
    },
    {
      id: 5,
      name: "fills",
      required: false,
      type: {
        type: "list",
        "element-id": 6,
        "element-required": false,
        element: {
          type: "struct",
          fields: [
            { id: 7, name: "at", type: "int", required: false },
            { id: 8, name: "venue", type: "string", required: false },
          ],
        },
      },
    },
    {
      id: 9,
      name: "books",
      required: false,
      type: {
        type: "map",
        "key-id": 10,
        key: "string",
        "value-id": 11,
        "value-required": false,
        value: { type: "struct", fields: [{ id: 12, name: "bid", type: "decimal(9,2)", required: false }] },
      },
    },
  ],
};

test("fields within structs, lists and maps are renamed, moved, dropped, added and widened, in old files and new", async () => {
  await t.lake.createTable("ev.nested", NESTED);
  await t.append(
    "ev.nested",
    `SELECT 1::INT AS n, {price: 1.5::FLOAT, size: 7::INT} AS leg, [{"at": 5::INT, venue: 'a'}, NULL] AS fills,
       MAP {'k': {bid: 1.25::DECIMAL(9,2)}, 'z': NULL} AS books
     UNION ALL SELECT 2, NULL, NULL, NULL UNION ALL SELECT 3, {price: NULL, size: NULL}, [], MAP {}`,
  );
  await t.lake.evolve("ev.nested", {
    schema: [
      { change: "rename", column: "leg.price", name: "cost" },
      { change: "widen", column: "leg.cost", type: "double" },
      { change: "drop", column: "leg.size" },
      { change: "add", parent: "leg", name: "size", type: "string" }, // The same name, another field.
      { change: "move", column: "leg.size", to: "first" },
      { change: "widen", column: "fills.element.at", type: "long" },
      { change: "drop", column: "fills.element.venue" },
      { change: "add", parent: "fills", name: "fee", type: "int" },
      { change: "rename", column: "books.value.bid", name: "best" },
      { change: "widen", column: "books.value.best", type: "decimal(20,2)" },
      { change: "rename", column: "n", name: "id" },
    ],
  });
  await t.append(
    "ev.nested",
    `SELECT 4::INT AS id, {size: 's', cost: 0.1::DOUBLE} AS leg, [{"at": 9223372036854775807, fee: 3::INT}] AS fills,
       MAP {'k': {best: 123456789012345678.99::DECIMAL(20,2)}} AS books`,
  );
  const sql = await (await t.lake.table("ev.nested")).scan().sql();
  const rows = await t.db.rows(`SELECT id, leg::VARCHAR, fills::VARCHAR, books::VARCHAR FROM ${sql} ORDER BY id`);
  expect(rows).toEqual([
    [1, "{'size': NULL, 'cost': 1.5}", "[{'at': 5, 'fee': NULL}, NULL]", "{k={'best': 1.25}, z=NULL}"],
    [2, null, null, null],
    [3, "{'size': NULL, 'cost': NULL}", "[]", "{}"],
    [4, "{'size': s, 'cost': 0.1}", "[{'at': 9223372036854775807, 'fee': 3}]", "{k={'best': 123456789012345678.99}}"],
  ]);
  expect(await t.db.types(`SELECT leg, fills, books FROM ${sql}`)).toEqual([
    'STRUCT("size" VARCHAR, "cost" DOUBLE)',
    'STRUCT("at" BIGINT, "fee" INTEGER)[]',
    'MAP(VARCHAR, STRUCT("best" DECIMAL(20,2)))',
  ]);
});

test("a column dropped and added again under its name is another: old values do not come back", async () => {
  await t.lake.createTable("ev.again", {
    schema: [
      { id: 1, name: "n", type: "long", required: true },
      { id: 2, name: "v", type: "int", required: false },
    ],
  });
  await t.append("ev.again", "SELECT range AS n, range::INT AS v FROM range(2)");
  await t.lake.evolve("ev.again", { schema: [{ change: "drop", column: "v" }] });
  await t.lake.evolve("ev.again", { schema: [{ change: "add", name: "v", type: "int" }] });
  await t.append("ev.again", "SELECT 2::BIGINT AS n, 22::INT AS v");
  expect(await t.rows("ev.again")).toEqual([
    ["0", null],
    ["1", null],
    ["2", 22],
  ]);
  const old = (await t.lake.table("ev.again")).history()[0]?.snapshotId ?? 0n;
  const past = await (await t.lake.table("ev.again")).scan({ snapshotId: old }).sql();
  expect(await t.db.rows(`SELECT * FROM ${past} ORDER BY n`)).toEqual([
    ["0", 0],
    ["1", 1],
  ]);
});

test("dates become timestamps and ints longs, decimals grow, and filters by the new type find old rows", async () => {
  await t.lake.createTable("ev.types", {
    formatVersion: 3,
    schema: [
      { id: 1, name: "i", type: "int", required: true },
      { id: 2, name: "d", type: "date", required: false },
      { id: 3, name: "x", type: "decimal(9,2)", required: false },
      { id: 4, name: "e", type: "date", required: false },
    ],
  });
  await t.append(
    "ev.types",
    `SELECT range::INT AS i, DATE '1969-12-30' + range::INT AS d, ((range - 2) * 0.25)::DECIMAL(9,2) AS x,
       DATE '1969-12-31' AS e FROM range(5)`,
  );
  await t.lake.evolve("ev.types", {
    schema: [
      { change: "widen", column: "i", type: "long" },
      { change: "widen", column: "d", type: "timestamp" },
      { change: "widen", column: "x", type: "decimal(30,2)" },
      { change: "widen", column: "e", type: "timestamp_ns" },
      { change: "add", name: "fresh", type: "string", defaultValue: "it's new" },
    ],
  });
  await t.append(
    "ev.types",
    "SELECT 3000000000 AS i, TIMESTAMP '1969-12-31 12:00:00.000001' AS d, 99999999999999.25::DECIMAL(30,2) AS x, TIMESTAMP_NS '1969-12-31 23:59:59.999999999' AS e, 'own' AS fresh",
  );
  const table = await t.lake.table("ev.types");
  const filter = { column: "d", is: "lt", value: "1969-12-31T12:00:00.000002" } as const;
  const scan = table.scan({ filter });
  expect((await scan.plan()).counts.filesPlanned).toBe(2);
  expect(await t.db.rows(`SELECT * FROM ${await scan.sql()} ORDER BY i`)).toEqual([
    ["0", "1969-12-30 00:00:00", "-0.50", "1969-12-31 00:00:00", "it's new"],
    ["1", "1969-12-31 00:00:00", "-0.25", "1969-12-31 00:00:00", "it's new"],
    ["3000000000", "1969-12-31 12:00:00.000001", "99999999999999.25", "1969-12-31 23:59:59.999999999", "own"],
  ]);
  const late = table.scan({ filter: { column: "d", is: "gt", value: "1970-01-02T00:00:00" } });
  expect((await late.plan()).counts.filesPlanned).toBe(1);
  expect(await t.db.rows(`SELECT i FROM ${await late.sql()}`)).toEqual([["4"]]);
  const defaulted = table.scan({ filter: { column: "fresh", is: "eq", value: "it's new" } });
  expect(await t.db.rows(`SELECT count(*)::INT FROM ${await defaulted.sql()}`)).toEqual([[5]]);
});

test("a literal that the old type does not hold is compared as the new one", async () => {
  await t.lake.createTable("ev.real", { schema: [{ id: 1, name: "real", type: "float", required: false }] });
  await t.append("ev.real", "SELECT unnest([0, 0.1, 0.2])::FLOAT AS real");
  await t.lake.evolve("ev.real", { schema: [{ change: "widen", column: "real", type: "double" }] });
  await t.append("ev.real", "SELECT unnest([0, 0.1, 0.2])::DOUBLE AS real");
  const table = await t.lake.table("ev.real");
  const sql = await table.scan().sql();
  for (const [is, operator, rows] of [
    ["le", "<=", 3],
    ["eq", "=", 1],
    ["gt", ">", 3],
  ] as const) {
    const filtered = await table.scan({ filter: { column: "real", is, value: 0.1 } }).sql();
    expect(await t.db.rows(`SELECT count(*)::INT FROM ${filtered}`)).toEqual([[rows]]);
    expect(await t.db.rows(`SELECT count(*)::INT FROM ${sql} WHERE real ${operator} 0.1::DOUBLE`)).toEqual([[rows]]);
  }
});

test("each file is pruned by the partition spec it was written with", async () => {
  await t.lake.createTable("ev.specs", {
    schema: [
      { id: 1, name: "n", type: "long", required: true },
      { id: 2, name: "at", type: "timestamptz", required: true },
    ],
    partitionSpec: [{ column: "at", transform: "month" }],
  });
  const rows = (from: number): string =>
    `SELECT range AS n, TIMESTAMPTZ '1969-12-25 00:00:00+00' + INTERVAL (range) HOUR AS "at" FROM range(${from}, ${from + 240})`;
  await t.append("ev.specs", rows(0));
  await t.lake.evolve("ev.specs", {
    partitions: [
      { change: "remove", field: "at_month" },
      { change: "add", column: "at", transform: "day" },
      { change: "add", column: "n", transform: "bucket[4]" },
    ],
  });
  await t.append("ev.specs", rows(240));
  const table = await t.lake.table("ev.specs");
  const filter = {
    and: [
      { column: "at", is: "ge", value: "1970-01-04T00:00:00Z" },
      { column: "at", is: "lt", value: "1970-01-05T00:00:00Z" },
    ],
  } as const;
  const scan = table.scan({ filter, columns: ["n", "_spec_id", "_partition"] });
  const { counts } = await scan.plan();
  expect(counts.filesPlanned).toBeLessThan((await table.scan().plan()).files.length / 3);
  expect(
    await t.db.rows(`SELECT count(*)::INT, min(n)::INT, max(n)::INT, any_value(_spec_id) FROM ${await scan.sql()}`),
  ).toEqual([[24, 240, 263, 1]]);
  const partitions = await t.db.rows(
    `SELECT DISTINCT _partition.at_day::VARCHAR, _partition.at_month FROM ${await scan.sql()}`,
  );
  expect(partitions).toEqual([["1970-01-04", null]]);
});

test("rows carry their file, their place in it, and in format v3 their lineage", async () => {
  await t.lake.createTable("ev.lineage", {
    formatVersion: 3,
    schema: [{ id: 1, name: "n", type: "long", required: true }],
  });
  await t.append("ev.lineage", "SELECT range AS n FROM range(3)");
  await t.append("ev.lineage", "SELECT range AS n FROM range(3, 5)");
  await t.lake.deleteRows("ev.lineage", {
    run: t.db.run,
    filter: { column: "n", is: "eq", value: 1 },
    mode: "merge-on-read",
  });
  const table = await t.lake.table("ev.lineage");
  const scan = table.scan({ columns: ["n", "_row_id", "_last_updated_sequence_number", "_pos", "_file"] });
  const rows = await t.db.rows(
    `SELECT * REPLACE (_file LIKE 'file:///%' AS _file) FROM ${await scan.sql()} ORDER BY n`,
  );
  expect(rows).toEqual([
    ["0", "0", "1", "0", true],
    ["2", "2", "1", "2", true],
    ["3", "3", "2", "0", true],
    ["4", "4", "2", "1", true],
  ]);
  await t.lake.createTable("ev.unlined", { schema: [{ id: 1, name: "n", type: "long", required: true }] });
  await t.append("ev.unlined", "SELECT 1::BIGINT AS n");
  const none = (await t.lake.table("ev.unlined")).scan({ columns: ["_row_id", "_pos", "_partition"] });
  expect(await t.db.rows(`SELECT * FROM ${await none.sql()}`)).toEqual([[null, "0", null]]);
});
