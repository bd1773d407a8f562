import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openLake } from "../index.ts";
import { COUNTED, lakeConfig, TestLake } from "../test-lake.ts";
import { END, landOnce, STEP } from "./crash-landing-fixture.ts";
import { KILL_EVERY, killAtSteps } from "./killed-process-fixture.ts";

const PROGRAM = fileURLToPath(new URL("./kill-step.program.ts", import.meta.url));
/** Rows and distinct rows, counted from 0 without a hole when the two and the highest agree. */
const SEEN = "count(*)::INT, CASE WHEN count(DISTINCT n) = coalesce(max(n) + 1, 0) THEN count(DISTINCT n)::INT END";

test(`a process killed at every ${KILL_EVERY}. step of landing leaves the old or the new table, and the next lands every row once`, async () => {
  await using t = await TestLake.open();
  const input = {
    schema: COUNTED.schema,
    sortOrder: COUNTED.sortOrder,
    properties: { "commit.manifest.min-count-to-merge": "2" }, // Merging is one of the steps.
  };
  const deaths = await killAtSteps(PROGRAM, KILL_EVERY, async ({ step, run }) => {
    const name = `a.killed_at_${step}`;
    await t.lake.createTable(name, input);
    const signal = await run(t.folder, name, String(step));

    await using restarted = await openLake(lakeConfig(t.folder));
    const landed = Number((await restarted.table(name)).progress("land")?.positions ?? 0);
    expect(landed % STEP).toBe(0);
    expect(await t.rows(name, SEEN)).toEqual([[landed, landed]]);
    await landOnce(restarted, t.db.run, END, name);
    expect(await t.rows(name, SEEN)).toEqual([[END, END]]);
    return signal;
  });
  expect(deaths * KILL_EVERY).toBeGreaterThan(100);
}, 300_000);
