/**
 * Iceberg's REST Compatibility Kit against our REST server, over SQLite and over PostgreSQL.
 *
 * - K2_RCK_JARS is the kit's class path, as `npm run test:interop` has Maven fetch it
 *
 * One line a test; the exit code is 1 where one fails.
 */
import { postgresProblem, startTestPostgres } from "../../src/lake/test-postgres.ts";
import { check, conclude, skip } from "./checks.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { type RckResult, runRck } from "./rck/rck.ts";
import { openRestLake } from "./rest-lake.ts";

/** Fewer than the kit has, so that a run that finds no tests fails. */
const TESTS_MIN = 140;
const classPath = process.env["K2_RCK_JARS"];

async function run(jars: string, place: string, postgresUrl?: string): Promise<void> {
  await using folder = await makeInteropFolder();
  await using served = await openRestLake(folder.path, postgresUrl);
  let results: readonly RckResult[] = [];
  await check(`RCK on ${place}: the kit runs`, async () => {
    results = await runRck(jars, { uri: served.uri, properties: { "rck.supports-names-with-dot": "true" } });
    if (results.length < TESTS_MIN) throw new Error(`only ${results.length} tests were found`);
  });
  for (const { suite, test, outcome, detail } of results) {
    const name = `RCK on ${place}: ${suite.replace(/^RESTCompatibilityKit/, "")}.${test}`;
    if (outcome === "skipped") skip("RCK", `on ${place}, ${test}: ${detail.split("\n").slice(0, 1)}`);
    else
      await check(name, () => {
        if (outcome === "failed") throw new Error(detail);
      });
  }
}

if (classPath === undefined) skip("RCK", "K2_RCK_JARS names no class path of it");
else {
  await run(classPath, "SQLite");
  if (postgresProblem !== undefined) skip("RCK", `on PostgreSQL: ${postgresProblem}`);
  else {
    await using postgres = await startTestPostgres();
    await run(classPath, "PostgreSQL", await postgres.createDatabase());
  }
}
conclude();
