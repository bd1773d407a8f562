/**
 * Trino reads our tables through our REST server, inserts, deletes, updates, merges, evolves and optimizes them, and makes
 * tables and views of its own. Not part of every run: it is large.
 *
 * - K2_TRINO_HOME names a Trino, K2_TRINO_JAVA a Java that is new enough for it
 *
 * One line a check; the exit code is 1 on any difference.
 */
import { deepStrictEqual } from "node:assert";
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check, conclude, skip } from "./checks.ts";
import { appendEverything, EVERYTHING, expectSame, fieldsOf, ourTextRows } from "./everything.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { openRestLake } from "./rest-lake.ts";
import { Trino } from "./trino.ts";
import { TRINO_VERSION } from "./trino-install.ts";

function textSql(name: string, kind: string): string {
  switch (kind) {
    case "timestamp":
      return `replace(CAST(${name} AS varchar), ' ', 'T')`;
    case "timestamptz":
      return `replace(CAST(CAST(${name} AT TIME ZONE 'UTC' AS timestamp(6)) AS varchar), ' ', 'T')`;
    case "binary":
      return `lower(to_hex(${name}))`;
    case "float":
      return `CAST(CAST(${name} AS double) AS varchar)`;
    case "list":
    case "map":
    case "struct":
      return `json_format(CAST(${name} AS json))`;
    default:
      return `CAST(${name} AS varchar)`;
  }
}

async function run(home: string, java: string): Promise<void> {
  await using folder = await makeInteropFolder();
  using db = await TestDuckDb.open();
  await using served = await openRestLake(folder.path);
  const { lake } = served;
  const label = `Trino ${TRINO_VERSION} through REST`;
  const table = "silver.everything";
  await lake.createTable(table, EVERYTHING);
  for (let from = 0; from < 600; from += 200) await appendEverything(lake, db, table, from, from + 200);
  await using trino = await Trino.start({ java, home, folder: folder.path, catalogUri: served.uri });
  const same = async (name: string): Promise<number> => {
    const ours = await lake.table(name);
    const fields = fieldsOf(ours);
    const theirs = await trino.sql(
      `SELECT ${fields.map((field) => textSql(field.name, field.kind)).join(", ")} FROM ${name} ORDER BY ${fields[0]?.name}`,
    );
    expectSame(theirs, await ourTextRows(ours, db), ours);
    return theirs.length;
  };
  const step = (what: string, statements: readonly string[], rows: number, name: string = table): Promise<boolean> =>
    check(`${label}: ${what}; both read the same ${rows} rows`, async () => {
      for (const statement of statements) await trino.sql(statement);
      deepStrictEqual(await same(name), rows);
    });

  await check(`${label}: lists our tables`, async () => {
    deepStrictEqual(await trino.sql("SHOW TABLES FROM silver"), [["everything"]]);
  });
  await check(`${label}: reads every row and value of ours`, async () => deepStrictEqual(await same(table), 600));
  await check(`${label}: prunes by our bounds and finds the same rows`, async () => {
    const where = (instant: string): string =>
      `WHERE "at" < ${instant} AND venue = 'be/ta' AND price <= DECIMAL '9.25'`;
    const theirs = await trino.sql(
      `SELECT CAST(count(*) AS varchar), CAST(sum(price) AS varchar) FROM ${table} ${where("TIMESTAMP '1970-01-01 00:00:00 UTC'")}`,
    );
    const scan = await (await lake.table(table)).scan().sql();
    const ours = await db.rows(
      `SELECT count(*)::VARCHAR, sum(price)::VARCHAR FROM ${scan} ${where("TIMESTAMPTZ '1970-01-01 00:00:00+00'").replace("DECIMAL '9.25'", "9.25")}`,
    );
    deepStrictEqual(theirs, ours);
  });
  await check(`${label}: reads our first snapshot`, async () => {
    const [first] = (await lake.table(table)).metadata.snapshots;
    const sql = `SELECT CAST(count(*) AS varchar) FROM ${table} FOR VERSION AS OF ${first?.snapshotId}`;
    deepStrictEqual(await trino.sql(sql), [[first?.summary["total-records"]]]);
  });
  const columns = fieldsOf(await lake.table(table)).map((field) => field.name);
  const copy = (shift: number, where: string): string =>
    `INSERT INTO ${table} SELECT ${columns.map((name) => (name === "id" ? `id + ${shift}` : name)).join(", ")} FROM ${table} WHERE ${where}`;
  await step("inserts", [copy(1_000, "id < 50")], 650);
  await step("deletes, position deletes", [`DELETE FROM ${table} WHERE id % 10 = 3`], 585);
  await step("updates", [`UPDATE ${table} SET price = price + 1, note = 'up' WHERE id % 7 = 1`], 585);
  await step(
    "merges",
    [
      `MERGE INTO ${table} t USING (SELECT id FROM ${table} WHERE id BETWEEN 500 AND 519) s ON t.id = s.id
       WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET wide = DECIMAL '1'`,
    ],
    575,
  );
  await check(`${label}: reads what we append after its deletes`, async () => {
    await appendEverything(lake, db, table, 3_000, 3_050);
    deepStrictEqual(await same(table), 625);
  });
  await step(
    "evolves the schema and the partitions",
    [
      `ALTER TABLE ${table} RENAME COLUMN note TO remark`,
      `ALTER TABLE ${table} ADD COLUMN extra varchar`,
      `ALTER TABLE ${table} DROP COLUMN payload`,
      `ALTER TABLE ${table} SET PROPERTIES partitioning = ARRAY['bucket(id, 4)', 'month(wall)'], sorted_by = ARRAY['id']`,
      `DELETE FROM ${table} WHERE id = 3007`,
    ],
    624,
  );
  await step(
    "optimizes",
    [`ALTER TABLE ${table} EXECUTE optimize`, `ALTER TABLE ${table} EXECUTE optimize_manifests`],
    624,
  );
  await step(
    "makes a table from a query",
    [
      "CREATE SCHEMA lake.made",
      "CREATE TABLE made.numbers WITH (partitioning = ARRAY['day(seen)']) AS SELECT CAST(n AS bigint) AS id, CAST(n AS decimal(38,18)) / 3 AS price, from_unixtime_nanos(n * -1000) AT TIME ZONE 'UTC' AS seen, uuid() AS uid FROM UNNEST(sequence(1, 100)) AS t(n)",
    ],
    100,
    "made.numbers",
  );
  await check(`${label}: makes a view, reads and drops it`, async () => {
    await trino.sql("CREATE VIEW made.few AS SELECT id FROM made.numbers WHERE id <= 3");
    deepStrictEqual(await trino.sql("SELECT CAST(sum(id) AS varchar) FROM made.few"), [["6"]]);
    await trino.sql("DROP VIEW made.few");
  });
  await check(`${label}: drops a table and a schema, for us too`, async () => {
    await trino.sql("DROP TABLE made.numbers");
    await trino.sql("DROP SCHEMA made");
    deepStrictEqual([await lake.hasTable("made.numbers"), await lake.listNamespaces()], [false, ["silver"]]);
  });
}

const { K2_TRINO_HOME: home, K2_TRINO_JAVA: java } = process.env;
if (home === undefined || java === undefined)
  skip("Trino", "K2_TRINO_HOME and K2_TRINO_JAVA name no Trino: npm run test:interop -- --all");
else await run(home, java);
conclude();
