/**
 * DuckDB's own iceberg extension attaches to our REST server: reads, inserts, deletes, updates, merges, makes tables.
 *
 * - K2_DUCKDB_PYTHON names a Python that has the packages of referees/duckdb.txt
 *
 * One line a check; the exit code is 1 on any difference.
 */
import { deepStrictEqual } from "node:assert";
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check, conclude, skip } from "./checks.ts";
import { appendEverything, EVERYTHING, expectSame, fieldsOf, ourTextRows, type TextRows } from "./everything.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { checkOurChanges } from "./our-changes.ts";
import { PythonSession } from "./python-session.ts";
import { openRestLake } from "./rest-lake.ts";

async function run(executable: string): Promise<void> {
  await using folder = await makeInteropFolder();
  using db = await TestDuckDb.open();
  await using served = await openRestLake(folder.path);
  const { lake, uri, name } = served;
  await using session = await PythonSession.open(executable, { beginning: "duckdb_engine.py" });
  const version = await session.ask<string>("answer = duckdb.__version__");
  const label = `DuckDB ${version} through REST`;
  const sql = (text: string): Promise<TextRows> => session.ask(`answer = sql(${JSON.stringify(text)})`);
  const same = async (table: string): Promise<number> => {
    const ours = await lake.table(table);
    const [order] = fieldsOf(ours);
    const theirs = await sql(`SELECT * FROM lake.${table} ORDER BY "${order?.name}"`);
    expectSame(theirs, await ourTextRows(ours, db), ours);
    return theirs.length;
  };
  const step = (what: string, statements: readonly string[], table: string, rows: number): Promise<boolean> =>
    check(`${label}: ${what}; both read the same ${rows} rows`, async () => {
      for (const statement of statements) await sql(statement);
      deepStrictEqual(await same(table), rows);
    });
  const partitioned = "silver.everything";
  await lake.createTable(partitioned, EVERYTHING);
  for (let from = 0; from < 600; from += 200) await appendEverything(lake, db, partitioned, from, from + 200);
  const plain = "silver.plain";
  const { schema } = EVERYTHING;
  await lake.createTable(plain, { schema });
  await appendEverything(lake, db, plain, 0, 300);

  await check(`${label}: attaches and lists our tables`, async () => {
    await sql(`ATTACH '${name}' AS lake (TYPE iceberg, ENDPOINT '${uri}', AUTHORIZATION_TYPE 'none')`);
    deepStrictEqual(await sql("SELECT table_schema || '.' || table_name FROM information_schema.tables ORDER BY 1"), [
      [partitioned],
      [plain],
    ]);
  });
  await check(`${label}: reads every row and value of ours`, async () => deepStrictEqual(await same(partitioned), 600));
  await check(`${label}: prunes by our bounds and finds the same rows`, async () => {
    const where = `WHERE "at" < TIMESTAMPTZ '1970-01-01 00:00:00+00' AND venue = 'be/ta' AND price <= 9.25`;
    const select = "SELECT count(*)::VARCHAR, sum(price)::VARCHAR, sum(wide)::VARCHAR FROM";
    deepStrictEqual(
      await sql(`${select} lake.${partitioned} ${where}`),
      await db.rows(`${select} ${await (await lake.table(partitioned)).scan().sql()} ${where}`),
    );
  });
  await check(`${label}: reads our first snapshot`, async () => {
    const [first] = (await lake.table(partitioned)).metadata.snapshots;
    const found = await sql(`SELECT count(*) FROM lake.${partitioned} AT (VERSION => ${first?.snapshotId})`);
    deepStrictEqual(found, [[first?.summary["total-records"]]]);
  });
  await step(
    "inserts",
    [`INSERT INTO lake.${plain} SELECT * REPLACE (id + 1000 AS id, -wide AS wide) FROM lake.${plain} WHERE id < 40`],
    plain,
    340,
  );
  await step("deletes rows, position deletes", [`DELETE FROM lake.${plain} WHERE id % 10 = 3`], plain, 306);
  await step("updates rows", [`UPDATE lake.${plain} SET price = price + 1, note = 'up' WHERE id % 7 = 1`], plain, 306);
  await check(`${label}: reads what we append after its deletes`, async () => {
    await appendEverything(lake, db, plain, 2_000, 2_050);
    deepStrictEqual(await same(plain), 356);
  });
  await step(
    "merges",
    [
      `MERGE INTO lake.${plain} USING (SELECT * FROM lake.${partitioned} WHERE id BETWEEN 290 AND 309) s ON (lake.silver.plain.id = s.id)
       WHEN MATCHED THEN UPDATE SET wide = 1 WHEN NOT MATCHED THEN INSERT`,
    ],
    plain,
    367,
  );
  await step(
    "inserts into a table with partitions and an order that it is told to ignore",
    [
      "SET unsafe_iceberg_ignore_sort_order = true",
      `INSERT INTO lake.${partitioned} SELECT * REPLACE (id + 5000 AS id) FROM lake.${plain} WHERE id < 40`,
    ],
    partitioned,
    636,
  );
  await step(
    "evolves the schema",
    [
      `ALTER TABLE lake.${plain} RENAME COLUMN note TO remark`,
      `ALTER TABLE lake.${plain} ADD COLUMN extra VARCHAR`,
      `ALTER TABLE lake.${plain} DROP COLUMN payload`,
    ],
    plain,
    367,
  );
  await step(
    "makes a schema and a table",
    [
      "CREATE SCHEMA lake.made",
      "CREATE TABLE lake.made.numbers (id BIGINT, price DECIMAL(38,18), seen TIMESTAMPTZ, uid UUID)",
      "INSERT INTO lake.made.numbers SELECT range, range * 0.000000000000000001::DECIMAL(38,18), make_timestamptz(-range), md5(range::VARCHAR)::UUID FROM range(100)",
    ],
    "made.numbers",
    100,
  );
  await step(
    "makes a table together with its rows",
    [`CREATE TABLE lake.made.copied AS SELECT id, price, note FROM lake.${partitioned} WHERE id < 50`],
    "made.copied",
    50,
  );
  const ours = "silver.changed";
  await checkOurChanges({ lake, db, table: ours, label, same: () => same(ours) });
  await check(`${label}: commits to two tables at once, and rolls back`, async () => {
    const counts = async (): Promise<readonly number[]> => [await same(plain), await same("made.numbers")];
    const [plainRows = 0, numberRows = 0] = await counts();
    const insert = `INSERT INTO lake.${plain} SELECT * REPLACE (id + 9000 AS id) FROM lake.${plain} WHERE id < 2`;
    const other = "INSERT INTO lake.made.numbers VALUES (1000, 1, now(), uuid())";
    for (const statement of ["BEGIN", insert, other, "ROLLBACK"]) await sql(statement);
    deepStrictEqual(await counts(), [plainRows, numberRows]);
    for (const statement of ["BEGIN", insert, other, "COMMIT"]) await sql(statement);
    deepStrictEqual(await counts(), [plainRows + 2, numberRows + 1]);
  });
  await check(`${label}: drops a table and a schema, for us too`, async () => {
    await sql("DROP TABLE lake.made.numbers");
    await sql("DROP TABLE lake.made.copied");
    await sql("DROP SCHEMA lake.made");
    deepStrictEqual([await lake.hasTable("made.numbers"), await lake.listNamespaces()], [false, ["silver"]]);
  });
}

const executable = process.env["K2_DUCKDB_PYTHON"];
if (executable === undefined) skip("DuckDB", "K2_DUCKDB_PYTHON names no Python that has it");
else await run(executable);
conclude();
