import type { Command } from "commander";
import type { LakeDesk, OrphansReport } from "../../app/index.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, sizeText, timeText } from "./lake-command.ts";

interface OrphansOptions extends LakeCommandOptions {
  readonly olderThan: string;
  readonly delete?: boolean;
  readonly force?: boolean;
}

export function addOrphans(lake: Command): void {
  lakeCommand(lake, "orphans [table]")
    .description(
      "Files below a table that nothing refers to, such as a killed process leaves; of one table, or of all that K2 looks after",
    )
    .option("--older-than <duration>", "younger ones may belong to a commit under way", "3d")
    .option("--delete", "remove them; without it they are only listed")
    .option("--force", "allow less than an hour: only where nothing writes to the table")
    .action((name: string | undefined, options: OrphansOptions) =>
      atDesk(options, async (desk, signal) => {
        const reports: Record<string, OrphansReport> = {};
        for (const table of await desk.maintained(name)) reports[table] = await orphansOf(desk, table, options, signal);
        show(options, reports, () =>
          Object.entries(reports)
            .map((each) => describe(...each, options))
            .join("\n"),
        );
        if (Object.values(reports).some(({ filesLeft }) => filesLeft > 0)) process.exitCode = 1;
      }),
    );
}

function orphansOf(
  desk: LakeDesk,
  table: string,
  options: OrphansOptions,
  signal: AbortSignal,
): Promise<OrphansReport> {
  const input = {
    graceMs: desk.durationMs(options.olderThan),
    force: options.force,
    isRemoving: options.delete,
  };
  const run = (held: { readonly signal: AbortSignal }): Promise<OrphansReport> =>
    desk.lake.maintenance.orphans(table, input, held);
  if (options.delete !== true) return run({ signal });
  return desk.maintain({ name: "orphans (by hand)", table, run, describe: summary }, signal);
}

function describe(table: string, report: OrphansReport, options: OrphansOptions): string {
  const files =
    options.delete === true
      ? []
      : report.orphans.map(
          ({ location, byteLength, modifiedMs }) => `  ${timeText(modifiedMs)}  ${sizeText(byteLength)}  ${location}`,
        );
  const hint = options.delete === true || report.orphans.length === 0 ? "" : "; --delete removes them";
  return [`${table}: ${summary(report)}${hint}`, ...files].join("\n");
}

function summary({ filesListed, orphans, orphanBytes, filesYoung, filesRemoved, filesLeft }: OrphansReport): string {
  const removed = filesRemoved === 0 ? "" : `, ${filesRemoved} removed`;
  const left = filesRemoved === 0 || filesLeft === 0 ? "" : `, ${filesLeft} left`;
  const young = filesYoung === 0 ? "" : `, ${filesYoung} more are too young to tell`;
  return `${orphans.length} of ${filesListed} files are orphans (${sizeText(orphanBytes)})${removed}${left}${young}`;
}
