import { execFile } from "node:child_process";
import { readdirSync, truncateSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "../../app/data-folder.ts";
import { openMaintenanceDuckDb } from "../../app/lake-jobs/maintenance-duckdb.ts";
import { openLakeTables } from "../../app/lake-tables.ts";
import { describeError, silentLogger, systemClock } from "../../base/index.ts";
import { addLake } from "./lake.ts";

/** Commands as a user runs them, on a data folder with three commits of quarantined frames. */

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const TABLE = "silver.quarantine";

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

let data = "";

/** A process of its own, as a user starts it. */
function spawned(...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const all = [MAIN, "lake", ...args, "--data", data];
    execFile(process.execPath, all, { cwd: data, env: { PATH: process.env["PATH"] } }, (failure, out, error) =>
      resolve({ code: typeof failure?.code === "number" ? failure.code : failure === null ? 0 : -1, out, error }),
    );
  });
}

/** The same command in this process, which is ten times as fast: what it prints is caught, what it leaves is taken back. */
async function k2(...args: readonly string[]): Promise<Answer> {
  const program = new Command("k2").exitOverride();
  addLake(program);
  const [out, error]: [string[], string[]] = [[], []];
  const writes = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  const listeners = process.listeners("SIGINT").length;
  process.stdout.write = (text: unknown) => out.push(String(text)) > 0;
  process.stderr.write = (text: unknown) => error.push(String(text)) > 0;
  try {
    await program.parseAsync(["lake", ...args, "--data", data], { from: "user" });
  } catch (failure) {
    process.exitCode = 1;
    error.push(describeError(failure));
  } finally {
    for (const { stream, write } of writes) stream.write = write;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      for (const listener of process.listeners(signal).slice(listeners)) process.off(signal, listener);
    }
  }
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, out: out.join(""), error: error.join("") };
}

async function json(...args: readonly string[]): Promise<never> {
  const { code, out, error } = await k2(...args, "--json");
  expect({ code, error }).toEqual({ code: 0, error: "" });
  return JSON.parse(out) as never;
}

async function append(from: number): Promise<void> {
  const folder = openDataFolder({ folder: join(data, "simulated"), mode: "simulated" });
  await using lake = await openLakeTables({ folder, clock: systemClock, logger: silentLogger });
  await using duckDb = await openMaintenanceDuckDb({ spillFolder: join(data, "spill"), memoryBytes: 1e8, threads: 1 });
  const relation = `SELECT 'binance' AS feed, 'decode' AS stage, 'test' AS reason, '' AS detail, NULL::VARCHAR AS raw_symbol,
    NULL::INTEGER AS frame_index, TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (range) SECOND AS ts_recv, 'x'::BLOB AS payload,
    0 AS _raw_partition, range AS _raw_offset, 'simulated' AS source, 'q' AS _topic, 0 AS _partition, range AS _offset
    FROM range(${from}, ${from + 10})`;
  const { files } = await lake.stageFiles(await lake.table(TABLE), { run: duckDb.run, relation });
  await lake.append(TABLE, { files });
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "k2-cli-lake-"));
  for (const from of [0, 10, 20]) await append(from);
}, 60_000);

afterAll(async () => {
  await rm(data, { recursive: true, force: true });
});

test("k2 lake shows tables, snapshots, files and partitions, for people and for programs", {
  timeout: 60_000,
}, async () => {
  const tables = await k2("tables");
  expect(tables.code).toBe(0);
  expect(tables.out).toMatch(/silver\.quarantine +30 +\d+ B|silver\.quarantine +30 /);
  const [table] = (await json("tables", TABLE)) as readonly { rows: number; files: number; snapshotId: string }[];
  expect(table).toMatchObject({ rows: 30, files: 3, snapshots: 3, smallFiles: 3 });
  const snapshots = (await json("snapshots", TABLE)) as readonly { snapshotId: string; refs: readonly string[] }[];
  expect(snapshots.map(({ refs }) => refs)).toEqual([["main"], [], []]);
  expect(snapshots[0]?.snapshotId).toBe(table?.snapshotId);
  const partitions = (await json("partitions", TABLE)) as readonly { partition: string; rows: number }[];
  expect(partitions).toMatchObject([{ partition: "ts_recv_day=2024-03-01", rows: 30, files: 3 }]);
  const files = (await json("files", TABLE, "--snapshot", snapshots[2]?.snapshotId ?? "")) as readonly object[];
  expect(files).toMatchObject([{ content: "data", rows: 10 }]);
  const unknown = await k2("snapshots", "silver.nothing");
  expect(unknown.code).toBe(1);
  expect(unknown.error).toMatch(/no table silver\.nothing\. Tables: .*silver\.quarantine/);
});

test("tag, compact, diff, rollback, untag, expire, orphans and jobs do what they say", {
  timeout: 120_000,
}, async () => {
  expect((await k2("tag", TABLE, "before", "--max-age", "30d")).out).toMatch(/^tag before of silver\.quarantine names/);
  expect((await k2("compact", TABLE, "--dry-run")).out).toMatch(/3 files \(.* 30 rows\) would become about 1/);
  expect((await k2("compact", TABLE)).out).toMatch(/^silver\.quarantine: 3 files became 1, /);
  expect((await k2("compact", TABLE)).out).toBe("silver.quarantine: nothing to do\n");
  const diff = (await json("diff", TABLE, "before", "current", "--rows")) as object;
  expect(diff).toMatchObject({ filesAdded: 1, filesRemoved: 3, rowsAdded: 0, rowsRemoved: 0 });
  const refused = await k2("rollback", TABLE, "before");
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.error).toContain("Nothing was done; --yes does it");
  expect((await k2("rollback", TABLE, "before", "--yes")).code).toBe(0);
  expect((await json("tables", TABLE)) as object).toMatchObject([{ files: 3, rows: 30 }]);
  expect((await k2("untag", TABLE, "before")).out).toBe("before of silver.quarantine is gone\n");
  expect((await k2("untag", TABLE, "before")).code).toBe(1);
  expect((await k2("expire", TABLE, "--older-than", "0s", "--dry-run")).out).toBe("silver.quarantine: nothing to do\n");
  expect((await k2("orphans", TABLE)).out).toMatch(/^silver\.quarantine: 0 of \d+ files are orphans/);
  expect((await k2("orphans", TABLE, "--older-than", "5m")).error).toMatch(/Give an hour or more, or force it/);
  const jobs = (await json("jobs")) as readonly { job: string; outcome: string }[];
  expect(jobs.map(({ job, outcome }) => `${job} ${outcome}`)).toEqual(["compact (by hand) done"]);
});

test("set shows, sets and removes a table's properties, and leaves writers' progress alone", {
  timeout: 60_000,
}, async () => {
  expect((await json("set", TABLE, "k2.retention.max-age=90d", "note=a=b")) as object).toMatchObject({
    "k2.retention.max-age": "90d",
    note: "a=b",
  });
  const after = (await json("set", TABLE, "note=")) as object;
  expect(after).toHaveProperty(["k2.retention.max-age"], "90d");
  expect(after).not.toHaveProperty("note");
  expect((await k2("set", TABLE, "k2.progress.k2-landing=x")).code).toBe(1);
});

test("check is content with a sound table, and names the file that is not", { timeout: 60_000 }, async () => {
  expect((await k2("check", TABLE, "--deep")).out).toMatch(/^ok {4}silver\.quarantine: .* rows read\n$/);
  const folder = join(data, "simulated/lake/silver/quarantine/data/ts_recv_day=2024-03-01");
  const [victim = ""] = readdirSync(folder).filter((name) => name.endsWith(".parquet"));
  truncateSync(join(folder, victim), 50);
  const broken = await k2("check", TABLE);
  expect(broken.code).toBe(1);
  expect(broken.out).toMatch(
    new RegExp(`FAIL {2}silver\\.quarantine.*\\n.*${victim} has 50 bytes, and its manifest says`),
  );
});

test("a process of its own ends with the code that says how it went, and every command explains itself", {
  timeout: 60_000,
}, async () => {
  const broken = await spawned("check", TABLE);
  expect(broken.code).toBe(1);
  expect(broken.out).toContain("FAIL  silver.quarantine");
  const { code, out } = await spawned("compact", "--help");
  expect(code).toBe(0);
  expect(out).toContain("Rows are compared by checksum before anything is committed");
});
