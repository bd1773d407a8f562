import { afterAll, beforeAll, expect, test } from "vitest";
import type { TableInput } from "../index.ts";
import { TestLake } from "../test-lake.ts";
import { type EqualityDelete, equalityDeleteFile } from "./test-equality-deletes.ts";

const WIDE: TableInput = {
  schema: [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "kind", type: "string", required: false },
    { id: 3, name: "real", type: "double", required: false },
  ],
};

let t: TestLake;
beforeAll(async () => {
  t = await TestLake.open();
});
afterAll(() => t[Symbol.asyncDispose]());

let made = 0;
async function make(input: TableInput, ...rows: readonly string[]): Promise<string> {
  made += 1;
  const name = `eq.t${made}`;
  await t.lake.createTable(name, input);
  for (const each of rows) await t.append(name, each);
  return name;
}

type Deleted = Pick<EqualityDelete, "columns" | "rows" | "specId" | "partition">;

async function deleteEqual(name: string, ...deleted: readonly Deleted[]): Promise<void> {
  const table = await t.lake.table(name);
  const deletes = [];
  for (const each of deleted) deletes.push(await equalityDeleteFile({ db: t.db, table, ...each }));
  await t.lake.rowDelta(name, { deletes });
}

async function left(name: string, columns = "n"): Promise<readonly unknown[]> {
  return (await t.rows(name, columns)).map((row) => (row.length === 1 ? row[0] : row));
}

const THREE = "SELECT range AS n, 'k' || range AS kind, range::DOUBLE AS real FROM range(3)";

test("rows that came after the delete stay, also in the same values", async () => {
  const name = await make(WIDE, THREE);
  await deleteEqual(name, { columns: ["n"], rows: "SELECT 1::BIGINT AS n" });
  await t.append(name, "SELECT 1::BIGINT AS n, 'again' AS kind, NULL::DOUBLE AS real");
  expect(await left(name, "n, kind")).toEqual([
    ["0", "k0"],
    ["1", "again"],
    ["2", "k2"],
  ]);
});

test("rows added in the commit of the delete stay", async () => {
  const name = await make(WIDE, THREE);
  const table = await t.lake.table(name);
  const deletes = [await equalityDeleteFile({ db: t.db, table, columns: ["n"], rows: "SELECT 1::BIGINT AS n" })];
  const relation = "SELECT 1::BIGINT AS n, 'new' AS kind, NULL::DOUBLE AS real";
  const { files } = await t.lake.stageFiles(table, { run: t.db.run, relation });
  await t.lake.rowDelta(name, { deletes, add: files });
  expect(await left(name, "n, kind")).toEqual([
    ["0", "k0"],
    ["1", "new"],
    ["2", "k2"],
  ]);
});

test("null equals null and nothing else", async () => {
  const name = await make(WIDE, `${THREE} UNION ALL SELECT 7, NULL, NULL UNION ALL SELECT 8, NULL, 1`);
  await deleteEqual(name, { columns: ["kind", "real"], rows: "SELECT NULL::VARCHAR AS kind, NULL::DOUBLE AS real" });
  expect(await left(name)).toEqual(["0", "1", "2", "8"]);
});

test("NaN equals NaN, and −0 is not 0", async () => {
  const rows = "SELECT * FROM (VALUES (1::BIGINT, 'nan'::DOUBLE), (2, -0.0::DOUBLE), (3, 0), (4, NULL)) v(n, real)";
  const select = `SELECT n, NULL::VARCHAR AS kind, real FROM (${rows})`;
  const name = await make(WIDE, select);
  await deleteEqual(name, { columns: ["real"], rows: "SELECT 'nan'::DOUBLE AS real UNION ALL SELECT -0.0::DOUBLE" });
  expect(await left(name)).toEqual(["3", "4"]);
});

test("delete files by different columns, of different commits, all apply", async () => {
  const name = await make(WIDE, "SELECT range AS n, 'k' || (range % 3) AS kind, 0::DOUBLE AS real FROM range(9)");
  await deleteEqual(
    name,
    { columns: ["n"], rows: "SELECT 0::BIGINT AS n" },
    { columns: ["kind"], rows: "SELECT 'k1' AS kind" },
  );
  await deleteEqual(name, { columns: ["n", "kind"], rows: "SELECT 2::BIGINT AS n, 'k2' AS kind" });
  await deleteEqual(name, { columns: ["n", "kind"], rows: "SELECT 5::BIGINT AS n, 'other' AS kind" });
  expect(await left(name)).toEqual(["3", "5", "6", "8"]);
  expect(await left(name, "kind")).toEqual(["k0", "k0", "k2", "k2"]); // The column of n need not be asked for.
});

test("a delete by a column added later, and one by a column dropped since, find rows of both times", async () => {
  const name = await make(WIDE, THREE);
  await t.lake.evolve(name, { schema: [{ change: "add", name: "late", type: "int" }] });
  await t.append(name, "SELECT 10::BIGINT AS n, 'x' AS kind, 0::DOUBLE AS real, 5::INT AS late");
  await deleteEqual(name, { columns: ["late", "n"], rows: "SELECT NULL::INT AS late, 0::BIGINT AS n" });
  expect(await left(name)).toEqual(["1", "2", "10"]);
  await deleteEqual(name, { columns: ["kind"], rows: "SELECT 'k2' AS kind" });
  await t.lake.evolve(name, { schema: [{ change: "drop", column: "kind" }] });
  expect(await left(name)).toEqual(["1", "10"]);
});

test("a delete of a narrower type than the column has become still applies", async () => {
  const name = await make(
    { schema: [{ id: 1, name: "n", type: "int", required: false }] },
    "SELECT range::INT AS n FROM range(4)",
  );
  await deleteEqual(name, { columns: ["n"], rows: "SELECT 2::INT AS n" });
  await t.lake.evolve(name, {
    schema: [
      { change: "widen", column: "n", type: "long" },
      { change: "rename", column: "n", name: "m" },
    ],
  });
  expect(await left(name, "m")).toEqual(["0", "1", "3"]);
});

test("a delete within a partition leaves equal rows of others; one of the unpartitioned spec deletes everywhere", async () => {
  const name = await make(
    { ...WIDE, partitionSpec: [{ column: "kind", transform: "identity" }] },
    "SELECT range AS n, 'k' || (range % 2) AS kind, 0::DOUBLE AS real FROM range(6)",
    "SELECT range AS n, 'k' || ((range + 1) % 2) AS kind, 1::DOUBLE AS real FROM range(6)",
  );
  await deleteEqual(name, { columns: ["n"], rows: "SELECT 4::BIGINT AS n", partition: ["k0"] });
  expect(await left(name, "n, kind")).toHaveLength(11);
  expect((await left(name, "n || kind")).filter((text) => String(text).startsWith("4"))).toEqual(["4k1"]);
  await t.lake.evolve(name, { partitions: [{ change: "remove", field: "kind" }] });
  await deleteEqual(name, { columns: ["n"], rows: "SELECT 2::BIGINT AS n" });
  expect((await left(name, "n || kind")).filter((text) => String(text).startsWith("2"))).toEqual([]);
  expect(await left(name)).toHaveLength(9);
  const { counts } = await (await t.lake.table(name)).scan().plan();
  expect(counts.deletesPlanned).toBe(2);
});

test("a file with deletes by position and by value loses both, and its other rows keep their positions", async () => {
  const name = await make(WIDE, "SELECT range AS n, 'k' AS kind, 0::DOUBLE AS real FROM range(100)");
  await t.lake.deleteRows(name, { run: t.db.run, filter: { column: "n", is: "lt", value: 40 } });
  await deleteEqual(name, { columns: ["n"], rows: "SELECT range AS n FROM range(30, 60)" });
  const table = await t.lake.table(name);
  const scan = table.scan({ columns: ["n", "_pos", "_file"], filter: { column: "n", is: "ge", value: 50 } });
  const rows = await t.db.rows(`SELECT n::INT, _pos::INT FROM ${await scan.sql()} ORDER BY n`);
  expect(rows).toEqual(Array.from({ length: 40 }, (_, index) => [index + 60, index + 60]));
});

test("a delete costs only the files that may hold its values, and finds nulls where both may have them", async () => {
  const name = await make(
    WIDE,
    "SELECT range AS n, 'low' || range AS kind, 0::DOUBLE AS real FROM range(10)",
    "SELECT range AS n, 'tall' || range AS kind, 0::DOUBLE AS real FROM range(10, 20)",
    "SELECT range AS n, CASE WHEN range > 25 THEN 'wide' END AS kind, 0::DOUBLE AS real FROM range(20, 30)",
  );
  const deleted = async (): Promise<readonly (readonly number[])[]> =>
    (await (await t.lake.table(name)).scan().plan()).tasks.map(({ deletes }) =>
      deletes.equality.map(({ sequenceNumber }) => sequenceNumber),
    );
  await deleteEqual(name, { columns: ["n"], rows: "SELECT 12::BIGINT AS n UNION ALL SELECT 14" });
  expect((await deleted()).toSorted()).toEqual([[], [], [4]]);
  await deleteEqual(name, { columns: ["kind"], rows: "SELECT 'tall3' AS kind UNION ALL SELECT 'tall99'" });
  expect((await deleted()).toSorted()).toEqual([[], [], [4, 5]]); // Cut to four characters, it is not of `wide` either.
  await deleteEqual(name, { columns: ["kind"], rows: "SELECT NULL::VARCHAR AS kind" });
  expect((await deleted()).toSorted()).toEqual([[4, 5], [], [6]].toSorted());
  await deleteEqual(name, { columns: ["n", "kind"], rows: "SELECT 7::BIGINT AS n, 'low7' AS kind" });
  expect(await left(name, "n::INT")).toEqual([
    0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 15, 16, 17, 18, 19, 26, 27, 28, 29,
  ]);
});

test("a table that deletes with every commit leaves out the same rows: each delete those before it, none after", async () => {
  const name = await make({ ...WIDE, partitionSpec: [{ column: "kind", transform: "identity" }] });
  const rows = new Map<string, number>();
  for (let commit = 0; commit < 20; commit += 1) {
    const table = await t.lake.table(name);
    const [kind, from] = [`k${commit % 2}`, (commit % 5) * 3];
    const keys = `SELECT range AS n FROM range(${from}, ${from + 4})`;
    const deletes = [await equalityDeleteFile({ db: t.db, table, columns: ["n"], rows: keys, partition: [kind] })];
    const relation = `SELECT range AS n, '${kind}' AS kind, ${commit}::DOUBLE AS real FROM range(${from}, ${from + 4})`;
    const { files } = await t.lake.stageFiles(table, { run: t.db.run, relation });
    await t.lake.rowDelta(name, { deletes, add: files });
    for (let n = from; n < from + 4; n += 1) rows.set(`${kind} ${n}`, commit);
  }
  const expected = [...rows].map(([key, commit]) => `${key} ${commit}`).toSorted();
  expect((await left(name, "kind || ' ' || n || ' ' || real::INT")).toSorted()).toEqual(expected);
});
