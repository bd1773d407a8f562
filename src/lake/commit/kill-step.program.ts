/**
 * A process that lands rows and at one of its steps sends itself SIGKILL. Arguments: folder, table, number of the step.
 * Ends with 0 where it comes to the end before that step.
 */
import { TestDuckDb } from "../test-duckdb.ts";
import { DoomedProcess } from "./crash-fixture.ts";
import { END, landOnce, openDoomed } from "./crash-landing-fixture.ts";

const [folder = "", table = "", step = ""] = process.argv.slice(2);
using db = await TestDuckDb.open();
const doomed = new DoomedProcess(Number(step), () => process.kill(process.pid, "SIGKILL"));
await using lake = await openDoomed(folder, doomed);
await landOnce(lake, db.run, END, table);
