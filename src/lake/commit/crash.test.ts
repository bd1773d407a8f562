import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqlite, silentLogger } from "../../base/index.ts";
import { type Lake, openLake, openSqlCatalog } from "../index.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";
import { Crash, DoomedProcess, forgetful } from "./crash-fixture.ts";
import { END, landOnce, openDoomed, STEP } from "./crash-landing-fixture.ts";

const TABLE = "a.b";
/** Rows and distinct rows, counted from 0 without a hole when the two and the highest agree. */
const SEEN = "count(*)::INT, CASE WHEN count(DISTINCT n) = coalesce(max(n) + 1, 0) THEN count(DISTINCT n)::INT END";

test("a process that dies at any step of staging or committing leaves the old or the new table, and a restart lands every row once", async () => {
  await using t = await TestLake.open();
  const input = {
    schema: COUNTED.schema,
    sortOrder: COUNTED.sortOrder,
    properties: { "commit.manifest.min-count-to-merge": "2" }, // Merging is one of the steps.
  };
  let deaths = 0;
  for (let isAlive = false; !isAlive; ) {
    const name = `a.dies_at_${deaths + 2}`;
    await t.lake.createTable(name, input);
    isAlive = !(await dies(t, name, new DoomedProcess(deaths + 2)));
    if (!isAlive) deaths += 1;

    // Seen by a process that starts now: rows and progress agree, whichever side of a commit the death was on.
    await using restarted = await openLake(lakeConfig(t.folder));
    const landed = Number((await restarted.table(name)).progress("land")?.positions ?? 0);
    expect(landed % STEP).toBe(0);
    expect(await t.rows(name, SEEN)).toEqual([[landed, landed]]);
    await landOnce(restarted, t.db.run, END, name);
    expect(await t.rows(name, SEEN)).toEqual([[END, END]]);
  }
  expect(deaths).toBeGreaterThan(100);
}, 300_000);

/** What a job does to a table of sixty rows in two files, and what is to be seen of it afterwards. */
interface Job {
  readonly name: string;
  /** Rows before and after, as {@link TALLY} tells. */
  readonly before: readonly unknown[];
  readonly after: readonly unknown[];
  run(lake: Lake, t: TestLake, name: string): Promise<unknown>;
  isDone(lake: Lake, name: string): Promise<boolean>;
}

const TALLY = "count(*)::INT, count(DISTINCT n)::INT, sum(n)::INT";
const SIXTY = [60, 60, 1770] as const;

async function compact(lake: Lake, t: TestLake, name: string): Promise<void> {
  const table = await lake.table(name);
  const { files } = await table.scan().plan();
  if (table.snapshot === undefined || files.length === 1) return;
  const relation = `SELECT * FROM ${await table.scan().sql()}`;
  const staged = await lake.stageFiles(table, { run: t.db.run, relation });
  const startingSnapshotId = table.snapshot.snapshotId;
  await lake.rewriteFiles(name, { remove: files, add: staged.files, startingSnapshotId });
}

const DELETED = { column: "n", is: "ge", value: 55 } as const;
const JOBS: readonly Job[] = [
  {
    name: "a compaction",
    before: SIXTY,
    after: SIXTY,
    run: compact,
    isDone: async (lake, name) => (await (await lake.table(name)).scan().plan()).files.length === 1,
  },
  {
    name: "a row delta: position deletes with rows in their place",
    before: SIXTY,
    after: [60, 60, 1770 + 5 * 1000],
    run: async (lake, t, name) => {
      const table = await lake.table(name);
      const { files } = await lake.stageFiles(table, { run: t.db.run, relation: counted(1055, 1060) });
      await lake.deleteRows(name, { run: t.db.run, filter: { and: [DELETED, BELOW] }, add: files });
    },
    isDone: async (lake, name) => (await lake.table(name)).snapshot?.operation === "overwrite",
  },
  {
    name: "a delete that copies the rows that stay",
    before: SIXTY,
    after: [55, 55, 1770 - 285],
    run: (lake, t, name) => lake.deleteRows(name, { run: t.db.run, filter: DELETED, mode: "copy-on-write" }),
    isDone: async (lake, name) => (await lake.table(name)).snapshot?.summary["total-records"] === "55",
  },
  {
    name: "an expiry of snapshots",
    before: SIXTY,
    after: SIXTY,
    run: (lake, _t, name) => lake.expireSnapshots(name, { olderThanMs: Date.now() + 60_000 }),
    isDone: async (lake, name) => (await lake.table(name)).metadata.snapshots.length === 1,
  },
];
const BELOW = { column: "n", is: "lt", value: 60 } as const;

test.each(JOBS.map((job) => [job.name, job] as const))(
  "%s that dies at any step leaves the old or the new table, and done again it is the new one",
  async (_name, job) => {
    await using t = await TestLake.open();
    const { schema, sortOrder } = COUNTED;
    const base = await t.lake.createTable("a.base", { schema, sortOrder });
    const staged = [counted(0, 30), counted(30, 60)].map((relation) =>
      t.lake.stageFiles(base, { run: t.db.run, relation }),
    );
    const parts = await Promise.all(staged);
    let [deaths, seenOld, seenNew] = [0, 0, 0];
    for (let isAlive = false; !isAlive; deaths += 1) {
      const name = `a.dies_at_${deaths}`;
      await t.lake.createTable(name, { schema, sortOrder });
      for (const { files } of parts) await t.lake.append(name, { files }); // Files of one content serve many tables.
      isAlive = await lives(async () => {
        await using doomed = await openDoomed(t.folder, new DoomedProcess(deaths + 2));
        await job.run(doomed, t, name);
      });
      await using restarted = await openLake(lakeConfig(t.folder));
      const isDone = await job.isDone(restarted, name);
      expect(await t.rows(name, TALLY)).toEqual([isDone ? job.after : job.before]);
      if (isDone) seenNew += 1;
      else seenOld += 1;
      if (!isDone) await job.run(restarted, t, name);
      expect(await job.isDone(restarted, name)).toBe(true);
      expect(await t.rows(name, TALLY)).toEqual([job.after]);
    }
    expect([deaths > 10, seenOld > 5, seenNew > 0]).toEqual([true, true, true]);
  },
  300_000,
);

/** False when the process died of it. */
async function lives(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      if (cause instanceof Crash) return false;
    throw error;
  }
}

/** Lands up to the end; false when the process lived to see it. */
async function dies(t: TestLake, name: string, process: DoomedProcess): Promise<boolean> {
  try {
    await using lake = await openDoomed(t.folder, process);
    await landOnce(lake, t.db.run, END, name);
    return false;
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      if (cause instanceof Crash) return true;
    throw error;
  }
}

test.each(["after", "before"] as const)(
  "a commit whose answer is lost %s the swap takes effect exactly once",
  async (when) => {
    await using t = await TestLake.open();
    await t.lake.createTable(TABLE, COUNTED);
    const config = lakeConfig(t.folder);
    const dialect = openSqlite(join(t.folder, "catalog.sqlite"));
    await using lake = await openLake({
      ...config,
      catalog: {
        kind: "custom",
        catalog: async (metadata) =>
          forgetful(await openSqlCatalog({ dialect, name: config.name, metadata, logger: silentLogger }), (call) =>
            call % 2 === 0 ? when : undefined,
          ),
      },
    });
    await landOnce(lake, t.db.run, 5 * STEP, TABLE);
    const table = await t.lake.table(TABLE);
    expect(await t.rows(TABLE, "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[50, 50]]);
    expect(table.metadata.snapshots.length).toBe(5);
    expect(table.progress("land")).toEqual({ epoch: 1, positions: "50" });
  },
);

test("a full disk in the middle of staging leaves no file behind, and the lake goes on", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable(TABLE, COUNTED);
  await t.append(TABLE, counted(0, 10));
  const process = new DoomedProcess(Number.POSITIVE_INFINITY);
  let renames = 0;
  await using lake = await openLake({
    ...lakeConfig(t.folder),
    files: {
      ...process.files,
      rename: async (from, to) => {
        renames += 1;
        if (renames === 2) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
        await process.files.rename(from, to);
      },
    },
  });
  const before = await dataFiles(t.folder);
  const table = await lake.table(TABLE);
  const staging = lake.stageFiles(table, { run: t.db.run, relation: counted(10, 50) });
  await expect(staging).rejects.toThrow("no space left");
  expect(await dataFiles(t.folder)).toEqual(before);
  const { files } = await lake.stageFiles(table, { run: t.db.run, relation: counted(10, 50) });
  await lake.append(TABLE, { files });
  expect(await t.rows(TABLE, "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[50, 50]]);
});

async function dataFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, "warehouse/a/b/data"), { recursive: true });
  return names.filter((name) => !/=[^/]*$/.test(name)).toSorted();
}
