import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/index.ts";
import { type Lake, openLake } from "../index.ts";
import { COUNTED, lakeConfig, TestLake } from "../test-lake.ts";
import { postgresProblem, startTestPostgres } from "../test-postgres.ts";

const WRITER = fileURLToPath(new URL("./writer-fixture.ts", import.meta.url));

function startWriter(folder: string, ...args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, [WRITER, folder, ...args.map(String)], { stdio: ["pipe", "pipe", "pipe"] });
}

async function ended(child: ChildProcess): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (chunk) => (errors += String(chunk)));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the writer ended with ${code}: ${errors}`);
}

/** Commits of each process: 200 is the whole proof, minutes long; fewer keep the test suite quick. */
const APPENDS = Number(process.env["K2_APPENDS"] ?? 25);
const WRITERS = 8;
/** Kills of the writer that lands: 100 is the whole proof. */
const KILLS = Number(process.env["K2_KILLS"] ?? 10);
const STEP = 5;
const STARTS = Array.from({ length: WRITERS }, (_, index) => index * 100_000);

/** Eight writers and a process that compacts and expires, all at once on one table. */
async function prove(t: TestLake, lake: Lake, url?: string): Promise<void> {
  const properties = { "commit.manifest.min-count-to-merge": "20" };
  await lake.createTable("a.b", { schema: COUNTED.schema, sortOrder: COUNTED.sortOrder, properties });
  const catalog = url === undefined ? [] : [url];
  const keeper = startWriter(t.folder, "keep", 0, 0, 0, ...catalog);
  let said = "";
  keeper.stdout?.on("data", (chunk) => (said += String(chunk)));
  const kept = ended(keeper);
  kept.catch(() => undefined); // Told below, once the writers are through.
  try {
    await Promise.all(
      STARTS.map((from) => ended(startWriter(t.folder, "own", from, from + APPENDS * STEP, STEP, ...catalog))),
    );
  } finally {
    keeper.stdin?.end();
  }
  await kept;
  const done = JSON.parse(said.trim().split("\n").at(-1) ?? "{}");
  const table = await lake.table("a.b");
  const [commits, rows] = [WRITERS * APPENDS, WRITERS * APPENDS * STEP];
  const sql = await table.scan().sql();
  expect(await t.db.rows(`SELECT count(*)::INT, count(DISTINCT n)::INT FROM ${sql}`)).toEqual([[rows, rows]]);
  for (const from of STARTS) {
    expect(table.progress(`writer-${from}`)?.positions).toBe(String(from + APPENDS * STEP));
    const own = `n >= ${from} AND n < ${from + 100_000}`;
    const seen = await t.db.rows(`SELECT count(*)::INT, min(n)::INT, max(n)::INT FROM ${sql} WHERE ${own}`);
    expect(seen).toEqual([[APPENDS * STEP, from, from + APPENDS * STEP - 1]]);
  }
  expect(done.compactions).toBeGreaterThan(0);
  expect(done.expired).toBeGreaterThan(commits / 2);
  // Every append and every compaction is one snapshot, each with its own number.
  expect(table.metadata.lastSequenceNumber).toBe(commits + done.compactions);
  expect(table.snapshot?.summary["total-records"]).toBe(String(rows));
}

test(`eight processes with ${APPENDS} appends each, while another compacts and expires, lose no row and double none: SQLite`, async () => {
  await using t = await TestLake.open();
  await prove(t, t.lake);
}, 1_200_000);

test.skipIf(postgresProblem !== undefined)(
  `eight processes with ${APPENDS} appends each, while another compacts and expires, lose no row and double none: PostgreSQL${postgresProblem === undefined ? "" : ` (${postgresProblem})`}`,
  async () => {
    await using postgres = await startTestPostgres();
    const url = await postgres.createDatabase();
    await using t = await TestLake.open();
    await using lake = await openLake({ ...lakeConfig(t.folder), catalog: { kind: "postgres", url } });
    await prove(t, lake, url);
  },
  1_200_000,
);

test("a writer killed at any moment, over and over, lands every row exactly once", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "commit.manifest.min-count-to-merge": "5" } });
  const random = seededRandom(7);
  let kills = 0;
  for (; kills < KILLS; kills += 1) {
    const child = startWriter(t.folder, "claim", 0, 1_000_000, 10);
    const closed = once(child, "close");
    for (let said = random.int(4); said >= 0; said -= 1)
      await Promise.race([once(child.stdout ?? child, "data"), closed]);
    await sleep(random.int(49)); // About the time of a commit: the kill falls anywhere in one.
    child.kill("SIGKILL");
    const [, signal] = await closed;
    expect(signal).toBe("SIGKILL");
    const table = await t.lake.table("a.b");
    const landed = Number(table.progress("land")?.positions);
    expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[landed, landed]]);
  }
  const landed = Number((await t.lake.table("a.b")).progress("land")?.positions);
  expect(landed).toBeGreaterThan(0);
  await ended(startWriter(t.folder, "claim", 0, landed + 50, 10));
  const end = landed + 50;
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT, max(n)::INT")).toEqual([[end, end, end - 1]]);
  expect((await t.lake.table("a.b")).progress("land")).toEqual({ epoch: kills + 1, positions: String(end) });
}, 180_000);
