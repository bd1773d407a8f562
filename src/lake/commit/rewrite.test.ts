import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ChangeConflictError, type DataFile, openLake } from "../index.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";

const UNPARTITIONED = { schema: COUNTED.schema, sortOrder: COUNTED.sortOrder };
const SEEN = "count(*)::INT, count(DISTINCT n)::INT, sum(n)::INT";

async function liveFiles(t: TestLake): Promise<readonly DataFile[]> {
  return (await (await t.lake.table("a.b")).scan().plan()).files;
}

/** Ten commits of ten rows. */
async function tenCommits(t: TestLake): Promise<void> {
  await t.lake.createTable("a.b", UNPARTITIONED);
  for (let n = 0; n < 100; n += 10) await t.append("a.b", counted(n, n + 10));
}

test("many files are replaced by one with the same rows; earlier snapshots still read the many", async () => {
  await using t = await TestLake.open();
  await tenCommits(t);
  const before = await t.lake.table("a.b");
  const remove = await liveFiles(t);
  const { files } = await t.lake.stageFiles(before, { run: t.db.run, relation: counted(0, 100) });
  const startingSnapshotId = before.snapshot?.snapshotId ?? 0n;
  const { table } = await t.lake.rewriteFiles("a.b", {
    remove,
    add: files,
    startingSnapshotId,
    summary: { by: "test" },
  });
  expect((await liveFiles(t)).map(({ location }) => location)).toEqual(files.map(({ location }) => location));
  expect(await t.rows("a.b", SEEN)).toEqual([[100, 100, 4950]]);
  expect(table.snapshot?.operation).toBe("replace");
  expect(table.snapshot?.summary).toMatchObject({
    by: "test",
    "added-data-files": "1",
    "deleted-data-files": "10",
    "added-records": "100",
    "deleted-records": "100",
    "total-data-files": "1",
    "total-records": "100",
  });
  const old = await table.scan({ snapshotId: startingSnapshotId }).sql();
  expect(await t.db.rows(`SELECT ${SEEN} FROM ${old}`)).toEqual([[100, 100, 4950]]);
  await t.append("a.b", counted(100, 110)); // The manifests of deleted entries only are dropped by the next commit.
  const after = await t.lake.table("a.b");
  expect((await after.scan().plan()).counts).toMatchObject({ manifests: 2, filesPlanned: 2 });
});

test("a rewrite and appends that race all take effect, and the rewrite writes its manifests once", async () => {
  await using t = await TestLake.open();
  await tenCommits(t);
  await using other = await openLake(lakeConfig(t.folder)); // Its own locks: the two really race.
  const before = await t.lake.table("a.b");
  const remove = (await liveFiles(t)).slice(0, 5);
  const oldest = await before.scan({ filter: { column: "n", is: "ge", value: 50 } }).sql();
  const [[first]] = (await t.db.rows(`SELECT min(n)::INT FROM ${oldest}`)) as [[number]];
  expect(first).toBe(50);
  const half = remove.every(({ recordCount }) => recordCount === 10);
  expect(half).toBe(true);
  const sources = remove.map(({ location }) => `'${location.slice(7)}'`).join(", ");
  const relation = `SELECT * FROM read_parquet([${sources}])`;
  const { files } = await t.lake.stageFiles(before, { run: t.db.run, relation });
  const startingSnapshotId = before.snapshot?.snapshotId ?? 0n;
  const staged = await Promise.all(
    [100, 110, 120, 130].map((n) => other.stageFiles(before, { run: t.db.run, relation: counted(n, n + 10) })),
  );
  await Promise.all([
    ...staged.map(({ files: added }) => other.append("a.b", { files: added })),
    t.lake.rewriteFiles("a.b", { remove, add: files, startingSnapshotId }),
  ]);
  expect(await t.rows("a.b", SEEN)).toEqual([[140, 140, (139 * 140) / 2]]);
  const names = await readdir(join(t.folder, "warehouse/a/b/metadata"));
  const manifests = names.filter((name) => name.endsWith(".avro") && !name.startsWith("snap-"));
  expect(manifests.length).toBe(10 + 4 + 1 + remove.length); // No manifest of a lost attempt is left.
});

test("a rewrite of a file that another rewrite has taken out is refused and leaves nothing behind", async () => {
  await using t = await TestLake.open();
  await tenCommits(t);
  const before = await t.lake.table("a.b");
  const remove = await liveFiles(t);
  const startingSnapshotId = before.snapshot?.snapshotId ?? 0n;
  const stage = () => t.lake.stageFiles(before, { run: t.db.run, relation: counted(0, 100) });
  const [one, two] = [await stage(), await stage()];
  await t.lake.rewriteFiles("a.b", { remove, add: one.files, startingSnapshotId });
  const folder = join(t.folder, "warehouse/a/b/metadata");
  const names = (await readdir(folder)).toSorted();
  await expect(t.lake.rewriteFiles("a.b", { remove, add: two.files, startingSnapshotId })).rejects.toThrow(
    ChangeConflictError,
  );
  expect((await readdir(folder)).toSorted()).toEqual(names);
  expect(await t.rows("a.b", SEEN)).toEqual([[100, 100, 4950]]);
});

test("manifests are written anew as one, sorted by partition; files, rows and sequence numbers stay", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  for (let n = 0; n < 60; n += 10) await t.append("a.b", counted(n, n + 10));
  const before = (await liveFiles(t)).map(({ location }) => location).toSorted();
  const { table } = await t.lake.rewriteManifests("a.b");
  expect((await table.scan().plan()).counts.manifests).toBe(1);
  expect((await liveFiles(t)).map(({ location }) => location).toSorted()).toEqual(before);
  expect(await t.rows("a.b", SEEN)).toEqual([[60, 60, 1770]]);
  expect(table.snapshot?.summary).toMatchObject({
    "manifests-created": "1",
    "manifests-replaced": "6",
    "manifests-kept": "0",
    "entries-processed": String(before.length),
    "total-records": "60",
  });
  const again = await t.lake.rewriteManifests("a.b"); // One manifest already: nothing is committed.
  expect([again.snapshotId, again.table.metadataLocation]).toEqual([undefined, table.metadataLocation]);
  await using anew = await openLake(lakeConfig(t.folder));
  expect((await (await anew.table("a.b")).scan().plan()).counts.rowsPlanned).toBe(60);
});
