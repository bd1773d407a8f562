import type { Command } from "commander";
import type { ExpireReport, LakeDesk } from "../../app/index.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, sizeText, wholeNumber } from "./lake-command.ts";

interface ExpireCommandOptions extends LakeCommandOptions {
  readonly olderThan?: string;
  readonly keep?: string;
  readonly dryRun?: boolean;
}

export function addExpire(lake: Command): void {
  lakeCommand(lake, "expire [table]")
    .description(
      "Forget old snapshots and remove the files that only they needed; of one table, or of all that K2 looks after",
    )
    .option("--older-than <duration>", "such as 5d or 12h (default: the table's own setting, or 5d)")
    .option("--keep <number>", "of each branch so many of its newest stay (default: the table's own setting, or 1)")
    .option("--dry-run", "only say what would go")
    .addHelpText(
      "after",
      `
What a tag or a branch names stays, and so does what a reader may still be reading: a snapshot goes ten minutes after
another has replaced it at the earliest. No row of the present table is touched; only time travel ends.`,
    )
    .action((name: string | undefined, options: ExpireCommandOptions) =>
      atDesk(options, async (desk, signal) => {
        const reports: Record<string, ExpireReport> = {};
        const policy = {
          snapshotAgeMs: options.olderThan === undefined ? undefined : desk.durationMs(options.olderThan),
          snapshotsMin: options.keep === undefined ? undefined : wholeNumber(options.keep, "--keep"),
          isDryRun: options.dryRun,
        };
        for (const table of await desk.maintained(name))
          reports[table] = await expireTable(desk, table, policy, signal);
        show(options, reports, () =>
          Object.entries(reports)
            .map(([table, report]) => `${table}: ${describe(report, options.dryRun === true)}`)
            .join("\n"),
        );
        if (Object.values(reports).some(({ filesLeft }) => filesLeft > 0)) process.exitCode = 1;
      }),
    );
}

function expireTable(
  desk: LakeDesk,
  table: string,
  policy: Parameters<LakeDesk["lake"]["maintenance"]["expire"]>[1] & object,
  signal: AbortSignal,
): Promise<ExpireReport> {
  const run = (held: { readonly signal: AbortSignal }): Promise<ExpireReport> =>
    desk.lake.maintenance.expire(table, policy, held);
  if (policy.isDryRun === true) return run({ signal });
  return desk.maintain({ name: "expire (by hand)", table, run, describe: (each) => describe(each, false) }, signal);
}

function describe({ snapshots, refs, filesRemoved, bytesRemoved, filesLeft }: ExpireReport, isDryRun: boolean): string {
  if (snapshots + refs.length === 0) return "nothing to do";
  const named = refs.length === 0 ? "" : `, and ${refs.join(", ")} by age`;
  if (isDryRun) return `${snapshots} snapshots would be forgotten${named}`;
  const left = filesLeft === 0 ? "" : `; ${filesLeft} files could not be removed and are orphans now`;
  return `${snapshots} snapshots forgotten${named}, ${filesRemoved} files (${sizeText(bytesRemoved)}) removed${left}`;
}
