import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TestLake } from "../test-lake.ts";
import { JOBS, prepareJob } from "./crash-jobs-fixture.ts";
import { finishJob } from "./finish-job-fixture.ts";
import { JOB_KILL_EVERY, killAtSteps } from "./killed-process-fixture.ts";

const PROGRAM = fileURLToPath(new URL("./kill-job.program.ts", import.meta.url));

test.each(JOBS.map((job, index) => [job.name, index, job] as const))(
  `%s, its process killed at every ${JOB_KILL_EVERY}. step, leaves the old or the new table, and done again it is the new one`,
  async (_name, index, job) => {
    await using t = await TestLake.open();
    let [seenOld, seenNew] = [0, 0];
    const deaths = await killAtSteps(PROGRAM, JOB_KILL_EVERY, async ({ step, run }) => {
      const name = `a.killed_at_${step}`;
      await prepareJob(t.lake, t.db.run, job, name);
      const signal = await run(t.folder, name, String(step), String(index));
      if (await finishJob(t, job, name)) seenNew += 1;
      else seenOld += 1;
      return signal;
    });
    expect([deaths > 0, seenOld > 0, seenNew > 0]).toEqual([true, true, true]);
  },
  600_000,
);
