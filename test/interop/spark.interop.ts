/**
 * Spark reads our tables, writes to them in every way it knows, and maintains them: through our REST server, and through its
 * JDBC catalog on our SQLite file.
 *
 * - K2_SPARK_PYTHON names a Python that has pyspark, K2_SPARK_JARS the Iceberg runtime and the SQLite driver for it
 * - K2_SPARK_OLD_PYTHON, K2_SPARK_OLD_JARS: an older Spark with an older Iceberg, which is not part of every run
 *
 * One line a check; the exit code is 1 on any difference.
 */
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { conclude, skip } from "./checks.ts";
import { appendEverything, EVERYTHING, expectSame, ourTextRows, type TextRows } from "./everything.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { checkOurChanges } from "./our-changes.ts";
import { openRestLake } from "./rest-lake.ts";
import { openSpark } from "./spark.ts";
import { checkSpark, checkSparkTable, checkSparkView } from "./spark-checks.ts";

async function run(executable: string, jars: string, { byJdbc }: { readonly byJdbc: boolean }): Promise<void> {
  await using folder = await makeInteropFolder();
  using db = await TestDuckDb.open();
  await using served = await openRestLake(folder.path);
  const { lake, uri, warehouse, database, name } = served;
  await using session = await openSpark(executable, jars, {
    rest: { type: "rest", uri, warehouse: name, "cache-enabled": "false" },
    [name]: {
      type: "jdbc",
      uri: `jdbc:sqlite:${database}`,
      "jdbc.schema-version": "V1",
      warehouse,
      "cache-enabled": "false",
    },
  });
  const version = await session.ask<string>("answer = spark.version");
  const ways: Readonly<Record<string, string>> = { rest: "through REST", ...(byJdbc ? { [name]: "by JDBC" } : {}) };
  for (const [catalog, way] of Object.entries(ways)) {
    const table = `silver.by_${catalog}`;
    await lake.createTable(table, EVERYTHING);
    for (let from = 0; from < 1_000; from += 500) await appendEverything(lake, db, table, from, from + 500);
    const scene = { session, label: `Spark ${version} ${way}`, catalog, lake, db, table };
    await checkSpark(scene, { isThorough: catalog === "rest" });
    await checkSparkTable(scene);
    if (catalog !== "rest") continue;
    await checkSparkView(scene);
    const changed = "silver.changed_by_us";
    await checkOurChanges({
      lake,
      db,
      table: changed,
      label: scene.label,
      async same() {
        const ours = await lake.table(changed);
        await session.ask(`sql("REFRESH TABLE rest.${changed}")`);
        const theirs = await session.ask<TextRows>(`answer = sql("SELECT * FROM rest.${changed} ORDER BY id")`);
        expectSame(theirs, await ourTextRows(ours, db), ours);
        return theirs.length;
      },
    });
  }
}

const { K2_SPARK_PYTHON, K2_SPARK_JARS, K2_SPARK_OLD_PYTHON, K2_SPARK_OLD_JARS } = process.env;
if (K2_SPARK_PYTHON === undefined || K2_SPARK_JARS === undefined)
  skip("Spark", "K2_SPARK_PYTHON and K2_SPARK_JARS name no Spark");
else await run(K2_SPARK_PYTHON, K2_SPARK_JARS, { byJdbc: true });
if (K2_SPARK_OLD_PYTHON === undefined || K2_SPARK_OLD_JARS === undefined)
  skip("Spark", "the older one is not part of every run: npm run test:interop -- --all");
else await run(K2_SPARK_OLD_PYTHON, K2_SPARK_OLD_JARS, { byJdbc: false }); // See docs/engines.md.
conclude();
