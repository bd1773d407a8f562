import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqlite, silentLogger } from "../../base/index.ts";
import { openLake, openSqlCatalog } from "../index.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";
import { Crash, DoomedProcess, forgetful } from "./crash-fixture.ts";
import { JOBS, prepareJob } from "./crash-jobs-fixture.ts";
import { END, landOnce, openDoomed, STEP } from "./crash-landing-fixture.ts";
import { finishJob } from "./finish-job-fixture.ts";
import { KILL_EVERY } from "./killed-process-fixture.ts";

const TABLE = "a.b";
/** Odd, so that deaths before a step and after it take turns; 1 with K2_KILL_EVERY=1. */
const JOB_STEP = Math.min(KILL_EVERY, 7);
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

test.each(JOBS.map((job) => [job.name, job] as const))(
  `%s that dies at every ${JOB_STEP}. step leaves the old or the new table, and done again it is the new one`,
  async (_name, job) => {
    await using t = await TestLake.open();
    let [deaths, seenOld, seenNew] = [0, 0, 0];
    for (let isAlive = false; !isAlive; deaths += 1) {
      const step = 2 + deaths * JOB_STEP;
      const name = `a.dies_at_${step}`;
      await prepareJob(t.lake, t.db.run, job, name);
      const process = new DoomedProcess(step);
      const isDone = await lives(async () => {
        await using doomed = await openDoomed(t.folder, process);
        await job.run(doomed, t.db.run, name);
      });
      isAlive = isDone && !process.isDead; // A removal of orphans goes on after a file that it could not remove.
      if (await finishJob(t, job, name)) seenNew += 1;
      else seenOld += 1;
    }
    expect([deaths > 3, seenOld > 1, seenNew > 0]).toEqual([true, true, true]);
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
