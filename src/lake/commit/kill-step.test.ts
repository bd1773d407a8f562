import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openLake } from "../index.ts";
import { COUNTED, lakeConfig, TestLake } from "../test-lake.ts";
import { END, landOnce, STEP } from "./crash-landing-fixture.ts";

const PROGRAM = fileURLToPath(new URL("./kill-step.program.ts", import.meta.url));
/** Every so many steps a process is killed; 1 is the whole proof, a minute or two long. */
const EVERY = Number(process.env["K2_KILL_EVERY"] ?? 12);
/** More steps than the landing takes: the search for its end is bounded. */
const STEPS_MAX = 1_000;
/** Rows and distinct rows, counted from 0 without a hole when the two and the highest agree. */
const SEEN = "count(*)::INT, CASE WHEN count(DISTINCT n) = coalesce(max(n) + 1, 0) THEN count(DISTINCT n)::INT END";

/** @returns how the process ended: the signal that killed it, or undefined where it came to its end */
async function killedAt(folder: string, table: string, step: number): Promise<NodeJS.Signals | undefined> {
  const child = spawn(process.execPath, [PROGRAM, folder, table, String(step)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (signal === null && code !== 0) throw new Error(`the process ended with ${code}: ${errors}`);
  return signal ?? undefined;
}

test(`a process killed at every ${EVERY}. step of landing leaves the old or the new table, and the next lands every row once`, async () => {
  await using t = await TestLake.open();
  const input = {
    schema: COUNTED.schema,
    sortOrder: COUNTED.sortOrder,
    properties: { "commit.manifest.min-count-to-merge": "2" }, // Merging is one of the steps.
  };
  let next = 2;
  let deaths = 0;
  const killOneAfterTheOther = async (): Promise<void> => {
    for (let step = next; step < STEPS_MAX; step = next) {
      next += EVERY;
      const name = `a.killed_at_${step}`;
      await t.lake.createTable(name, input);
      const signal = await killedAt(t.folder, name, step);
      if (signal === undefined)
        next = STEPS_MAX; // It came to its end: so would all later ones.
      else deaths += 1;
      expect([undefined, "SIGKILL"]).toContain(signal);

      await using restarted = await openLake(lakeConfig(t.folder));
      const landed = Number((await restarted.table(name)).progress("land")?.positions ?? 0);
      expect(landed % STEP).toBe(0);
      expect(await t.rows(name, SEEN)).toEqual([[landed, landed]]);
      await landOnce(restarted, t.db.run, END, name);
      expect(await t.rows(name, SEEN)).toEqual([[END, END]]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, killOneAfterTheOther));
  expect(deaths * EVERY).toBeGreaterThan(100);
}, 300_000);
