/**
 * ClickHouse reads our tables, inserts and deletes rows (position deletes), through our REST server.
 *
 * - K2_CHDB names a folder in which `chdb` is installed
 *
 * One line a check; the exit code is 1 on any difference.
 */
import { deepStrictEqual } from "node:assert";
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check, conclude, skip } from "./checks.ts";
import { runClickHouse } from "./engines.ts";
import { appendEverything, EVERYTHING, expectSame, fieldsOf, ourTextRows, type TextRows } from "./everything.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { openRestLake } from "./rest-lake.ts";

const TABLE = "silver.everything";
const THEIRS = "lake.`silver.everything`";
/** What a null is to ClickHouse, which has no null of these kinds. */
const NESTED_NULLS: Readonly<Record<string, string>> = { list: "[]", map: "{}", struct: '{"x":null,"y":null}' };

function textSql(name: string, kind: string): string {
  switch (kind) {
    case "boolean":
      return `if(${name} IS NULL, NULL, if(${name}, 'true', 'false'))`;
    case "timestamp":
    case "timestamptz":
      return `formatDateTime(${name}, '%Y-%m-%dT%H:%i:%S.%f', 'UTC')`;
    case "binary":
      return `lower(hex(${name}))`;
    case "float":
      return `toString(toFloat64(${name}))`;
    case "list":
    case "map":
    case "struct":
      return `toJSONString(${name})`;
    default:
      return `toString(${name})`;
  }
}

async function run(chdb: string): Promise<void> {
  await using folder = await makeInteropFolder();
  using db = await TestDuckDb.open();
  await using served = await openRestLake(folder.path);
  const { lake, uri, name } = served;
  const begin = [
    "SET allow_database_iceberg = 1",
    "SET allow_insert_into_iceberg = 1",
    `CREATE DATABASE lake ENGINE = DataLakeCatalog('${uri}/v1', 'Parquet') SETTINGS catalog_type = 'rest', warehouse = '${name}'`,
  ];
  // A process a question: within one, ClickHouse goes on with the metadata it read before.
  const ask = async (sql: string): Promise<TextRows> =>
    (await runClickHouse<string | null>({ chdb, folder: folder.path }, [...begin, sql])).at(-1) ?? [];
  const same = async (): Promise<number> => {
    const ours = await lake.table(TABLE);
    const fields = fieldsOf(ours);
    const theirs = await ask(
      `SELECT ${fields.map((field) => textSql(field.name, field.kind)).join(", ")} FROM ${THEIRS} ORDER BY id`,
    );
    const rows = (await ourTextRows(ours, db)).map((row) =>
      row.map((value, index) => value ?? NESTED_NULLS[fields[index]?.kind ?? ""] ?? null),
    );
    expectSame(theirs, rows, ours);
    return theirs.length;
  };
  await lake.createTable(TABLE, EVERYTHING);
  for (let from = 0; from < 600; from += 200) await appendEverything(lake, db, TABLE, from, from + 200);

  const label = "ClickHouse through REST";
  await check(`${label}: lists our tables`, async () =>
    deepStrictEqual(
      await ask(
        "SELECT name FROM system.tables WHERE database = 'lake' SETTINGS show_data_lake_catalogs_in_system_tables = 1",
      ),
      [[TABLE]],
    ),
  );
  await check(`${label}: reads every row and value of ours`, async () => deepStrictEqual(await same(), 600));
  await check(`${label}: deletes rows, position deletes; both read the same rows`, async () => {
    await ask(`ALTER TABLE ${THEIRS} DELETE WHERE id % 10 = 3 AND id > 150`); // Days before 1970: see docs/engines.md.
    deepStrictEqual((await lake.table(TABLE)).snapshot?.summary["added-position-deletes"], "45");
    deepStrictEqual(await same(), 555);
  });
  await check(`${label}: inserts; both read the same rows`, async () => {
    const values: Readonly<Record<string, string>> = {
      id: "toInt32(number + 2000)",
      venue: "if(number % 2 = 0, 'alpha', 'gämma 𝄞')",
      flag: "if(number % 3 = 0, NULL, number % 2 = 0)",
      big: "toInt64(number) * 9007199254740993",
      single: "toFloat32(number) / 8",
      real: "if(number % 4 = 0, nan, -1 / number)",
      cents: "toDecimal32(number, 2) / -4",
      price: "toDecimal64(number, 8) / 3",
      wide: "toDecimal128('-1.000000000000000001', 18) * number",
      day: "toDate32('1969-12-20') + number",
      wall: "toDateTime64('1969-12-31 23:59:59.999999', 6, 'UTC') + number",
      at: "toDateTime64('1970-01-01 00:00:00.000001', 6, 'UTC') + number * 7000",
      note: "if(number % 5 = 0, NULL, repeat('ü', number))",
      uid: "toUUID('123e4567-e89b-12d3-a456-426614174000')",
      payload: "unhex('7f00')",
      spot: "CAST((toInt32(number), 'y'), 'Tuple(x Nullable(Int32), y Nullable(String))')",
      tags: "CAST(['a', 'ö'], 'Array(Nullable(String))')",
      marks: "CAST(map('k', toInt64(number)), 'Map(String, Nullable(Int64))')",
    };
    const columns = fieldsOf(await lake.table(TABLE)).map((field) => field.name);
    await ask(
      `INSERT INTO ${THEIRS} (${columns.join(", ")}) SELECT ${columns.map((column) => values[column]).join(", ")} FROM numbers(40)`,
    );
    deepStrictEqual(await same(), 595);
  });
  await check(`${label}: deletes rows of its own and of ours; we append; both read the same rows`, async () => {
    await ask(`ALTER TABLE ${THEIRS} DELETE WHERE id IN (301, 302, 2001, 2002)`);
    await appendEverything(lake, db, TABLE, 3_000, 3_050);
    deepStrictEqual(await same(), 641);
  });
}

const chdb = process.env["K2_CHDB"];
if (chdb === undefined) skip("ClickHouse", "K2_CHDB names no folder in which chdb is installed");
else await run(chdb);
conclude();
