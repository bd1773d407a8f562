import { expect, test } from "vitest";
import { openLake } from "../lake.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";
import { settableClock } from "./settable-clock-fixture.ts";

async function smallFiles(t: TestLake, commits: number, rowsEach = 96): Promise<void> {
  await t.lake.createTable("a.b", COUNTED);
  for (let n = 0; n < commits; n += 1) await t.append("a.b", counted(n * rowsEach, (n + 1) * rowsEach));
}

test("many small files become one sorted file a partition, with the same rows", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 5);
  const before = await t.rows("a.b");
  const report = await t.lake.maintenance.compact("a.b", { run: t.db.run });
  expect(report).toMatchObject({ groups: 4, filesBefore: 20, filesAfter: 4, rows: 480, commits: 1, conflicts: 0 });
  expect(await t.rows("a.b")).toEqual(before);
  const { files } = await (await t.lake.table("a.b")).scan().plan();
  expect(files.length).toBe(4);
  for (const file of files) {
    const [row] = await t.db.rows(
      `SELECT count_if(n < before)::INT FROM (SELECT n, lag(n) OVER () AS before FROM '${file.location.slice(7)}')`,
    );
    expect(row).toEqual([0]);
  }
  const { snapshot } = await t.lake.table("a.b");
  expect(snapshot?.operation).toBe("replace");
  expect(await t.lake.maintenance.compact("a.b", { run: t.db.run })).toMatchObject({ groups: 0, commits: 0 });
});

test("a dry run says what would be done, and does nothing", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 3);
  const { metadataLocation } = await t.lake.table("a.b");
  const report = await t.lake.maintenance.compact("a.b", { run: t.db.run, isDryRun: true });
  expect(report).toMatchObject({ groups: 4, filesBefore: 12, filesAfter: 4, commits: 0 });
  expect((await t.lake.table("a.b")).metadataLocation).toBe(metadataLocation);
});

test("today's partition is merged by tiers and left in peace until it has enough small files", async () => {
  const clock = settableClock(Date.parse("2024-03-02T12:00:00Z"));
  await using t = await TestLake.open({ clock });
  await smallFiles(t, 5);
  const compact = (mode: "hourly" | "daily"): ReturnType<typeof t.lake.maintenance.compact> =>
    t.lake.maintenance.compact("a.b", { run: t.db.run, mode });
  expect(await compact("hourly")).toMatchObject({ groups: 0 });
  expect(await compact("daily")).toMatchObject({ groups: 2, filesBefore: 10, filesAfter: 2 }); // The first of March.
  for (let n = 5; n < 9; n += 1) await t.append("a.b", counted(n * 96, (n + 1) * 96));
  expect(await compact("hourly")).toMatchObject({ groups: 2, filesBefore: 18, filesAfter: 2 });
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[864, 864]]);
});

test("appends while it runs are kept, whichever commits first", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 6);
  await using other = await openLake(lakeConfig(t.folder)); // A process of its own, as far as commits go.
  let [from, isDone] = [600, false];
  const appending = (async () => {
    const table = await other.table("a.b");
    using db = await (await import("../test-duckdb.ts")).TestDuckDb.open();
    while (!isDone || from < 900) {
      const { files } = await other.stageFiles(table, { run: db.run, relation: counted(from, from + 10) });
      await other.append("a.b", { files });
      from += 10;
    }
  })();
  let compacted = 0;
  for (let round = 0; round < 4; round += 1) {
    const report = await t.lake.maintenance.compact("a.b", { run: t.db.run, mode: "all" });
    expect(report.conflicts).toBe(0);
    compacted += report.filesBefore;
  }
  isDone = true;
  await appending;
  expect(compacted).toBeGreaterThan(20);
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT, sum(n)::BIGINT::VARCHAR")).toEqual([
    [576 + from - 600, 576 + from - 600, String((575 * 576) / 2 + ((600 + from - 1) * (from - 600)) / 2)],
  ]);
});

test("two compactions at once: one does the work, the other gives way, no row is doubled", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 6);
  await using other = await openLake(lakeConfig(t.folder));
  using db = await (await import("../test-duckdb.ts")).TestDuckDb.open();
  const reports = await Promise.all([
    t.lake.maintenance.compact("a.b", { run: t.db.run, mode: "all" }),
    other.maintenance.compact("a.b", { run: db.run, mode: "all" }),
  ]);
  expect(reports.reduce((sum, { filesBefore }) => sum + filesBefore, 0)).toBe(24);
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[576, 576]]);
});

test("where DuckDB gives other rows than it read, nothing is committed and no file is left", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 3);
  const { metadataLocation } = await t.lake.table("a.b");
  const run: typeof t.db.run = (sql) =>
    t.db.run(sql.startsWith("COPY") ? sql.replace("SELECT * FROM (", "SELECT * REPLACE (n + 1 AS n) FROM (") : sql);
  await expect(t.lake.maintenance.compact("a.b", { run })).rejects.toThrow(/rows as a whole, column n/);
  expect((await t.lake.table("a.b")).metadataLocation).toBe(metadataLocation);
  const { orphans } = await t.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true });
  expect(orphans).toEqual([]);
});

test("it can be aborted between groups: what was staged is gone and the table as it was", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 3);
  const { metadataLocation } = await t.lake.table("a.b");
  const stop = new AbortController();
  const reason = new Error("enough");
  const compacting = t.lake.maintenance.compact(
    "a.b",
    { run: t.db.run, onProgress: ({ groupsDone }) => groupsDone === 2 && stop.abort(reason) },
    { signal: stop.signal },
  );
  await expect(compacting).rejects.toBe(reason);
  expect((await t.lake.table("a.b")).metadataLocation).toBe(metadataLocation);
  const { orphans } = await t.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true });
  expect(orphans).toEqual([]);
});

test("a file much larger than the target is split, and files are of about the target's size", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
  await t.append("a.b", counted(0, 20_000));
  const [{ byteLength = 0 } = {}] = (await (await t.lake.table("a.b")).scan().plan()).files;
  const report = await t.lake.maintenance.compact("a.b", { run: t.db.run, mode: "all", targetBytes: byteLength / 4 });
  expect(report).toMatchObject({ filesBefore: 1, filesAfter: 4, rows: 20_000 });
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[20_000, 20_000]]);
});

test("the writer's progress goes on untouched, and is known of the compacted snapshot too", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  for (let n = 0; n < 3; n += 1) {
    const progress = {
      writer: "w",
      epoch: 1,
      continuesFrom: n === 0 ? undefined : String(n),
      positions: String(n + 1),
    };
    await t.append("a.b", counted(n * 10, n * 10 + 10), progress);
  }
  await t.lake.maintenance.compact("a.b", { run: t.db.run, mode: "all" });
  const table = await t.lake.table("a.b");
  expect(table.snapshot?.operation).toBe("replace");
  expect(table.progress("w")).toEqual({ epoch: 1, positions: "3" });
  expect(table.snapshot && table.progressAt(table.snapshot)).toEqual({ writer: "w", epoch: 1, positions: "3" });
});

test("deleted rows are gone for good after a compaction, and the delete files with them; other rows keep their place", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 3);
  await t.lake.deleteRows("a.b", {
    run: t.db.run,
    filter: { column: "n", is: "lt", value: 100 },
    mode: "merge-on-read",
  });
  const before = await t.lake.maintenance.health("a.b");
  expect(before.deleteFiles).toBeGreaterThan(0);
  const report = await t.lake.maintenance.compact("a.b", { run: t.db.run });
  expect(report).toMatchObject({ filesAfter: 4, rows: 188 });
  expect(await t.lake.maintenance.health("a.b")).toMatchObject({ rows: 188, deleteFiles: 0, files: 4 });
  expect(await t.rows("a.b", "count(*)::INT, min(n)::INT")).toEqual([[188, 100]]);
});

test("rows deleted while it runs stay deleted: the compaction gives way", async () => {
  await using t = await TestLake.open();
  await smallFiles(t, 3);
  let isDeleted = false;
  const run: typeof t.db.run = async (sql) => {
    const rows = await t.db.run(sql);
    if (sql.startsWith("COPY") && !isDeleted) {
      isDeleted = true;
      await t.lake.deleteRows("a.b", {
        run: t.db.run,
        filter: { column: "n", is: "eq", value: 0 },
        mode: "merge-on-read",
      });
    }
    return rows;
  };
  const report = await t.lake.maintenance.compact("a.b", { run });
  expect(report).toMatchObject({ groups: 3, conflicts: 1 });
  expect(await t.rows("a.b", "count(*)::INT, min(n)::INT")).toEqual([[287, 1]]);
});

test("rows of a table of format v3 keep their ids", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, formatVersion: 3 });
  for (let n = 0; n < 3; n += 1) await t.append("a.b", counted(n * 96, n * 96 + 96));
  const ids = async (): Promise<unknown> => {
    using scan = (await t.lake.table("a.b")).scan({ columns: ["n", "_row_id", "_last_updated_sequence_number"] });
    return t.db.rows(`SELECT * FROM ${await scan.sql()} ORDER BY n`);
  };
  const before = await ids();
  await t.lake.maintenance.compact("a.b", { run: t.db.run });
  expect((await t.lake.maintenance.health("a.b")).files).toBe(4);
  expect(await ids()).toEqual(before);
});

test("a snapshot that is being compacted stays with its files, whatever expires meanwhile", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
  for (let from = 0; from < 20; from += 10) await t.append("a.b", counted(from, from + 10));
  let isReplaced = false;
  const run: typeof t.db.run = async (sql) => {
    if (!isReplaced && sql.includes("read_parquet")) {
      isReplaced = true;
      const { files } = await t.lake.stageFiles(await t.lake.table("a.b"), { run: t.db.run, relation: counted(0, 5) });
      await t.lake.overwrite("a.b", { filter: { column: "n", is: "ge", value: 0 }, add: files });
      await t.lake.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000 });
    }
    return t.db.run(sql);
  };
  const { conflicts, commits } = await t.lake.maintenance.compact("a.b", { run, mode: "all" });
  expect([isReplaced, conflicts, commits]).toEqual([true, 1, 0]);
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[5]]);
  await t.lake.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000 });
  expect((await t.lake.table("a.b")).metadata.snapshots).toHaveLength(1); // Nothing holds it any more.
});
