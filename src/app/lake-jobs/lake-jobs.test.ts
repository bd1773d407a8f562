import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Clock, createMetrics, silentLogger, systemClock } from "../../base/index.ts";
import { type Lake, openLake } from "../../lake/index.ts";
import { readConfig } from "../config.ts";
import { JobHistory } from "./job-history.ts";
import { LakeJobs, type LakeJobsOptions } from "./lake-jobs.ts";
import { maintainedTables } from "./maintained-tables.ts";
import type { MaintenanceConfig } from "./maintenance-config.ts";
import { openMaintenanceDuckDb } from "./maintenance-duckdb.ts";
import { MaintenanceBusyError, withMaintenanceLease } from "./maintenance-lease.ts";

const { maintenance: DEFAULTS } = readConfig({ environment: {} }).lake;

interface Scene extends AsyncDisposable {
  readonly lake: Lake;
  readonly history: JobHistory;
  readonly clock: Clock & { nowMs: number };
  readonly options: LakeJobsOptions;
  append(from: number): Promise<void>;
}

/** A lake with one table of one partition a day, on a clock that the test sets. */
async function openScene(config: Partial<MaintenanceConfig> = {}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "k2-jobs-"));
  const clock = {
    ...systemClock,
    nowMs: Date.parse("2024-03-01T23:00:00Z"),
    nowNs: () => BigInt(clock.nowMs) * 1_000_000n,
  };
  const lake = await openLake({
    ...{
      warehouse: join(folder, "lake"),
      catalog: { kind: "sqlite", path: join(folder, "catalog.sqlite") },
      name: "k2",
      clock,
    },
  });
  await lake.createTable("a.b", {
    schema: [
      { id: 1, name: "n", type: "long", required: true },
      { id: 2, name: "at", type: "timestamptz", required: true },
    ],
    partitionSpec: [{ column: "at", transform: "day" }],
    sortOrder: [{ column: "n" }],
    properties: { "k2.maintenance.enabled": "true" },
  });
  const history = await JobHistory.open(join(folder, "jobs.sqlite"));
  const duckDb = await openMaintenanceDuckDb({ spillFolder: join(folder, "rows"), memoryBytes: 1e8, threads: 1 });
  const options: LakeJobsOptions = {
    ...{
      lake,
      history,
      clock,
      config: { ...DEFAULTS, ...config },
      spillFolder: join(folder, "spill"),
      logger: silentLogger,
    },
  };
  return {
    ...{ lake, history, clock, options },
    async append(from) {
      const relation = `SELECT range AS n, TIMESTAMPTZ '2024-03-01 12:00:00+00' AS "at" FROM range(${from}, ${from + 10})`;
      const { files } = await lake.stageFiles(await lake.table("a.b"), { run: duckDb.run, relation });
      await lake.append("a.b", { files });
    },
    async [Symbol.asyncDispose]() {
      await duckDb[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
      await lake[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const forever = new AbortController().signal;
const namesOf = async (history: JobHistory): Promise<readonly string[]> =>
  (await history.recent(100)).map(({ job, outcome }) => `${job} ${outcome}`).toReversed();

/** Waits for nothing: the test runs what is due itself. */
async function started(scene: Scene, more: Partial<LakeJobsOptions> = {}): Promise<LakeJobs> {
  const jobs = new LakeJobs({ ...scene.options, ...more });
  await jobs.run(AbortSignal.abort());
  return jobs;
}

test("every hour small files of today are merged, every night those of yesterday; what was done is kept", async () => {
  await using scene = await openScene();
  const jobs = await started(scene);
  for (let n = 0; n < 9; n += 1) await scene.append(n * 10);
  await jobs.runDue(forever);
  expect(await namesOf(scene.history)).toEqual([]); // Nothing is due before seven past.
  scene.clock.nowMs = Date.parse("2024-03-01T23:07:30Z");
  await jobs.runDue(forever);
  expect(await namesOf(scene.history)).toEqual(["compact-hourly done", "expire done"]);
  expect((await scene.lake.maintenance.health("a.b")).files).toBe(1);
  for (let n = 9; n < 12; n += 1) await scene.append(n * 10);
  scene.clock.nowMs = Date.parse("2024-03-02T00:21:00Z");
  await jobs.runDue(forever);
  expect((await scene.lake.maintenance.health("a.b")).files).toBe(1);
  const [last] = jobs.status().recent.filter(({ job }) => job === "compact-daily");
  expect(last).toMatchObject({ table: "a.b", outcome: "done", startedMs: scene.clock.nowMs });
  expect(last?.detail).toMatch(/^4 files became 1, .* 120 rows in 1 commits$/);
  scene.clock.nowMs += 1_000;
  const before = (await namesOf(scene.history)).length;
  await jobs.runDue(forever);
  expect((await namesOf(scene.history)).length).toBe(before); // Each once.
});

test("a job that was due while K2 was down is made up for, once", async () => {
  await using scene = await openScene();
  const first = await started(scene);
  scene.clock.nowMs = Date.parse("2024-03-01T23:07:30Z");
  await first.runDue(forever);
  scene.clock.nowMs = Date.parse("2024-03-04T10:30:00Z"); // Down for days.
  const second = await started(scene);
  await second.runDue(forever);
  const names = await namesOf(scene.history);
  expect(names.filter((name) => name.startsWith("compact-hourly")).length).toBe(2);
  expect(second.status().recent[0]?.startedMs).toBe(scene.clock.nowMs);
});

test("one process maintains at a time; the other leaves the jobs to it", async () => {
  await using scene = await openScene();
  const jobs = await started(scene);
  scene.clock.nowMs = Date.parse("2024-03-01T23:07:30Z");
  const { leases } = scene.lake;
  const other = await leases?.acquire("lake-maintenance", "elsewhere/1", 60_000);
  await jobs.runDue(forever);
  expect(await namesOf(scene.history)).toEqual([]);
  const lease = { lake: scene.lake, clock: scene.clock, logger: silentLogger, signal: forever };
  await expect(withMaintenanceLease(lease, async () => 1)).rejects.toThrow(MaintenanceBusyError);
  if (other !== undefined) await leases?.release(other);
  expect(await withMaintenanceLease(lease, async () => 1)).toBe(1);
  scene.clock.nowMs += 3_600_000;
  await jobs.runDue(forever);
  expect(await namesOf(scene.history)).toContain("compact-hourly done");
});

test("a job that fails on one table is told of and holds up no other; a stopped one is run again", async () => {
  await using scene = await openScene();
  await scene.lake.createTable("a.c", {
    schema: [{ id: 1, name: "n", type: "long", required: true }],
    properties: { "history.expire.max-snapshot-age-ms": "soon", "k2.maintenance.enabled": "true" },
  });
  const jobs = await started(scene);
  scene.clock.nowMs = Date.parse("2024-03-01T23:07:30Z");
  await jobs.runDue(forever);
  const runs = await scene.history.recent(10);
  expect(runs.find(({ job, table }) => job === "expire" && table === "a.c")).toMatchObject({ outcome: "failed" });
  expect(runs.find(({ job, table }) => job === "expire" && table === "a.b")).toMatchObject({ outcome: "done" });
  scene.clock.nowMs += 3_600_000;
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await expect(jobs.runDue(stop.signal)).rejects.toThrow("stopped");
  await jobs.runDue(forever);
  expect((await scene.history.recent(1))[0]?.startedMs).toBe(scene.clock.nowMs);
});

test("a process that died leaves its run marked, and what is beyond the limits is told and measured", async () => {
  const metrics = createMetrics();
  await using scene = await openScene({ snapshotsMax: 2 });
  await scene.history.begin({ job: "compact-daily", table: "a.b", startedMs: 1 });
  for (let n = 0; n < 3; n += 1) await scene.append(n * 10);
  const jobs = await started(scene, { metrics });
  scene.clock.nowMs = Date.parse("2024-03-01T23:07:30Z");
  await jobs.runDue(forever);
  expect(await namesOf(scene.history)).toContain("compact-daily interrupted");
  expect(jobs.status().alerts).toEqual([
    "a.b has 3 snapshots, more than 2: expire snapshots, or remove tags that pin them",
  ]);
  const text = await metrics.expose();
  expect(text).toContain('k2_lake_snapshots{table="a.b"} 3');
  expect(text).toContain('k2_lake_small_files{table="a.b"} 3');
});

test("only K2's own tables are looked after, and those that ask for it: a catalog may hold others'", async () => {
  await using scene = await openScene();
  const schema = [{ id: 1, name: "n", type: "long", required: true }];
  await scene.lake.createTable("silver.trades", { schema });
  await scene.lake.createTable("silver.gaps", { schema, properties: { "k2.maintenance.enabled": "false" } });
  await scene.lake.createTable("somebody.elses", { schema });
  expect(await maintainedTables(scene.lake)).toEqual(["a.b", "silver.trades"]);
});

test("of the history the newest two thousand runs are kept", async () => {
  await using scene = await openScene();
  for (let n = 0; n < 2_010; n += 1) {
    const id = await scene.history.begin({ job: "expire", table: "a.b", startedMs: n });
    if (n % 500 === 0) await scene.history.finish(id, { finishedMs: n, outcome: "done", detail: "" });
  }
  const runs = await scene.history.recent(5_000);
  expect(runs.length).toBe(2_000);
  expect(runs[0]?.startedMs).toBe(2_009);
});

test("a schedule that is no cron pattern is refused with its name; the environment can switch the upkeep off", () => {
  const wrong = { lake: { maintenance: { daily: "at night" } } };
  expect(() => readConfig({ environment: {}, overrides: wrong })).toThrow(
    /lake\.maintenance\.daily: "at night" is no cron/,
  );
  const { lake } = readConfig({
    environment: { K2_LAKE_MAINTENANCE_ENABLED: "false", K2_LAKE_MAINTENANCE_THREADS: "2" },
  });
  expect(lake.maintenance).toMatchObject({ enabled: false, threads: 2, hourly: "7 * * * *" });
});
