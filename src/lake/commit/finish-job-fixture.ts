import { expect } from "vitest";
import { openLake } from "../index.ts";
import { lakeConfig, type TestLake } from "../test-lake.ts";
import { ALL_ORPHANS, type Job, SIXTY, TALLY } from "./crash-jobs-fixture.ts";

/**
 * What a process that starts now makes of a table at which another died: it is the old or the new one, the job done again
 * makes it the new one, and once orphans are removed it is sound and has no file too many.
 *
 * @returns whether it was the new one already
 */
export async function finishJob(t: TestLake, job: Job, name: string): Promise<boolean> {
  await using restarted = await openLake(lakeConfig(t.folder));
  const [before, after] = job.states;
  const seen = await job.state(restarted, name);
  expect([before, after]).toContain(seen);
  const isDone = seen === after;
  expect(await t.rows(name, TALLY)).toEqual([isDone ? job.after : SIXTY]);
  if (!isDone) await job.run(restarted, t.db.run, name);
  expect(await job.state(restarted, name)).toBe(after);
  expect(await t.rows(name, TALLY)).toEqual([job.after]);

  await restarted.maintenance.orphans(name, { ...ALL_ORPHANS, isRemoving: true });
  const { problems } = await restarted.maintenance.check(name, { deep: { run: t.db.run } });
  expect(problems).toEqual([]);
  expect((await restarted.maintenance.orphans(name, ALL_ORPHANS)).orphans).toEqual([]);
  expect(await t.rows(name, TALLY)).toEqual([job.after]);
  return isDone;
}
