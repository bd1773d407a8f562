import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeValue } from "../core/single-value.ts";
import { isPrimitive } from "../core/types.ts";
import { compareValues, type Value } from "../core/value.ts";
import type { DataFile, TableInput } from "../index.ts";
import { LakeUnsupportedError, RowsMismatchError } from "../index.ts";
import { localPath } from "../io/local-file-io.ts";
import { COUNTED, counted, TestLake } from "../test-lake.ts";

let t: TestLake;
beforeAll(async () => {
  t = await TestLake.open();
});
afterAll(() => t[Symbol.asyncDispose]());

let tables = 0;
async function stage(input: TableInput, relation: string, options: object = {}): Promise<readonly DataFile[]> {
  tables += 1;
  const table = await t.lake.createTable(`a.t${tables}`, input);
  return (await t.lake.stageFiles(table, { run: t.db.run, relation, ...options })).files;
}

const pathsOf = (files: readonly DataFile[]): string =>
  files.map(({ location }) => `'${localPath(location)}'`).join(", ");

test("each partition is one file, strictly sorted, with its columns' ids, in a folder named for its values", async () => {
  const files = await stage(COUNTED, counted(0, 1000));
  expect(files.map(({ location }) => /data\/(.*)\//.exec(location)?.[1])).toEqual([
    "at_day=2024-03-01/kind=even",
    "at_day=2024-03-01/kind=odd",
    "at_day=2024-03-02/kind=even",
    "at_day=2024-03-02/kind=odd",
  ]);
  expect(files.map(({ partition }) => partition)).toEqual([
    [19783n, "even"],
    [19783n, "odd"],
    [19784n, "even"],
    [19784n, "odd"],
  ]);
  const inversions = `SELECT count(*)::INT FROM (SELECT n < lag(n) OVER (PARTITION BY filename ORDER BY file_row_number) AS isInverted
    FROM read_parquet([${pathsOf(files)}], filename := true, file_row_number := true)) WHERE isInverted`;
  expect(await t.db.rows(inversions)).toEqual([[0]]);
  const [first] = files;
  expect(first?.sortOrderId).toBeUndefined(); // ClickHouse would take several sorted files for one.
  expect(
    await t.db.rows(
      `SELECT name, field_id::INT FROM parquet_schema([${pathsOf(files.slice(0, 1))}]) WHERE field_id IS NOT NULL`,
    ),
  ).toEqual([
    ["n", 1],
    ["kind", 2],
    ["at", 3],
  ]);
  const codec = `SELECT DISTINCT compression, encodings LIKE '%DELTA%' FROM parquet_metadata([${pathsOf(files)}])`;
  expect(await t.db.rows(codec)).toEqual([["ZSTD", false]]);
});

const MEASURED: readonly (readonly [name: string, type: string, sql: string])[] = [
  ["i", "int", "(range - 100000)::INTEGER"],
  ["l", "long", "range * 1234567890123"],
  ["dec", "decimal(18,8)", "(range / 8 - 12345.125)::DECIMAL(18,8)"],
  ["wide", "decimal(38,10)", "(range::VARCHAR || '12345678901234567890.0000000001')::DECIMAL(38,10)"],
  ["real", "double", "sqrt(range::DOUBLE) / 3 - 50"],
  ["nan", "double", "CASE WHEN range % 2 = 0 THEN 'nan'::DOUBLE ELSE range END"],
  ["zero", "double", "CASE WHEN range % 2 = 0 THEN 0.0::DOUBLE ELSE -0.0::DOUBLE END"],
  ["small", "float", "((range + 1) / 7)::FLOAT"],
  ["day", "date", "DATE '0005-01-01' - (range % 4000)::INTEGER"],
  ["clock", "time", "TIME '00:00:00' + INTERVAL (range % 86000) SECOND + INTERVAL (range) MICROSECOND"],
  ["wall", "timestamp", "TIMESTAMP '1969-12-31 23:00:00.000001' + INTERVAL (range) SECOND"],
  ["at", "timestamptz", "TIMESTAMPTZ '1969-12-31 23:00:00.000001+00' + INTERVAL (range) SECOND"],
  ["short", "string", "'é' || range"],
  ["long", "string", "repeat('ü', 15) || chr((960 + range % 20)::INTEGER) || repeat('x', 300) || range"],
  ["edge", "string", "repeat(chr(1114111), 20)"],
  ["bytes", "binary", "unhex(repeat('ff', 15) || lpad(hex(range % 250), 2, '0') || repeat('00', 40))"],
  ["full", "binary", "unhex(repeat('ff', (17 + range % 2)::INTEGER))"],
  ["uid", "uuid", "md5(range::VARCHAR)::UUID"],
  ["flag", "boolean", "range % 2 = 0"],
  ["none", "string", "NULL::VARCHAR"],
  ["far", "timestamp", "'infinity'::TIMESTAMP"],
];

/** Longer than a bound may be, or zeros of both signs, of which the bounds are the outer ones. */
const CUT: ReadonlySet<string> = new Set(["long", "edge", "bytes", "full", "zero"]);

test("bounds hold over two row groups: exact where short, on the safe side where cut, none where there is none", async () => {
  const schema = MEASURED.map(([name, type], index) => ({ id: index + 1, name, type, required: false }));
  const relation = `SELECT ${MEASURED.map(([name, , sql]) => `${sql} AS "${name}"`).join(", ")} FROM range(130000)`;
  const [file] = await stage({ schema }, relation);
  if (file === undefined) throw new Error("no file was staged");
  expect(file.splitOffsets.length).toBe(2);
  expect(file.splitOffsets[0]).toBe(4);
  expect(file.recordCount).toBe(130_000);
  const table = await t.lake.table(`a.t${tables}`);
  const without: string[] = [];
  for (const { id, name, type } of table.schema.fields) {
    const [lower, upper] = [file.lowerBounds.get(id), file.upperBounds.get(id)];
    if (!isPrimitive(type) || lower === undefined) {
      without.push(name);
      continue;
    }
    const exact = await exactBounds(name, type.kind, `'${localPath(file.location)}'`);
    const below = compareValues(type, decodeValue(type, lower), exact.least);
    const above = upper === undefined ? 1 : compareValues(type, decodeValue(type, upper), exact.greatest);
    if (CUT.has(name)) expect([name, below <= 0, above >= 0]).toEqual([name, true, true]);
    else expect([name, below, above]).toEqual([name, 0, 0]);
  }
  expect(without).toEqual(["nan", "none", "far"]);
  const idOf = (name: string): number => table.schema.fields.find((field) => field.name === name)?.id ?? 0;
  expect(file.upperBounds.get(idOf("edge"))).toBeUndefined(); // Nothing so short is above the highest code point.
  expect(file.upperBounds.get(idOf("full"))).toBeUndefined();
  expect(file.nullCounts.get(idOf("none"))).toBe(130_000);
  expect(file.nanCounts.get(idOf("real"))).toBe(0);
  expect(file.nanCounts.get(idOf("nan"))).toBeUndefined();
});

async function exactBounds(name: string, kind: string, path: string): Promise<{ least: Value; greatest: Value }> {
  const column = `"${name}"`;
  const sql: Readonly<Record<string, string>> = {
    date: `${column} - DATE '1970-01-01'`,
    time: `epoch_us(${column})`,
    timestamp: `epoch_us(${column})`,
    timestamptz: `epoch_us(${column})`,
    decimal: `replace(${column}::VARCHAR, '.', '')`,
    binary: `hex(${column})`,
    double: `${column}`,
    float: `${column}::DOUBLE`,
  };
  const order = kind === "double" ? `(${column}, ${column}::VARCHAR <> '-0.0')` : column;
  const expression = sql[kind] ?? column;
  const rows = await t.db.run(
    `SELECT arg_min(${expression}, ${order})::VARCHAR, arg_max(${expression}, ${order})::VARCHAR, arg_min(${expression}, ${order}), arg_max(${expression}, ${order}) FROM ${path}`,
  );
  const [leastText, greatestText, least, greatest] = rows[0] ?? [];
  const value = (text: unknown, raw: unknown): Value => {
    if (kind === "double" || kind === "float") return raw as number;
    if (kind === "string" || kind === "uuid") return String(text);
    if (kind === "boolean") return text === "true";
    return kind === "binary" ? Buffer.from(String(text), "hex") : BigInt(String(text));
  };
  return { least: value(leastText, least), greatest: value(greatestText, greatest) };
}

test("an ENUM column is sorted and bounded by its text, not by its place in the enumeration", async () => {
  await t.db.run("CREATE TYPE late AS ENUM ('zulu', 'mike', 'alpha')");
  const schema = [{ id: 1, name: "s", type: "string", required: true }];
  const relation = "SELECT (['zulu', 'alpha', 'mike'])[1 + range % 3]::late AS s FROM range(30)";
  const [file] = await stage({ schema, sortOrder: [{ column: "s" }] }, relation);
  expect(Buffer.from(file?.lowerBounds.get(1) ?? []).toString()).toBe("alpha");
  expect(Buffer.from(file?.upperBounds.get(1) ?? []).toString()).toBe("zulu");
  const seen = await t.db.rows(
    `SELECT DISTINCT first(s ORDER BY file_row_number), last(s ORDER BY file_row_number) FROM read_parquet([${pathsOf(file ? [file] : [])}], file_row_number := true)`,
  );
  expect(seen).toEqual([["alpha", "zulu"]]);
});

test("a large partition is cut into several files that are sorted from one to the next", async () => {
  const schema = [
    { id: 1, name: "k", type: "int", required: true },
    { id: 2, name: "n", type: "long", required: true },
  ];
  const files = await stage(
    { schema, sortOrder: [{ column: "k" }] },
    "SELECT (hash(range) % 7)::INTEGER AS k, range AS n FROM range(1000)",
    {
      rowsMax: 300,
    },
  );
  expect(files.map(({ recordCount }) => recordCount)).toEqual([250, 250, 250, 250]);
  const [row] = await t.db.rows(`SELECT count(*)::INT, count(DISTINCT n)::INT FROM read_parquet([${pathsOf(files)}])`);
  expect(row).toEqual([1000, 1000]);
  const int = (bytes: Uint8Array | undefined): number => Buffer.from(bytes ?? []).readInt32LE();
  files.slice(1).forEach((file, index) => {
    expect(int(file.lowerBounds.get(1))).toBeGreaterThanOrEqual(int(files[index]?.upperBounds.get(1)));
  });
  expect(await t.db.rows("SELECT count(*)::INT FROM duckdb_tables() WHERE table_name LIKE 'k2_stage%'")).toEqual([[0]]);
});

test("partition values of every kind become folder names that no file system or glob reads more into", async () => {
  const schema = [{ id: 1, name: "s/x", type: "string", required: false }];
  const relation = "SELECT unnest(['a/b', '..', 'x*?[1]', 'é', 'null', NULL, '']) AS \"s/x\"";
  const files = await stage({ schema, partitionSpec: [{ column: "s/x", transform: "identity" }] }, relation);
  expect(files.map(({ location }) => /data\/(.*)\//.exec(location)?.[1]).toSorted()).toEqual([
    "s%2Fx=",
    "s%2Fx=%C3%A9",
    "s%2Fx=..",
    "s%2Fx=a%2Fb",
    "s%2Fx=null",
    "s%2Fx=null",
    "s%2Fx=x%2A%3F%5B1%5D",
  ]);
  const [row] = await t.db.rows(
    `SELECT count(*)::INT FROM read_parquet([${pathsOf(files)}], hive_partitioning := false)`,
  );
  expect(row).toEqual([7]);
});

test("transforms in SQL give what the transforms give, before 1970 too", async () => {
  const schema = [
    { id: 1, name: "ts", type: "timestamptz", required: true },
    { id: 2, name: "d", type: "date", required: true },
    { id: 3, name: "n", type: "int", required: true },
    { id: 4, name: "s", type: "string", required: true },
  ];
  const relation = `SELECT TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' AS ts, DATE '1968-02-29' AS d, -1 AS n, '𝄞é!' AS s`;
  const [file] = await stage(
    {
      schema,
      partitionSpec: [
        ...["year", "month", "day", "hour"].map((transform) => ({ column: "ts", transform })),
        ...["year", "month", "day"].map((transform) => ({ column: "d", transform })),
        { column: "n", transform: "truncate[10]" },
        { column: "s", transform: "truncate[2]" },
      ],
    },
    relation,
  );
  expect(file?.partition).toEqual([-1n, -1n, -1n, -1n, -2n, -23n, -672n, -10n, "𝄞é"]);
  expect(/data\/(.*)\//.exec(file?.location ?? "")?.[1]).toMatch(
    /^ts_year=1969\/ts_month=1969-12\/ts_day=1969-12-31\/ts_hour=1969-12-31-23\//,
  );
});

test.each<[string, string, RegExp]>([
  [
    "a column of another type",
    "SELECT 1 AS n, 'x' AS kind, TIMESTAMP '2024-01-01' AS \"at\"",
    /at is TIMESTAMP, not TIMESTAMP WITH TIME ZONE/,
  ],
  ["a required column that is absent", "SELECT 1 AS n, 'x' AS kind", /at is absent/],
  ["a column the table does not have", `SELECT *, 1 AS extra FROM (${counted(0, 1)})`, /extra is not in the table/],
  [
    "a null where none may be",
    `SELECT NULL::BIGINT AS n, kind, "at" FROM (${counted(0, 1)})`,
    /1 have no n, which is required/,
  ],
  [
    "a decimal that would be rounded",
    `SELECT n::DECIMAL(30,2) AS n, kind, "at" FROM (${counted(0, 1)})`,
    /n is DECIMAL/,
  ],
])("%s is refused and no file is left", async (_, relation, message) => {
  await expect(stage(COUNTED, relation)).rejects.toThrow(RowsMismatchError);
  await expect(stage(COUNTED, relation)).rejects.toThrow(message);
});

test("rows that change between counting and writing are refused, and no file is left", async () => {
  const table = await t.lake.createTable("a.moving", COUNTED);
  await t.db.run(`CREATE TABLE moving AS ${counted(0, 10)}`);
  let isFirst = true;
  const run: typeof t.db.run = async (sql) => {
    if (sql.startsWith("COPY") && isFirst) {
      isFirst = false;
      await t.db.run(`INSERT INTO moving ${counted(10, 20)}`);
    }
    return t.db.run(sql);
  };
  await expect(t.lake.stageFiles(table, { run, relation: "SELECT * FROM moving" })).rejects.toThrow(
    /changed in between/,
  );
  const folder = localPath(`${table.metadata.location}/data/at_day=2024-03-01/kind=even`);
  expect(await t.db.rows(`SELECT count(*)::INT FROM glob('${folder}/*') `)).toEqual([[0]]);
  expect(existsSync(folder)).toBe(true);
});

test("what DuckDB cannot write exactly is refused before anything is written", async () => {
  const fixed = { schema: [{ id: 1, name: "f", type: "fixed[4]", required: false }] };
  await expect(stage(fixed, "SELECT NULL::BLOB AS f")).rejects.toThrow(LakeUnsupportedError);
  const many = t.lake.stageFiles(await t.lake.createTable("a.many", COUNTED), {
    run: t.db.run,
    relation: counted(0, 100),
    partitionsMax: 3,
  });
  await expect(many).rejects.toThrow(/more than 3 partitions/);
});

test("no rows make no files", async () => {
  expect(await stage(COUNTED, counted(0, 0))).toEqual([]);
  expect(await stage({ schema: COUNTED.schema }, counted(0, 0))).toEqual([]);
});

test("nested columns are written with all their ids and read back", async () => {
  const schema = [
    {
      id: 1,
      name: "s",
      required: false,
      type: { type: "struct", fields: [{ id: 2, name: "x", type: "int", required: false }] },
    },
    {
      id: 3,
      name: "l",
      required: false,
      type: { type: "list", "element-id": 4, element: "string", "element-required": false },
    },
    {
      id: 5,
      name: "m",
      required: false,
      type: { type: "map", "key-id": 6, key: "string", "value-id": 7, value: "long", "value-required": false },
    },
  ];
  const relation = "SELECT {'x': range::INTEGER} AS s, [range::VARCHAR] AS l, MAP {'k': range} AS m FROM range(3)";
  const files = await stage({ schema }, relation);
  await t.lake.append(`a.t${tables}`, { files });
  const rows = await t.rows(`a.t${tables}`, "s.x, l[1], m['k']::INT");
  expect(rows).toEqual([
    [0, "0", 0],
    [1, "1", 1],
    [2, "2", 2],
  ]);
  const ids = await t.db.rows(
    `SELECT field_id::INT FROM parquet_schema([${pathsOf(files)}]) WHERE field_id IS NOT NULL ORDER BY 1`,
  );
  expect(ids.flat()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(files[0]?.upperBounds.get(2)).toEqual(Uint8Array.of(2, 0, 0, 0));
});
