/**
 * A process that does a job to a table and at one of its steps sends itself SIGKILL. Arguments: folder, table, number of
 * the step, the job's place in the list. Ends with 0 where it comes to the end before that step.
 */
import { TestDuckDb } from "../test-duckdb.ts";
import { DoomedProcess } from "./crash-fixture.ts";
import { JOBS } from "./crash-jobs-fixture.ts";
import { openDoomed } from "./crash-landing-fixture.ts";

const [folder = "", table = "", step = "", job = ""] = process.argv.slice(2);
using db = await TestDuckDb.open();
const doomed = new DoomedProcess(Number(step), () => process.kill(process.pid, "SIGKILL"));
await using lake = await openDoomed(folder, doomed);
await JOBS[Number(job)]?.run(lake, db.run, table);
