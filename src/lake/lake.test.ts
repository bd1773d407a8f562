import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Clock } from "../base/index.ts";
import { createMetrics, systemClock } from "../base/index.ts";
import {
  FileAlreadyLiveError,
  LakeExistsError,
  LakeNotFoundError,
  openLake,
  ProgressMismatchError,
  WriterFencedError,
} from "./index.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "./test-lake.ts";

function progress(writer: string, epoch: number, continuesFrom: string | undefined, positions: string) {
  return { writer, epoch, continuesFrom, positions };
}

/** A clock whose wall time the test sets. */
function settableClock(startMs: number): Clock & { nowMs: number } {
  const clock = { ...systemClock, nowMs: startMs, nowNs: () => BigInt(clock.nowMs) * 1_000_000n };
  return clock;
}

test("tables are made once, listed by namespace, and forgotten on demand", async () => {
  await using t = await TestLake.open();
  const made = await t.lake.createTable("silver.trades", COUNTED);
  await t.lake.createTable("gold.bars", COUNTED);
  await expect(t.lake.createTable("silver.trades", COUNTED)).rejects.toThrow(LakeExistsError);
  const again = await t.lake.ensureTable("silver.trades", COUNTED);
  expect(again.metadata.tableUuid).toBe(made.metadata.tableUuid);
  expect(await t.lake.listTables()).toEqual(["gold.bars", "silver.trades"]);
  expect(await t.lake.listTables("silver")).toEqual(["silver.trades"]);
  expect(await t.lake.listNamespaces()).toEqual(["gold", "silver"]);
  await expect(t.lake.dropNamespace("silver")).rejects.toThrow(LakeExistsError);
  expect(await t.lake.dropTable("silver.trades")).toBe(true);
  expect(await t.lake.dropTable("silver.trades")).toBe(false);
  expect(await t.lake.dropNamespace("silver")).toBe(true);
  await expect(t.lake.table("silver.trades")).rejects.toThrow(LakeNotFoundError);
  await expect(t.lake.table("../etc.passwd")).rejects.toThrow(/Cannot use the name/);
});

test("committed rows, types and progress are there after the lake is opened anew", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 100), progress("land", 1, undefined, "0:100"));
  await using other = await openLake(lakeConfig(t.folder));
  const table = await other.table("a.b");
  expect(table.progress("land")).toEqual({ epoch: 1, positions: "0:100" });
  expect(table.progress("another")).toBeUndefined();
  const sql = await table.scan().sql();
  expect(await t.db.rows(`SELECT count(*)::INT, sum(n)::INT, count(DISTINCT n)::INT FROM ${sql}`)).toEqual([
    [100, 4950, 100],
  ]);
  expect(await t.db.types(`SELECT * FROM ${sql}`)).toEqual(["BIGINT", "VARCHAR", "TIMESTAMP WITH TIME ZONE"]);
});

test("a table without rows scans as an empty relation of its columns", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.b", COUNTED);
  const sql = await table.scan({ columns: ["at", "n"] }).sql();
  expect(await t.db.rows(`SELECT * FROM ${sql}`)).toEqual([]);
  expect(await t.db.types(`SELECT * FROM ${sql}`)).toEqual(["TIMESTAMP WITH TIME ZONE", "BIGINT"]);
  expect(table.snapshot).toBeUndefined();
  expect(table.history()).toEqual([]);
});

test("a snapshot says which rows it added, by whom and up to where", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 100), progress("land", 3, undefined, "x:100"));
  const { table, snapshotId } = await t.append("a.b", counted(100, 110), progress("land", 3, "x:100", "x:110"));
  const { snapshot } = table;
  expect(snapshot?.snapshotId).toBe(snapshotId);
  expect(snapshot?.operation).toBe("append");
  expect(snapshot?.summary).toMatchObject({
    "added-records": "10",
    "total-records": "110",
    "added-data-files": "2",
    "total-data-files": "6",
    "changed-partition-count": "2",
    "k2.writer": "land",
    "k2.epoch": "3",
    "k2.positions": "x:110",
  });
  expect(snapshot && table.progressAt(snapshot)).toEqual({ writer: "land", epoch: 3, positions: "x:110" });
  expect(snapshot?.sequenceNumber).toBe(2);
  expect((snapshot?.snapshotId ?? 0n) > 0n && (snapshot?.snapshotId ?? 0n) < 2n ** 63n).toBe(true);
});

test("an older epoch is fenced off, and a commit that does not continue from the table is refused", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 10), progress("land", 2, undefined, "10"));
  await expect(t.append("a.b", counted(10, 20), progress("land", 1, "10", "20"))).rejects.toThrow(WriterFencedError);
  await expect(t.append("a.b", counted(0, 10), progress("land", 2, undefined, "10"))).rejects.toThrow(
    ProgressMismatchError,
  );
  await expect(t.append("a.b", counted(30, 40), progress("land", 2, "30", "40"))).rejects.toThrow(
    ProgressMismatchError,
  );
  await t.append("a.b", counted(10, 20), progress("land", 2, "10", "20"));
  await t.append("a.b", counted(100, 110), progress("backfill", 1, undefined, "b")); // Another writer has its own place.
  expect(await t.rows("a.b", "count(*)::INT, sum(n)::INT")).toEqual([[30, 190 + 1045]]);
});

test("claiming a writer raises its epoch, keeps its positions and fences the process before", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  expect(await t.lake.claimWriter("a.b", "land", "0")).toEqual({ epoch: 1, positions: "0" });
  await t.append("a.b", counted(0, 10), progress("land", 1, "0", "10"));
  expect(await t.lake.claimWriter("a.b", "land", "0")).toEqual({ epoch: 2, positions: "10" });
  await expect(t.append("a.b", counted(10, 20), progress("land", 1, "10", "20"))).rejects.toThrow(WriterFencedError);
  await t.append("a.b", counted(10, 20), progress("land", 2, "10", "20"));
});

test("progress alone makes no snapshot but moves on", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  const first = await t.lake.append("a.b", { files: [], progress: progress("land", 1, undefined, "5") });
  expect([first.snapshotId, first.table.snapshot]).toEqual([undefined, undefined]);
  expect(first.table.progress("land")).toEqual({ epoch: 1, positions: "5" });
  await expect(t.lake.append("a.b", { files: [] })).rejects.toThrow(/no files, no progress/);
});

test("the same file is never in a table twice", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.b", COUNTED);
  const { files } = await t.lake.stageFiles(table, { run: t.db.run, relation: counted(0, 10) });
  await t.lake.append("a.b", { files });
  await expect(t.lake.append("a.b", { files })).rejects.toThrow(FileAlreadyLiveError);
  await expect(t.lake.append("a.b", { files: [...files, ...files] })).rejects.toThrow(/given twice/);
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[10]]);
});

test("a commit to two tables is in both or, where one refuses, in neither", async () => {
  await using t = await TestLake.open();
  for (const name of ["a.one", "a.two"]) await t.lake.createTable(name, COUNTED);
  const stage = async (name: string, from: number): Promise<Awaited<ReturnType<typeof t.lake.stageFiles>>["files"]> =>
    (await t.lake.stageFiles(await t.lake.table(name), { run: t.db.run, relation: counted(from, from + 10) })).files;
  const results = await t.lake.commitAll([
    { table: "a.one", files: await stage("a.one", 0), progress: progress("w", 1, undefined, "10") },
    { table: "a.two", files: await stage("a.two", 0), progress: progress("w", 1, undefined, "10") },
  ]);
  expect(results.map(({ table }) => table.progress("w")?.positions)).toEqual(["10", "10"]);
  const refused = t.lake.commitAll([
    { table: "a.one", files: await stage("a.one", 10), progress: progress("w", 1, "10", "20") },
    { table: "a.two", files: await stage("a.two", 10), progress: progress("w", 1, "9", "20") },
  ]);
  await expect(refused).rejects.toThrow(ProgressMismatchError);
  expect(await t.rows("a.one", "count(*)::INT")).toEqual([[10]]);
  expect(await t.rows("a.two", "count(*)::INT")).toEqual([[10]]);
});

test("concurrent commits within one process all take effect, and leave no file of a lost attempt", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await using other = await openLake(lakeConfig(t.folder)); // Its own locks: the two really race.
  const table = await t.lake.table("a.b");
  const staged = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      t.lake.stageFiles(table, { run: t.db.run, relation: counted(index * 10, index * 10 + 10) }),
    ),
  );
  await Promise.all(staged.map(({ files }, index) => (index % 2 === 0 ? t.lake : other).append("a.b", { files })));
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[120, 120]]);
  const now = await t.lake.table("a.b");
  expect(now.metadata.snapshots.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
    staged.map((_, index) => index + 1),
  );
  const lists = (await readdir(join(t.folder, "warehouse/a/b/metadata"))).filter((name) => name.startsWith("snap-"));
  expect(lists.length).toBe(12);
});

test("time travel: by snapshot, by time, by tag; the history says when each was current", async () => {
  const clock = settableClock(1_700_000_000_000);
  await using t = await TestLake.open({ clock });
  await t.lake.createTable("a.b", COUNTED);
  clock.nowMs += 1_000;
  const first = await t.append("a.b", counted(0, 10));
  clock.nowMs += 1_000;
  const second = await t.append("a.b", counted(10, 15));
  clock.nowMs -= 60_000; // A wall clock set back does not put the third before the second.
  const third = await t.append("a.b", counted(15, 17));
  const { table } = third;
  const count = async (options: Parameters<typeof table.scan>[0]): Promise<unknown> =>
    (await t.db.rows(`SELECT count(*)::INT FROM ${await table.scan(options).sql()}`))[0]?.[0];
  expect(await count({ snapshotId: first.snapshotId ?? 0n })).toBe(10);
  expect(await count({ snapshotId: second.snapshotId ?? 0n })).toBe(15);
  expect(await count({ asOfMs: 1_700_000_001_999 })).toBe(10);
  expect(await count({ asOfMs: 1_700_000_002_000 })).toBe(17);
  expect(await count({ ref: "main" })).toBe(17);
  expect(() => table.scan({ asOfMs: 1_700_000_000_999 })).toThrow(/history begins at 2023-11-14T22:13:21.000Z/);
  expect(() => table.scan({ ref: "audit" })).toThrow(LakeNotFoundError);
  expect(() => table.scan({ snapshotId: 5n })).toThrow(/no snapshot 5/);
  expect(table.history().map(({ timestampMs, isAncestorOfCurrent }) => [timestampMs, isAncestorOfCurrent])).toEqual([
    [1_700_000_001_000, true],
    [1_700_000_002_000, true],
    [1_700_000_002_000, true],
  ]);
});

test("expiry removes old snapshots and their files, and keeps rows and progress", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "commit.manifest.min-count-to-merge": "3" } });
  for (let n = 0; n < 80; n += 10) {
    await t.append("a.b", counted(n, n + 10), progress("w", 1, n === 0 ? undefined : String(n), String(n + 10)));
  }
  const folder = join(t.folder, "warehouse/a/b/metadata");
  const before = (await readdir(folder)).length;
  const result = await t.lake.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000, keepAtLeast: 2 });
  expect(result.snapshots).toBe(6);
  expect((await readdir(folder)).length).toBe(before - result.filesRemoved + 1); // And one metadata file more.
  const table = await t.lake.table("a.b");
  expect(table.metadata.snapshots.length).toBe(2);
  expect(table.progress("w")).toEqual({ epoch: 1, positions: "80" });
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[80, 80]]);
  for (const { snapshotId } of table.metadata.snapshots) await table.scan({ snapshotId }).plan();
  await t.append("a.b", counted(80, 90), progress("w", 1, "80", "90"));
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[90]]);
});

test("manifests are merged, so that a plan reads few however many commits there were", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "commit.manifest.min-count-to-merge": "4" } });
  const counts: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const { table } = await t.append("a.b", counted(n, n + 1));
    counts.push((await table.scan().plan()).counts.manifests);
  }
  expect(Math.max(...counts)).toBeLessThanOrEqual(13);
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[40, 40]]);
  await using anew = await openLake(lakeConfig(t.folder));
  expect((await (await anew.table("a.b")).scan().plan()).counts.rowsPlanned).toBe(40);
});

test("old metadata files are removed once the log has forgotten them", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "write.metadata.previous-versions-max": "5" } });
  for (let n = 0; n < 12; n += 1) {
    await t.lake.append("a.b", { files: [], properties: { turn: String(n) } });
  }
  const table = await t.lake.table("a.b");
  const files = (await readdir(join(t.folder, "warehouse/a/b/metadata"))).toSorted();
  expect(files.length).toBe(6);
  expect(table.metadata.metadataLog.map(({ metadataFile }) => metadataFile.split("/").at(-1))).toEqual(
    files.slice(0, 5),
  );
  expect(table.metadataLocation.split("/").at(-1)).toMatch(/^00012-/);
});

test("commits and staged rows are counted", async () => {
  const metrics = createMetrics();
  await using t = await TestLake.open({ metrics });
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 10));
  const text = await metrics.expose();
  expect(text).toContain('k2_lake_commits_total{table="a.b",outcome="committed"} 1');
  expect(text).toContain('k2_lake_staged_rows_total{table="a.b"} 10');
});

test("an aborted commit leaves the table as it was", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.b", COUNTED);
  const { files } = await t.lake.stageFiles(table, { run: t.db.run, relation: counted(0, 10) });
  const reason = new Error("enough");
  await expect(t.lake.append("a.b", { files }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[0]]);
});
