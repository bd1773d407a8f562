import type { Command } from "commander";
import type { CompactReport, LakeDesk } from "../../app/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import {
  atDesk,
  type LakeCommandOptions,
  lakeCommand,
  progressLine,
  show,
  sizeText,
  wholeNumber,
} from "./lake-command.ts";

interface CompactOptions extends LakeCommandOptions {
  readonly mode: string;
  readonly dryRun?: boolean;
  readonly targetBytes?: string;
}

export function addCompact(lake: Command): void {
  lakeCommand(lake, "compact [table]")
    .description(
      "Few large sorted files in place of many small ones, with exactly the same rows; of one table or of all",
    )
    .option("--mode <mode>", "hourly, daily or all", "daily")
    .option(
      "--target-bytes <number>",
      "size of final files (default: the table's own, or lake.maintenance.targetFileBytes)",
    )
    .option("--dry-run", "only say what would be done")
    .addHelpText(
      "after",
      `
hourly  merges small files of partitions that still grow, once there are eight of about one size
daily   also makes the final files of closed days (the default)
all     takes every partition for closed

Rows are compared by checksum before anything is committed. Appends meanwhile do not disturb it. The old files stay until
the snapshots that need them expire. Exit code 1 where files were left because another commit touched them meanwhile.`,
    )
    .action((name: string | undefined, options: CompactOptions) =>
      atDesk(options, async (desk, signal) => {
        const reports: Record<string, CompactReport> = {};
        for (const table of await desk.maintained(name))
          reports[table] = await compactTable(desk, table, options, signal);
        show(options, reports, () =>
          Object.entries(reports)
            .map(([table, report]) => `${table}: ${describeReport(report, options.dryRun === true)}`)
            .join("\n"),
        );
        if (Object.values(reports).some(({ conflicts }) => conflicts > 0)) process.exitCode = 1;
      }),
    );
}

async function compactTable(
  desk: LakeDesk,
  table: string,
  options: CompactOptions,
  signal: AbortSignal,
): Promise<CompactReport> {
  const { mode } = options;
  if (mode !== "hourly" && mode !== "daily" && mode !== "all") {
    throw new InvalidInputError(`--mode must be hourly, daily or all, not ${mode}`);
  }
  const targetBytes =
    options.targetBytes === undefined ? undefined : wholeNumber(options.targetBytes, "--target-bytes");
  const tell = progressLine(options);
  const run = ({
    run: sql,
    signal: held,
  }: {
    readonly run: Parameters<LakeDesk["lake"]["maintenance"]["compact"]>[1]["run"];
    readonly signal: AbortSignal;
  }): Promise<CompactReport> =>
    desk.lake.maintenance.compact(
      table,
      {
        run: sql,
        mode,
        targetBytes,
        isDryRun: options.dryRun,
        onProgress: ({ groups, groupsDone, bytes, bytesDone }) =>
          tell(`${table}: ${groupsDone} of ${groups} groups, ${sizeText(bytesDone)} of ${sizeText(bytes)}`),
      },
      { signal: held },
    );
  try {
    if (options.dryRun === true) return await desk.ask(signal, run);
    return await desk.maintain(
      { name: "compact (by hand)", table, run, describe: (report) => describeReport(report, false) },
      signal,
    );
  } finally {
    tell("");
  }
}

function describeReport(report: CompactReport, isDryRun: boolean): string {
  const { groups, filesBefore, filesAfter, bytesBefore, bytesAfter, rows, conflicts } = report;
  const left = conflicts === 0 ? "" : `; ${conflicts} groups left, as they changed meanwhile: run it again`;
  if (groups === 0) return `nothing to do${left}`;
  if (isDryRun) return `${filesBefore} files (${sizeText(bytesBefore)}, ${rows} rows) would become about ${filesAfter}`;
  return `${filesBefore} files became ${filesAfter}, ${sizeText(bytesBefore)} became ${sizeText(bytesAfter)}, ${rows} rows${left}`;
}
