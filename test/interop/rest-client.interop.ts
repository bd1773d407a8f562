/**
 * Our client of the REST catalog protocol, against a server that is not ours: Iceberg's own, over its JDBC catalog.
 *
 * - K2_RCK_JARS is the class path of that server, as `npm run test:interop` has Maven fetch it
 *
 * One line a check; the exit code is 1 on any difference.
 */
import { deepStrictEqual, ok } from "node:assert";
import { join } from "node:path";
import { type Lake, openLake } from "../../src/lake/index.ts";
import { openRestCatalog } from "../../src/lake/rest-client/rest-catalog.ts";
import { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check, conclude, skip } from "./checks.ts";
import { appendEverything, EVERYTHING, everythingSql, ourTextRows } from "./everything.ts";
import { makeInteropFolder } from "./interop-folder.ts";
import { checkOurChanges } from "./our-changes.ts";
import { startFixtureServer } from "./rck/fixture-server.ts";

const LABEL = "Iceberg's REST server";
const TABLE = "silver.everything";

async function run(classPath: string, folder: string): Promise<void> {
  using db = await TestDuckDb.open();
  await using server = await startFixtureServer(classPath, folder);
  const open = (): Promise<Lake> =>
    openLake({ warehouse: "", name: "fixture", catalog: { kind: "rest", uri: server.uri } });
  await using lake = await open();
  await using catalog = await openRestCatalog({ uri: server.uri });

  await check(`${LABEL}: makes our table, with our ids, partitions and order`, async () => {
    const { metadata, schema } = await lake.createTable(TABLE, EVERYTHING);
    ok(metadata.location.includes(join(folder, "fixture-warehouse")), metadata.location);
    deepStrictEqual(
      schema.fields.map(({ name }) => name),
      EVERYTHING.schema.map(({ name }) => name),
    );
    deepStrictEqual(
      metadata.partitionSpecs.at(-1)?.fields.map(({ name }) => name),
      ["at_day", "venue"],
    );
    deepStrictEqual(await lake.listTables(), [TABLE]);
  });
  await check(`${LABEL}: commits what we append, and we read it back as it was`, async () => {
    for (let from = 0; from < 300; from += 100) await appendEverything(lake, db, TABLE, from, from + 100);
    await using anew = await open();
    const table = await anew.table(TABLE);
    deepStrictEqual(table.metadata.snapshots.length, 3);
    const sql = `SELECT * FROM ${await table.scan().sql()}`;
    const source = everythingSql(0, 300);
    deepStrictEqual(await db.rows(`(${sql}) EXCEPT ALL (${source})`), []);
    deepStrictEqual(await db.rows(`(${source}) EXCEPT ALL (${sql})`), []);
  });
  await check(`${LABEL}: keeps our writer's progress, and refuses an older epoch`, async () => {
    const first = await lake.claimWriter(TABLE, "land", "0");
    const second = await lake.claimWriter(TABLE, "land", "0");
    deepStrictEqual(second.epoch, first.epoch + 1);
    const { files } = await lake.stageFiles(await lake.table(TABLE), {
      run: db.run,
      relation: everythingSql(300, 310),
    });
    const progress = { writer: "land", continuesFrom: "0", positions: "10" };
    let refusal = "";
    await lake.append(TABLE, { files, progress: { ...progress, epoch: first.epoch } }).catch((error: unknown) => {
      refusal = String((error as { readonly code?: unknown }).code);
    });
    deepStrictEqual(refusal, "K2_LAKE_WRITER_FENCED");
    await lake.append(TABLE, { files, progress: { ...progress, epoch: second.epoch } });
    deepStrictEqual((await lake.table(TABLE)).progress("land")?.positions, "10");
  });
  await check(`${LABEL}: of two clients that commit at once both win, one after the other`, async () => {
    await using other = await open();
    const before = (await ourTextRows(await lake.table(TABLE), db)).length;
    await Promise.all([
      appendEverything(lake, db, TABLE, 1_000, 1_020),
      appendEverything(other, db, TABLE, 2_000, 2_020),
    ]);
    const table = await lake.table(TABLE);
    deepStrictEqual((await ourTextRows(table, db)).length, before + 40);
    deepStrictEqual(table.metadata.lastSequenceNumber, 6);
  });
  await checkOurChanges({
    lake,
    db,
    table: "silver.changed",
    label: LABEL,
    async same() {
      await using anew = await open(); // What the server holds, not what we remember.
      const theirs = await ourTextRows(await anew.table("silver.changed"), db);
      deepStrictEqual(theirs, await ourTextRows(await lake.table("silver.changed"), db));
      return theirs.length;
    },
  });
  await check(`${LABEL}: commits to two tables in one transaction`, async () => {
    await lake.createTable("silver.twin", EVERYTHING);
    const stage = async (
      name: string,
    ): Promise<{ readonly table: string; readonly files: Awaited<ReturnType<Lake["stageFiles"]>>["files"] }> => {
      const relation = everythingSql(3_000, 3_010);
      return { table: name, files: (await lake.stageFiles(await lake.table(name), { run: db.run, relation })).files };
    };
    const before = (await ourTextRows(await lake.table(TABLE), db)).length;
    await lake.commitAll([await stage(TABLE), await stage("silver.twin")]);
    const counts = [TABLE, "silver.twin"].map(async (name) => (await ourTextRows(await lake.table(name), db)).length);
    deepStrictEqual(await Promise.all(counts), [before + 10, 10]);
  });
  await check(`${LABEL}: tags and branches`, async () => {
    await lake.maintenance.tag(TABLE, { name: "here" });
    await lake.moveBranch(TABLE, { branch: "audit", to: "main", isFastForward: true });
    await using anew = await open();
    const { refs } = (await anew.table(TABLE)).metadata;
    deepStrictEqual(Object.keys(refs).toSorted(), ["audit", "here", "main"]);
  });
  await check(`${LABEL}: renames, drops, and says what is not there`, async () => {
    const [from, to] = ["twin", "renamed"].map((name) => ({ namespace: ["silver"], name }));
    if (from === undefined || to === undefined) throw new Error("no names");
    await catalog.rename(from, to);
    deepStrictEqual(await lake.hasTable("silver.twin"), false);
    deepStrictEqual((await ourTextRows(await lake.table("silver.renamed"), db)).length, 10);
    deepStrictEqual(await lake.dropTable("silver.renamed"), true);
    deepStrictEqual(await lake.dropTable("silver.renamed"), false);
    deepStrictEqual((await lake.listTables()).toSorted(), ["silver.changed", TABLE]);
  });
  await check(`${LABEL}: namespaces and their properties`, async () => {
    await catalog.createNamespace(["gold", "deep"].slice(0, 1), { owner: "Ada" });
    deepStrictEqual((await lake.listNamespaces()).toSorted(), ["gold", "silver"]);
    deepStrictEqual(await lake.dropNamespace("gold"), true);
    deepStrictEqual(await lake.listNamespaces(), ["silver"]);
  });
}

const classPath = process.env["K2_RCK_JARS"];
if (classPath === undefined) skip("Iceberg", "K2_RCK_JARS names no class path of its REST server");
else {
  await using folder = await makeInteropFolder();
  await run(classPath, folder.path);
}
conclude();
