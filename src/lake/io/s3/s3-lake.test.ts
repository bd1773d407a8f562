import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createMetrics, K2Error, seededRandom } from "../../../base/index.ts";
import { type Lake, openLake } from "../../index.ts";
import { TestDuckDb } from "../../test-duckdb.ts";
import { COUNTED, counted } from "../../test-lake.ts";
import { s3LakeConfig } from "./test-s3-lake.ts";
import { type S3Fault, TestS3Server } from "./test-s3-server.ts";

const WRITER = fileURLToPath(new URL("./s3-writer-fixture.ts", import.meta.url));
/** The long run: K2_S3_WRITERS=8 K2_S3_APPENDS=200. */
const WRITERS = Number(process.env["K2_S3_WRITERS"] ?? 4);
const APPENDS = Number(process.env["K2_S3_APPENDS"] ?? 5);
const LONGEST_MS = 120_000 + WRITERS * APPENDS * 2_000;

class S3Lake implements AsyncDisposable {
  readonly server: TestS3Server;
  readonly folder: string;
  readonly lake: Lake;
  readonly db: TestDuckDb;

  private constructor(server: TestS3Server, folder: string, lake: Lake, db: TestDuckDb) {
    this.server = server;
    this.folder = folder;
    this.lake = lake;
    this.db = db;
  }

  static async open(): Promise<S3Lake> {
    const server = await TestS3Server.start({ pageMax: 50 });
    const folder = await mkdtemp(join(tmpdir(), "k2-s3-lake-"));
    return new S3Lake(server, folder, await openLake(s3LakeConfig(folder, server)), await TestDuckDb.open());
  }

  async rows(columns: string, table = "a.b"): Promise<readonly (readonly unknown[])[]> {
    using scan = (await this.lake.table(table)).scan();
    return this.db.rows(`SELECT ${columns} FROM ${await scan.sql()}`);
  }

  async append(from: number, to: number): Promise<void> {
    const table = await this.lake.table("a.b");
    const { files } = await this.lake.stageFiles(table, { run: this.db.run, relation: counted(from, to) });
    await this.lake.append("a.b", { files });
  }

  /** Everything that nothing refers to goes; what is left is what the table needs. */
  async cleanUp(): Promise<void> {
    await this.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true, isRemoving: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lake[Symbol.asyncDispose]();
    this.db[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

test("a whole lake on S3: created, staged, committed, scanned, compacted, expired", async () => {
  await using t = await S3Lake.open();
  const table = await t.lake.createTable("a.b", COUNTED);
  expect(table.metadata.location).toBe("s3://lake/warehouse/a/b");
  for (let from = 0; from < 100; from += 20) await t.append(from, from + 20);
  expect(await t.rows("count(*)::INT, count(DISTINCT n)::INT, sum(n)::INT")).toEqual([[100, 100, 4950]]);
  await using anew = await openLake(s3LakeConfig(t.folder, t.server, join(t.folder, "cold")));
  t.server.requests.length = 0;
  using scan = (await anew.table("a.b")).scan({ filter: { column: "kind", is: "eq", value: "odd" } });
  expect(await t.db.rows(`SELECT count(*)::INT FROM ${await scan.sql()}`)).toEqual([[50]]);
  const dataFiles = t.server.requests.filter((request) => request.endsWith(".parquet"));
  expect(dataFiles.length).toBeGreaterThan(0);
  expect(dataFiles.every((request) => request.includes("kind=odd"))).toBe(true);
  using again = (await anew.table("a.b")).scan({ filter: { column: "kind", is: "eq", value: "odd" } });
  t.server.requests.length = 0;
  await again.sql();
  expect(t.server.requests).toEqual([]);
  await t.lake.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000 });
  expect((await t.lake.table("a.b")).metadata.snapshots.length).toBe(1);
  expect(await t.rows("count(*)::INT, sum(n)::INT")).toEqual([[100, 4950]]);
});

test(
  "with 30 % of requests failing, processes append every row exactly once, and clean-up leaves no orphan",
  async () => {
    await using t = await S3Lake.open();
    await t.lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
    t.server.failAtRandom(seededRandom(2026), 0.3);
    const rowsEach = APPENDS * 10;
    const writers = Array.from({ length: WRITERS }, (_, index) => index * 1_000_000).map((from) => {
      const args = [WRITER, t.folder, t.server.url, from, from + rowsEach, 10].map(String);
      return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    });
    const ends = await Promise.all(
      writers.map(async (child) => {
        let errors = "";
        child.stderr.on("data", (chunk) => (errors += String(chunk)));
        child.stdout.resume();
        const [code] = await once(child, "close");
        return { code, errors };
      }),
    );
    expect(ends).toEqual(ends.map(() => ({ code: 0, errors: expect.any(String) })));
    expect(t.server.faultsMade).toBeGreaterThan(WRITERS * APPENDS);
    t.server.heal();
    const all = WRITERS * rowsEach;
    expect(await t.rows("count(*)::INT, count(DISTINCT n)::INT")).toEqual([[all, all]]);
    const { metadata } = await t.lake.table("a.b");
    expect(metadata.lastSequenceNumber).toBe(WRITERS * APPENDS);
    await t.cleanUp();
    const left = await t.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true });
    expect([left.orphans, t.server.uploads.size]).toEqual([[], 0]);
    expect(t.server.objects.size).toBe(left.filesReachable);
    expect(await t.rows("count(*)::INT, count(DISTINCT n)::INT")).toEqual([[all, all]]);
  },
  LONGEST_MS,
);

const KINDS: readonly (readonly [string, readonly S3Fault[]])[] = [
  ["errors of the server", ["error", "slow-down"]],
  ["answers lost after all was done", ["hang-after", "cut-after", "error-after"]],
  ["bodies torn and connections cut", ["torn", "cut"]],
];

test.each(KINDS)(
  "with %s at 40 % of requests, what deletes, replaces and compacts takes effect once or not at all",
  async (_name, faults) => {
    await using t = await S3Lake.open();
    await t.lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
    for (let from = 0; from < 60; from += 10) await t.append(from, from + 10);
    const { run } = t.db;
    const jobs: readonly (() => Promise<unknown>)[] = [
      () => t.lake.deleteRows("a.b", { run, filter: { column: "n", is: "lt", value: 5 }, mode: "merge-on-read" }),
      async () => {
        const { files } = await t.lake.stageFiles(await t.lake.table("a.b"), { run, relation: counted(100, 105) });
        await t.lake.deleteRows("a.b", { run, filter: { column: "n", is: "eq", value: 59 }, add: files });
      },
      () => t.lake.maintenance.compact("a.b", { run, mode: "all" }),
      () => t.lake.deleteRows("a.b", { run, filter: { column: "n", is: "eq", value: 50 }, mode: "copy-on-write" }),
      () => t.append(200, 210),
      () => t.lake.rewriteManifests("a.b"),
    ];
    t.server.failAtRandom(seededRandom(2026), 0.4, faults);
    let failures = 0;
    for (const job of jobs) failures += await untilDone(t, job);
    expect(t.server.faultsMade).toBeGreaterThan(15);
    t.server.heal();
    const expected = [[5 + 53 + 10, 5 + 53 + 10, 1770 - 10 - 59 - 50 + 510 + 2045]];
    const tally = "count(*)::INT, count(DISTINCT n)::INT, sum(n)::INT";
    expect(await t.rows(tally)).toEqual(expected);
    const { metadata } = await t.lake.table("a.b");
    expect(metadata.lastSequenceNumber).toBe(6 + jobs.length); // Each job once, whatever it was told meanwhile.
    expect(failures).toBeLessThan(100);
    await t.lake.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000 });
    await t.cleanUp();
    const left = await t.lake.maintenance.orphans("a.b", { graceMs: -60_000, force: true });
    expect([left.orphans, t.server.uploads.size]).toEqual([[], 0]);
    expect(t.server.objects.size).toBe(left.filesReachable);
    expect((await t.lake.maintenance.check("a.b", { deep: { run } })).problems).toEqual([]);
    expect(await t.rows(tally)).toEqual(expected);
  },
  120_000,
);

/** A job that fails has changed nothing, and is done again. @returns how often it failed */
async function untilDone(t: S3Lake, job: () => Promise<unknown>): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    const before = (await settled(() => t.lake.table("a.b"))).snapshot?.snapshotId;
    try {
      await job();
      return failures;
    } catch (error) {
      if (!(error instanceof K2Error) || failures > 100) throw error;
      expect((await settled(() => t.lake.table("a.b"))).snapshot?.snapshotId).toBe(before);
    }
  }
}

async function settled<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof K2Error) || tries > 100) throw error;
    }
  }
}

test("requests, cached files and their bytes are counted", async () => {
  await using t = await S3Lake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append(0, 4);
  const metrics = createMetrics();
  const { storage, ...config } = s3LakeConfig(t.folder, t.server, join(t.folder, "counted"));
  if (storage === undefined) throw new Error("no storage");
  const s3 = { ...storage.s3, silenceMsMax: 30_000 }; // On a busy machine nothing but the planned fault is to be tried again.
  await using anew = await openLake({ ...config, storage: { ...storage, s3 }, metrics });
  t.server.failNext("error", ".parquet");
  for (let turn = 0; turn < 2; turn += 1) {
    using scan = (await anew.table("a.b")).scan();
    await scan.sql();
  }
  const text = await metrics.expose();
  expect(text).toMatch(/k2_lake_storage_requests_total\{operation="GET",outcome="answered"\} \d/);
  expect(text).toContain('k2_lake_storage_requests_total{operation="GET",outcome="retried"} 1');
  expect(text).toContain('k2_lake_cache_files_total{outcome="fetched"} 2');
  expect(text).toContain('k2_lake_cache_files_total{outcome="hit"} 2');
  expect(text).toMatch(/k2_lake_cache_bytes [1-9]/);
});

test("a lake whose store is away says so and commits nothing", async () => {
  await using t = await S3Lake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append(0, 10);
  t.server.failAtRandom(seededRandom(1), 1, ["error", "cut"]);
  await expect(t.append(10, 20)).rejects.toBeInstanceOf(K2Error);
  t.server.heal();
  expect(await t.rows("count(*)::INT")).toEqual([[10]]);
  await t.append(10, 20);
  expect(await t.rows("count(*)::INT")).toEqual([[20]]);
});

test("an object store without storage settings is refused, saying what to give", async () => {
  const config = s3LakeConfig("/tmp", { url: "http://127.0.0.1:1" });
  await expect(openLake({ ...config, storage: undefined })).rejects.toThrow(/`storage`.*cacheFolder/);
  await expect(openLake({ ...config, warehouse: "relative/path" })).rejects.toThrow(/s3:\/\/bucket\/prefix/);
});
