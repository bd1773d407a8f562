import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { encodeValue } from "../core/single-value.ts";
import type { DataFile } from "../index.ts";
import { TestLake } from "../test-lake.ts";
import { nanosecondMarks } from "./utc-nanoseconds.ts";

/** As DuckDB writes of a TIMESTAMP_NS: not adjusted to UTC, NANOS. */
const NOT_UTC_NANOS = Buffer.from("121c3c", "hex");

async function markAsUtc(path: string): Promise<number> {
  const bytes = await readFile(path);
  const footerAt = bytes.byteLength - 8 - bytes.readUInt32LE(bytes.byteLength - 8);
  let marks = 0;
  for (let at = bytes.indexOf(NOT_UTC_NANOS, footerAt); at >= 0; at = bytes.indexOf(NOT_UTC_NANOS, at + 1)) {
    bytes[at] = 0x11;
    marks += 1;
  }
  await writeFile(path, bytes);
  const seen = nanosecondMarks(bytes.subarray(footerAt, bytes.byteLength - 8));
  expect(seen.filter(({ isUtc }) => isUtc)).toHaveLength(marks);
  return marks;
}

function numbers(values: readonly (readonly [number, number])[]): Map<number, number> {
  return new Map(values);
}

test("nanoseconds in UTC, as Java writes them, keep every digit, also within lists, and are pruned by", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.ns", {
    formatVersion: 3,
    schema: [
      { id: 1, name: "n", type: "long", required: true },
      { id: 2, name: "at", type: "timestamptz_ns", required: false },
      {
        id: 3,
        name: "all",
        required: false,
        type: { type: "list", "element-id": 4, element: "timestamptz_ns", "element-required": false },
      },
    ],
  });
  const folder = `${t.folder}/warehouse/a/ns/data`;
  await t.db.run(`CREATE TABLE source AS SELECT range AS n,
    make_timestamp_ns(-1 - range * 1000000007) AS "at", [make_timestamp_ns(range), NULL] AS "all" FROM range(100)`);
  await mkdir(folder, { recursive: true });
  const path = `${folder}/java.parquet`;
  await t.db.run(`COPY source TO '${path}' (FIELD_IDS {n: 1, "at": 2, "all": {__duckdb_field_id: 3, element: 4}})`);
  expect(await markAsUtc(path)).toBe(2);
  expect(await t.db.types(`SELECT "at" FROM '${path}'`)).toEqual(["TIMESTAMP WITH TIME ZONE"]); // And cut.
  const bound = (value: bigint): Uint8Array => encodeValue({ kind: "timestamptz_ns" }, value);
  const file: DataFile = {
    content: "data",
    location: `file://${path}`,
    format: "parquet",
    specId: 0,
    partition: [],
    recordCount: 100,
    byteLength: (await stat(path)).size,
    columnSizes: new Map(),
    valueCounts: numbers([[2, 100]]),
    nullCounts: numbers([[2, 0]]),
    nanCounts: new Map(),
    lowerBounds: new Map([[2, bound(-1n - 99n * 1_000_000_007n)]]),
    upperBounds: new Map([[2, bound(-1n)]]),
    splitOffsets: [],
    equalityIds: [],
    sortOrderId: undefined,
  };
  await t.lake.append(table.name, { files: [file] });
  const loaded = await t.lake.table(table.name);
  let copy = "";
  {
    using scan = loaded.scan();
    const sql = await scan.sql();
    copy = /'([^']*k2-nanoseconds-[^']*)'/.exec(sql)?.[1] ?? "";
    expect(existsSync(copy)).toBe(true);
    expect(await t.db.rows(`SELECT * FROM ${sql} EXCEPT ALL SELECT * FROM source`)).toEqual([]);
    using found = loaded.scan({ filter: { column: "at", is: "eq", value: "1969-12-31T23:59:57.999999985Z" } });
    expect(await t.db.rows(`SELECT n FROM ${await found.sql()}`)).toEqual([["2"]]);
  }
  const none = loaded.scan({ filter: { column: "at", is: "gt", value: "1969-12-31T23:59:59.999999999Z" } });
  expect((await none.plan()).files).toEqual([]);
  expect(existsSync(copy)).toBe(false);
});

test("nanoseconds are written as what they are, in UTC or not, and are the same after every kind of rewrite", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.ns", {
    formatVersion: 3,
    schema: [
      { id: 1, name: "n", type: "long", required: true },
      { id: 2, name: "at", type: "timestamptz_ns", required: false },
      { id: 3, name: "wall", type: "timestamp_ns", required: false },
      {
        id: 4,
        name: "all",
        required: false,
        type: { type: "list", "element-id": 5, element: "timestamptz_ns", "element-required": false },
      },
    ],
    partitionSpec: [{ column: "at", transform: "day" }],
    sortOrder: [{ column: "at" }],
  });
  await t.db.run(`CREATE TABLE source AS SELECT range AS n,
    CASE WHEN range % 10 < 9 THEN make_timestamp_ns(1700000000000000001 - range * 3600000000007) END AS "at",
    make_timestamp_ns(-range) AS wall, [make_timestamp_ns(range), NULL] AS "all" FROM range(100)`);
  for (const half of ["n < 50", "n >= 50"]) await t.append(table.name, `SELECT * FROM source WHERE ${half}`);
  const loaded = await t.lake.table(table.name);
  const { files } = await loaded.scan().plan();
  expect(files.length).toBeGreaterThan(4);
  const bytes = await readFile(new URL(files[0]?.location ?? ""));
  const footer = bytes.subarray(bytes.byteLength - 8 - bytes.readUInt32LE(bytes.byteLength - 8), bytes.byteLength - 8);
  expect(nanosecondMarks(footer).map(({ fieldId, isUtc }) => [fieldId, isUtc])).toEqual([
    [2, true],
    [3, false],
    [5, true],
  ]);
  const differences = async (): Promise<unknown> => {
    using scan = (await t.lake.table(table.name)).scan();
    const sql = await scan.sql();
    return await t.db.rows(
      `(SELECT * FROM ${sql} EXCEPT ALL FROM source) UNION ALL (FROM source EXCEPT ALL SELECT * FROM ${sql})`,
    );
  };
  expect(await differences()).toEqual([]);
  const one = "2023-11-14T22:13:20.000000001Z";
  const found = loaded.scan({ filter: { column: "at", is: "eq", value: one } });
  expect((await found.plan()).files).toHaveLength(1);
  expect(await t.db.rows(`SELECT n FROM ${await found.sql()}`)).toEqual([["0"]]);
  found[Symbol.dispose]();
  await t.lake.deleteRows(table.name, { run: t.db.run, filter: { column: "n", is: "lt", value: 5 } });
  await t.lake.deleteRows(table.name, {
    run: t.db.run,
    filter: { column: "at", is: "eq", value: "2023-11-14T17:13:20.000000001Z" },
    mode: "copy-on-write",
  });
  await t.db.run("DELETE FROM source WHERE n < 5");
  const { filesAfter } = await t.lake.maintenance.compact(table.name, { run: t.db.run, mode: "all" });
  expect(filesAfter).toBeGreaterThan(0);
  expect(await differences()).toEqual([]);
  expect((await t.lake.maintenance.check(table.name, { deep: { run: t.db.run } })).problems).toEqual([]);
});
