import { deepStrictEqual, ok } from "node:assert";
import type { Lake } from "../../src/lake/index.ts";
import type { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check } from "./checks.ts";
import { appendEverything, expectSame, fieldsOf, ourTextRows, type TextRows } from "./everything.ts";
import type { PythonSession } from "./python-session.ts";

export interface SparkScene {
  readonly session: PythonSession;
  /** As the lines name it: "Spark 4.0.1, JDBC on SQLite". */
  readonly label: string;
  /** Spark's name of the catalog. */
  readonly catalog: string;
  readonly lake: Lake;
  readonly db: TestDuckDb;
  /** `namespace.table`, made from `EVERYTHING` and holding rows 0 to 1000. */
  readonly table: string;
}

/** Spark reads the table, writes to it in every way it knows, maintains it; after each step both of us see the same rows. */
export async function checkSpark(scene: SparkScene, { isThorough }: { readonly isThorough: boolean }): Promise<void> {
  const { session, label, lake, db, table } = scene;
  const name = `${scene.catalog}.${table}`;
  const sql = (text: string): Promise<TextRows> => session.ask(`answer = sql(${JSON.stringify(text)})`);
  const same = async (): Promise<number> => {
    const ours = await lake.table(table);
    const [order] = fieldsOf(ours);
    await sql(`REFRESH TABLE ${name}`);
    const theirs = await sql(`SELECT * FROM ${name} ORDER BY ${order?.name}`);
    expectSame(theirs, await ourTextRows(ours, db), ours);
    return theirs.length;
  };
  const step = (what: string, statements: readonly string[], rows: number): Promise<boolean> =>
    check(`${label}: ${what}; both read the same ${rows} rows`, async () => {
      for (const statement of statements) await sql(statement);
      deepStrictEqual(await same(), rows);
    });

  await check(`${label}: reads every row and value of ours`, async () => deepStrictEqual(await same(), 1_000));
  await check(`${label}: prunes by our bounds and finds the same rows`, async () => {
    const [theirs] = await sql(
      `SELECT count(*), sum(price), min(at), max(wall) FROM ${name} WHERE at < TIMESTAMP '1970-01-01 00:00:00' AND venue = 'be/ta' AND note IS NOT NULL`,
    );
    const [ours] = await db.rows(
      `SELECT count(*)::VARCHAR, sum(price)::VARCHAR, strftime(make_timestamp(epoch_us(min("at"))), '%Y-%m-%dT%H:%M:%S.%f'), strftime(max(wall), '%Y-%m-%dT%H:%M:%S.%f')
       FROM ${await (await lake.table(table)).scan().sql()} WHERE "at" < TIMESTAMPTZ '1970-01-01 00:00:00+00' AND venue = 'be/ta' AND note IS NOT NULL`,
    );
    deepStrictEqual(theirs, ours);
  });
  await check(`${label}: reads our first snapshot`, async () => {
    const [first] = (await lake.table(table)).metadata.snapshots;
    const [[count] = []] = await sql(`SELECT count(*) FROM ${name} VERSION AS OF ${first?.snapshotId}`);
    deepStrictEqual(count, first?.summary["total-records"]);
  });
  const copied = `SELECT id + 1000 AS id, 'delta' AS venue, flag, big, single, real, cents, price, -wide AS wide, day, wall, at, note, uid, payload, spot, tags, marks FROM ${name} WHERE id < 100`;
  await step("appends", [`INSERT INTO ${name} ${copied}`], 1_100);
  await step(
    "deletes by copy-on-write",
    [
      `ALTER TABLE ${name} SET TBLPROPERTIES ('write.delete.mode'='copy-on-write')`,
      `DELETE FROM ${name} WHERE id % 10 = 3`,
    ],
    990,
  );
  await step(
    "deletes by merge-on-read, position deletes",
    [
      `ALTER TABLE ${name} SET TBLPROPERTIES ('write.delete.mode'='merge-on-read', 'write.update.mode'='merge-on-read', 'write.merge.mode'='merge-on-read')`,
      `DELETE FROM ${name} WHERE id % 10 = 4 OR note IS NULL AND id < 50`,
    ],
    870,
  );
  if (!isThorough) return;
  await step("updates by merge-on-read", [`UPDATE ${name} SET price = price + 1, note = 'up' WHERE id % 7 = 1`], 870);
  await step(
    "merges: updates, deletes, inserts",
    [
      `MERGE INTO ${name} t USING (SELECT * FROM ${name} WHERE id BETWEEN 500 AND 599 UNION ALL SELECT id + 2000, venue, flag, big, single, real, cents, price, wide, day, wall, at, note, uid, payload, spot, tags, marks FROM ${name} WHERE id BETWEEN 600 AND 620) s
       ON t.id = s.id WHEN MATCHED AND s.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET wide = 1 WHEN NOT MATCHED THEN INSERT *`,
    ],
    await mergedRows(sql, name),
  );
  const afterMerge = Number((await sql(`SELECT count(*) FROM ${name}`))[0]?.[0]);
  await check(`${label}: reads what we append after its deletes`, async () => {
    await appendEverything(lake, db, table, 5_000, 5_100);
    deepStrictEqual(await same(), afterMerge + 100);
  });
  await step(
    "evolves the schema: renames, widens, adds, drops, moves",
    [
      `ALTER TABLE ${name} RENAME COLUMN note TO remark`,
      `ALTER TABLE ${name} ALTER COLUMN id TYPE bigint`,
      `ALTER TABLE ${name} ALTER COLUMN single TYPE double`,
      `ALTER TABLE ${name} ALTER COLUMN cents TYPE decimal(18,2)`,
      `ALTER TABLE ${name} ADD COLUMN extra timestamp AFTER venue`,
      `ALTER TABLE ${name} ADD COLUMN spot.z decimal(10,3)`,
      `ALTER TABLE ${name} RENAME COLUMN spot.y TO why`,
      `ALTER TABLE ${name} DROP COLUMN payload`,
    ],
    afterMerge + 100,
  );
  await step(
    "evolves the partitions: another spec, rows by it",
    [
      `ALTER TABLE ${name} DROP PARTITION FIELD days(at)`,
      `ALTER TABLE ${name} ADD PARTITION FIELD bucket(4, id)`,
      `ALTER TABLE ${name} ADD PARTITION FIELD truncate(3, remark)`,
      `INSERT INTO ${name} SELECT id + 10000, venue, TIMESTAMP '1969-12-31 23:59:59.999999', flag, big, single, real, cents, price, wide, day, wall, at, remark, uid, spot, tags, marks FROM ${name} WHERE id BETWEEN 5000 AND 5049`,
      `DELETE FROM ${name} WHERE id = 10000 + 5007`,
    ],
    afterMerge + 149,
  );
  await check(`${label}: sees what we see of the files, by its metadata tables`, async () => {
    const [[theirs] = []] = await sql(`SELECT count(*) FROM ${name}.data_files`);
    const { summary } = (await lake.table(table)).snapshot ?? {};
    deepStrictEqual(theirs, summary?.["total-data-files"]);
  });
  await step(
    "compacts: rewrite_data_files",
    [
      `CALL ${scene.catalog}.system.rewrite_data_files(table => '${table}', options => map('min-input-files', '2', 'delete-file-threshold', '1'))`,
    ],
    afterMerge + 149,
  );
  await step("rewrites manifests", [`CALL ${scene.catalog}.system.rewrite_manifests('${table}')`], afterMerge + 149);
  await step(
    "rewrites position deletes",
    [
      `DELETE FROM ${name} WHERE id = 5011`,
      `CALL ${scene.catalog}.system.rewrite_position_delete_files(table => '${table}', options => map('rewrite-all', 'true'))`,
    ],
    afterMerge + 148,
  );
  await step(
    "expires snapshots",
    [
      `CALL ${scene.catalog}.system.expire_snapshots(table => '${table}', older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1)`,
    ],
    afterMerge + 148,
  );
  await check(`${label}: we see one snapshot after it has expired the others`, async () => {
    deepStrictEqual((await lake.table(table)).metadata.snapshots.length, 1);
  });
  const beforeId = (await lake.table(table)).snapshot?.snapshotId;
  await step(
    "tags and branches",
    [
      `DELETE FROM ${name} WHERE id >= 10000`,
      `ALTER TABLE ${name} CREATE TAG without_copies`,
      `ALTER TABLE ${name} CREATE BRANCH side`,
    ],
    afterMerge + 99,
  );
  await check(`${label}: we see its tag and branch`, async () => {
    const { refs } = (await lake.table(table)).metadata;
    deepStrictEqual([refs["without_copies"]?.type, refs["side"]?.type], ["tag", "branch"]);
    ok(refs["side"]?.snapshotId === refs["main"]?.snapshotId);
  });
  await step(
    "rolls back",
    [`CALL ${scene.catalog}.system.rollback_to_snapshot('${table}', ${beforeId})`],
    afterMerge + 148,
  );
}

/** Spark makes a view, replaces and drops it. */
export async function checkSparkView({ session, label, catalog, table }: SparkScene): Promise<void> {
  const sql = (text: string): Promise<TextRows> => session.ask(`answer = sql(${JSON.stringify(text)})`);
  const view = `${catalog}.silver.few`;
  await check(`${label}: makes a view, replaces, renames and drops it`, async () => {
    await sql(`CREATE VIEW ${view} AS SELECT id FROM ${catalog}.${table} WHERE id < 20`);
    const [[before] = []] = await sql(`SELECT count(*) FROM ${view}`);
    await sql(
      `CREATE OR REPLACE VIEW ${view} (n COMMENT 'a number') AS SELECT id FROM ${catalog}.${table} WHERE id < 10`,
    );
    const [[after] = []] = await sql(`SELECT count(n) FROM ${view}`);
    ok(Number(before) > Number(after) && Number(after) > 0);
    await sql(`ALTER VIEW ${view} RENAME TO ${catalog}.silver.fewer`);
    deepStrictEqual((await sql(`SHOW VIEWS IN ${catalog}.silver`)).length, 1);
    await sql(`DROP VIEW ${catalog}.silver.fewer`);
    deepStrictEqual(await sql(`SHOW VIEWS IN ${catalog}.silver`), []);
  });
}

/** How many rows the MERGE will leave, asked of Spark itself by a SELECT before it. */
async function mergedRows(sql: (text: string) => Promise<TextRows>, name: string): Promise<number> {
  const [[count] = []] = await sql(
    `SELECT count(*) - count_if(id BETWEEN 500 AND 599 AND id % 2 = 0) + count_if(id BETWEEN 600 AND 620) FROM ${name}`,
  );
  return Number(count);
}

/** Spark makes a table by itself; we read it and append to it. */
export async function checkSparkTable({ session, label, catalog, lake, db }: SparkScene): Promise<void> {
  const sql = (text: string): Promise<TextRows> => session.ask(`answer = sql(${JSON.stringify(text)})`);
  const table = `silver.made_by_spark_${catalog}`;
  await check(`${label}: makes a table, we read it and append to it, it reads that`, async () => {
    await sql(
      `CREATE TABLE ${catalog}.${table} (id bigint NOT NULL, price decimal(18,8), at timestamp, wall timestamp_ntz, day date, name string)
       USING iceberg PARTITIONED BY (days(at), truncate(2, name)) TBLPROPERTIES ('format-version'='2')`,
    );
    await sql(
      `INSERT INTO ${catalog}.${table} SELECT id, cast(id * 0.00000001 AS decimal(18,8)), timestamp_micros(-1000000 * id + 7), timestamp_ntz '1960-02-29 01:02:03.000004', date_sub(DATE '1970-01-01', cast(id AS int)), concat('näme', id % 5) FROM range(500)`,
    );
    const relation = `SELECT range + 500 AS id, 1.5::DECIMAL(18,8) AS price, TIMESTAMPTZ '2024-03-01 00:00:00.000001+00' AS "at", TIMESTAMP '2024-03-01 00:00:00.000001' AS wall, DATE '0001-01-01' AS day, 'x' AS name FROM range(100)`;
    const { files } = await lake.stageFiles(await lake.table(table), { run: db.run, relation });
    await lake.append(table, { files });
    await sql(`REFRESH TABLE ${catalog}.${table}`);
    const theirs = await sql(`SELECT * FROM ${catalog}.${table} ORDER BY id`);
    deepStrictEqual(theirs.length, 600);
    const ours = await lake.table(table);
    expectSame(theirs, await ourTextRows(ours, db), ours);
  });
}
