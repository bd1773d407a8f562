import { expect, test } from "vitest";
import { type Lake, openLake, readTable, type TableInput } from "../index.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";

const UNPARTITIONED: TableInput = { schema: COUNTED.schema, sortOrder: COUNTED.sortOrder };

async function lineage(t: TestLake, lake: Lake = t.lake): Promise<readonly (readonly unknown[])[]> {
  const scan = (await lake.table("a.b")).scan({ columns: ["n", "_row_id", "_last_updated_sequence_number"] });
  return t.db.rows(
    `SELECT n::INT, _row_id::INT, _last_updated_sequence_number::INT FROM ${await scan.sql()} ORDER BY n`,
  );
}

test("a table of format v1 has no sequence numbers and takes no delete files", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", {
    ...COUNTED,
    formatVersion: 1,
    properties: { "commit.manifest.min-count-to-merge": "3" },
  });
  for (let n = 0; n < 80; n += 10) await t.append("a.b", counted(n, n + 10));
  const table = await t.lake.table("a.b");
  expect(table.metadata.snapshots.map(({ sequenceNumber }) => sequenceNumber)).toEqual(Array(8).fill(0));
  const { counts, files } = await table.scan().plan();
  expect(counts.manifests).toBeLessThan(8);
  const anew = await readTable({ metadataLocation: table.metadataLocation });
  expect((await anew.scan().plan()).counts.rowsPlanned).toBe(80);
  const [file] = files;
  if (file === undefined) throw new Error("no file");
  const deletes = [{ ...file, content: "position-deletes" as const, location: `${file.location}-d` }];
  await expect(t.lake.rowDelta("a.b", { deletes })).rejects.toThrow(/format version 1 has none/);
  const relation = `SELECT * FROM ${await table.scan().sql()}`;
  const { files: add } = await t.lake.stageFiles(table, { run: t.db.run, relation });
  const startingSnapshotId = table.snapshot?.snapshotId ?? 0n;
  await t.lake.rewriteFiles("a.b", { remove: files, add, startingSnapshotId });
  expect(await t.rows("a.b", "count(*)::INT, sum(n)::INT")).toEqual([[80, 3160]]);
});

test("rows of format v3 get ids in the order of their commits, and keep them through every rewrite and upgrade", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", {
    ...UNPARTITIONED,
    formatVersion: 3,
    properties: { "commit.manifest.min-count-to-merge": "3" },
  });
  for (let n = 0; n < 40; n += 10) await t.append("a.b", counted(n, n + 10));
  const { metadata } = await t.lake.table("a.b");
  expect(metadata.nextRowId).toBeGreaterThanOrEqual(40n);
  const spans = metadata.snapshots.map(({ firstRowId = -1n, addedRows = -1n }) => [firstRowId, firstRowId + addedRows]);
  expect(spans.slice(1).map(([from]) => from)).toEqual(spans.slice(0, -1).map(([, to]) => to));
  const first = await lineage(t);
  expect(new Set(first.map(([, id]) => id)).size).toBe(40);
  expect(first.slice(0, 10).map(([n, id, sequence]) => [n, id, sequence])).toEqual(
    Array.from({ length: 10 }, (_, n) => [n, n, 1]),
  );

  // Deleted by copying and by vector, then compacted: what stays has its ids and the commit that wrote it.
  const filter = { column: "n", is: "in", values: [3, 17, 33] } as const;
  await t.lake.deleteRows("a.b", { run: t.db.run, filter, mode: "copy-on-write" });
  await t.lake.deleteRows("a.b", {
    run: t.db.run,
    filter: { column: "n", is: "eq", value: 20 },
    mode: "merge-on-read",
  });
  const now = await t.lake.table("a.b");
  const columns = ["n", "kind", "at", "_row_id", "_last_updated_sequence_number"];
  const relation = `SELECT * FROM ${await now.scan({ columns }).sql()}`;
  const { files } = await t.lake.stageFiles(now, { run: t.db.run, relation });
  const plan = await now.scan().plan();
  const startingSnapshotId = now.snapshot?.snapshotId ?? 0n;
  const { table } = await t.lake.rewriteFiles("a.b", { remove: plan.files, add: files, startingSnapshotId });
  const kept = first.filter(([n]) => ![3, 17, 20, 33].includes(Number(n)));
  expect(await lineage(t)).toEqual(kept);
  expect(table.snapshot?.summary).toMatchObject({
    "removed-dvs": "1",
    "total-delete-files": "0",
    "total-records": "36",
  });
  await using anew = await openLake(lakeConfig(t.folder));
  expect(await lineage(t, anew)).toEqual(kept);
});

test("manifests of before an upgrade to format v3 get their row ids with the next commit", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", UNPARTITIONED);
  await t.append("a.b", counted(0, 10));
  await t.append("a.b", counted(10, 20));
  await t.lake.evolve("a.b", { formatVersion: 3 });
  const { table } = await t.append("a.b", counted(20, 30));
  const ids = (await lineage(t)).map(([, id]) => Number(id)).toSorted((one, other) => one - other);
  expect(ids).toEqual(Array.from({ length: 30 }, (_, id) => id));
  expect([table.metadata.nextRowId, table.snapshot?.firstRowId, table.snapshot?.addedRows]).toEqual([30n, 0n, 30n]);
});

test("a vector takes in the position deletes of before the upgrade, and the vector after it takes in that one", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", UNPARTITIONED);
  await t.append("a.b", counted(0, 100));
  const remove = (values: readonly number[]) =>
    t.lake.deleteRows("a.b", { run: t.db.run, filter: { column: "n", is: "in", values }, mode: "merge-on-read" });
  await remove([1, 2, 50]);
  await t.lake.evolve("a.b", { formatVersion: 3 });
  await remove([3, 4]);
  const { table } = await remove([99]);
  const gone = new Set([1, 2, 3, 4, 50, 99]);
  const rows = Array.from({ length: 100 }, (_, n) => n).filter((n) => !gone.has(n));
  expect(await t.rows("a.b", "n::INT")).toEqual(rows.map((n) => [n]));
  const { tasks } = await table.scan().plan();
  expect(tasks.map(({ deletes }) => deletes.vector?.file.recordCount)).toEqual([6]);
  expect(table.snapshot?.summary).toMatchObject({ "added-dvs": "1", "removed-dvs": "1" });
});
