import type { Command } from "commander";
import type { CheckReport, LakeDesk } from "../../app/index.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, progressLine, show } from "./lake-command.ts";

interface CheckOptions extends LakeCommandOptions {
  readonly deep?: boolean;
}

export function addCheck(lake: Command): void {
  lakeCommand(lake, "check [table]")
    .description("Read all that a table refers to and say exactly what is broken. Exit code 1 where something is")
    .option("--deep", "every row too: counts, nulls, bounds and partitions against the data itself")
    .addHelpText(
      "after",
      `
Reads every metadata file, manifest list and manifest of every snapshot that is kept, and the end of every data file:
sizes, counts, links. It changes nothing, and may run beside everything else.`,
    )
    .action((name: string | undefined, options: CheckOptions) =>
      atDesk(options, async (desk, signal) => {
        const reports: CheckReport[] = [];
        for (const table of await desk.tables(name)) reports.push(await checkTable(desk, table, options, signal));
        show(options, reports, () => reports.map(describe).join("\n"));
        if (reports.some(({ isSound }) => !isSound)) process.exitCode = 1;
      }),
    );
}

async function checkTable(
  desk: LakeDesk,
  table: string,
  options: CheckOptions,
  signal: AbortSignal,
): Promise<CheckReport> {
  const tell = progressLine(options);
  const onProgress = (done: number, total: number): void => tell(`${table}: ${done} of ${total} files`);
  try {
    if (options.deep !== true) return await desk.lake.maintenance.check(table, { onProgress }, { signal });
    return await desk.ask(signal, ({ run }) =>
      desk.lake.maintenance.check(table, { onProgress, deep: { run } }, { signal }),
    );
  } finally {
    tell("");
  }
}

function describe(report: CheckReport): string {
  const { table, isSound, problems, metadataFiles, snapshots, manifests, files, rows, isDeep } = report;
  const counts =
    `${metadataFiles} metadata files, ${snapshots} snapshots, ${manifests} manifests, ` +
    `${files} files, ${rows} rows${isDeep ? " read" : ""}`;
  return [
    `${isSound ? "ok  " : "FAIL"}  ${table}: ${counts}`,
    ...problems.map(({ location, what }) => `      ${location} ${what}`),
  ].join("\n");
}
