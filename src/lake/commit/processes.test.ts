import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/index.ts";
import { COUNTED, TestLake } from "../test-lake.ts";

const WRITER = fileURLToPath(new URL("./writer-fixture.ts", import.meta.url));

function startWriter(folder: string, ...args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, [WRITER, folder, ...args.map(String)], { stdio: ["ignore", "pipe", "pipe"] });
}

async function ended(child: ChildProcess): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (chunk) => (errors += String(chunk)));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the writer ended with ${code}: ${errors}`);
}

test("four processes with fifty commits each lose no row and double none", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "commit.manifest.min-count-to-merge": "20" } });
  const children = [0, 1000, 2000, 3000].map((from) => startWriter(t.folder, "own", from, from + 500, 10));
  await Promise.all(children.map(ended));
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT, sum(n)::INT")).toEqual([[2000, 2000, 3_499_000]]);
  const table = await t.lake.table("a.b");
  const sequence = table.metadata.snapshots.map(({ sequenceNumber }) => sequenceNumber);
  expect(sequence).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  for (const from of [0, 1000, 2000, 3000])
    expect(table.progress(`writer-${from}`)?.positions).toBe(String(from + 500));
}, 180_000);

test("a writer killed at any moment, over and over, lands every row exactly once", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "commit.manifest.min-count-to-merge": "5" } });
  const random = seededRandom(7);
  let kills = 0;
  for (; kills < 24; kills += 1) {
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
