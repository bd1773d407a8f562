import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileAlreadyLiveError, RowsMismatchError, type TableInput } from "../index.ts";
import { COUNTED, counted, TestLake } from "../test-lake.ts";

const TYPES = [
  "int",
  "long",
  "double",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "string",
  "uuid",
  "binary",
] as const;
const WIDE: TableInput = {
  schema: [
    ...TYPES.map((type, index) => ({ id: index + 1, name: `c_${type}`, type, required: false })),
    { id: 20, name: "c_decimal", type: "decimal(18,8)", required: false },
  ],
};
const WIDE_ROWS = `SELECT range::INTEGER - 5 AS c_int, range * 1000 AS c_long, range / 3 AS c_double, DATE '1969-12-30' + range::INTEGER AS c_date,
  TIME '12:00:00.000001' AS c_time, TIMESTAMP '1969-12-31 23:59:59.999999' + INTERVAL (range) DAY AS c_timestamp,
  TIMESTAMPTZ '2024-03-01 00:00:00+00' AS c_timestamptz, 'text ' || range AS c_string,
  ('00000000-0000-0000-0000-00000000000' || range)::UUID AS c_uuid, 'ab'::BLOB AS c_binary, (range * 1.00000001)::DECIMAL(18,8) AS c_decimal
  FROM range(9)`;

test("files of another writer, without field ids, are read by name; their metrics are those of staged files", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.b", WIDE);
  const path = join(t.folder, "foreign.parquet");
  await t.db.run(`COPY (${WIDE_ROWS}) TO '${path}' (FORMAT parquet, COMPRESSION snappy)`);
  const { table: after } = await t.lake.registerFiles("a.b", { run: t.db.run, files: [path] });
  const expected = await t.db.rows(`${WIDE_ROWS} ORDER BY ALL`);
  expect(await t.rows("a.b")).toEqual(expected);
  const [file] = (await after.scan().plan()).files;
  const staged = await t.lake.stageFiles(table, { run: t.db.run, relation: WIDE_ROWS });
  for (const bound of ["lowerBounds", "upperBounds", "nullCounts", "valueCounts"] as const) {
    expect(new Map([...(file?.[bound] ?? [])] as never)).toEqual(
      new Map([...(staged.files[0]?.[bound] ?? [])] as never),
    );
  }
  expect(file?.location).toBe(`file://${path}`);
  await t.append("a.b", WIDE_ROWS); // Files of both kinds are read together.
  expect((await t.rows("a.b", "count(*)::INT"))[0]?.[0]).toBe(18);
  await expect(t.lake.registerFiles("a.b", { run: t.db.run, files: [path] })).rejects.toThrow(FileAlreadyLiveError);
});

test("a file's partition is found in its rows; one with rows of several is refused", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  const [one, several] = [join(t.folder, "one.parquet"), join(t.folder, "several.parquet")];
  const rows = counted(0, 96);
  await t.db.run(`COPY (SELECT * FROM (${rows}) WHERE kind = 'odd' AND n < 24) TO '${one}' (FORMAT parquet)`);
  await t.db.run(`COPY (${rows}) TO '${several}' (FORMAT parquet)`);
  const { table } = await t.lake.registerFiles("a.b", { run: t.db.run, files: [one] });
  const [file] = (await table.scan().plan()).files;
  expect(file?.partition).toEqual([19_783n, "odd"]);
  await expect(t.lake.registerFiles("a.b", { run: t.db.run, files: [several] })).rejects.toThrow(/several partitions/);
  expect(await t.rows("a.b", "count(*)::INT, sum(n)::INT")).toEqual([[12, 144]]);
});

test("a partition column that only the folder tells is read from there; a required one that nothing tells is refused", async () => {
  await using t = await TestLake.open();
  const { schema } = COUNTED;
  await t.lake.createTable("a.b", { schema, partitionSpec: [{ column: "kind", transform: "identity" }] });
  const folder = join(t.folder, "kind=e%2Fven");
  await mkdir(folder);
  const select = `SELECT n, "at" FROM (${counted(0, 10)})`;
  await t.db.run(`COPY (${select}) TO '${join(folder, "x.parquet")}' (FORMAT parquet)`);
  await t.db.run(`COPY (${select}) TO '${join(t.folder, "x.parquet")}' (FORMAT parquet)`);
  await t.lake.registerFiles("a.b", { run: t.db.run, files: [join(folder, "x.parquet")] });
  expect(await t.rows("a.b", "any_value(kind), count(*)::INT")).toEqual([["e/ven", 10]]);
  const untold = t.lake.registerFiles("a.b", { run: t.db.run, files: [join(t.folder, "x.parquet")] });
  await expect(untold).rejects.toThrow(RowsMismatchError);
});
