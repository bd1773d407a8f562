import type { Command } from "commander";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, timeText, wholeNumber } from "./lake-command.ts";

export function addJobs(lake: Command): void {
  lakeCommand(lake, "jobs")
    .description("What the upkeep did lately, by schedule or by hand, newest first")
    .option("--limit <number>", "show at most this many", "30")
    .option("--all", "also runs that found nothing to do")
    .action((options: LakeCommandOptions & { readonly limit: string; readonly all?: boolean }) =>
      atDesk(options, async (desk) => {
        const limit = wholeNumber(options.limit, "--limit");
        const kept = (await desk.jobs(2_000)).filter(
          ({ detail }) => options.all === true || detail !== "nothing to do",
        );
        const runs = kept.slice(0, limit);
        show(options, runs, () =>
          textTable(
            ["started", "took", "job", "table", "outcome", "what"],
            runs.map(({ startedMs, finishedMs, job, table, outcome, detail }) => [
              timeText(startedMs),
              finishedMs === null ? "" : `${((finishedMs - startedMs) / 1000).toFixed(1)} s`,
              job,
              table,
              outcome,
              detail,
            ]),
          ),
        );
      }),
    );
}
