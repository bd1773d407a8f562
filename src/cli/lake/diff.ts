import type { Command } from "commander";
import type { RowDiff, SnapshotDiff } from "../../app/index.ts";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, sizeText, timeText } from "./lake-command.ts";

interface DiffOptions extends LakeCommandOptions {
  readonly rows?: boolean;
}

export function addDiff(lake: Command): void {
  lakeCommand(lake, "diff <table> <from> <to>")
    .description("What lies between two snapshots, each an id, a tag, a branch or current")
    .option("--rows", "compare the rows themselves, so that what a compaction moved is no difference")
    .action((name: string, from: string, to: string, options: DiffOptions) =>
      atDesk(options, async (desk, signal) => {
        const [table = name] = await desk.tables(name);
        const states = { from: await desk.snapshotId(table, from), to: await desk.snapshotId(table, to) };
        const { maintenance } = desk.lake;
        const diff = await maintenance.diff(table, states, { signal });
        const rows =
          options.rows === true
            ? await desk.ask(signal, ({ run }) => maintenance.diffRows(table, states, { run }, { signal }))
            : undefined;
        const { added, removed, ...counts } = diff;
        const locations = {
          added: added.map(({ location }) => location),
          removed: removed.map(({ location }) => location),
        };
        show(options, { ...counts, ...rows, ...locations }, () => describe(diff, rows));
      }),
    );
}

function describe(diff: SnapshotDiff, rows: RowDiff | undefined): string {
  const lines = [
    `files   ${diff.filesAdded} added (${diff.rowsInAddedFiles} rows, ${sizeText(diff.bytesAdded)}), ` +
      `${diff.filesRemoved} removed (${diff.rowsInRemovedFiles} rows, ${sizeText(diff.bytesRemoved)})`,
  ];
  if (diff.deleteFilesAdded + diff.deleteFilesRemoved > 0) {
    lines.push(`deletes ${diff.deleteFilesAdded} delete files added, ${diff.deleteFilesRemoved} removed`);
  }
  if (rows !== undefined)
    lines.push(`rows    ${rows.rowsAdded} added, ${rows.rowsRemoved} removed, compared one by one`);
  if (diff.steps.length === 0) return lines.join("\n");
  const steps = textTable(
    ["snapshot", "committed", "operation", "rows +", "rows -", "files +", "files -"],
    diff.steps.map((step) => [
      step.snapshotId,
      timeText(step.timestampMs),
      step.operation,
      step.recordsAdded,
      step.recordsRemoved,
      step.filesAdded,
      step.filesRemoved,
    ]),
  );
  return [...lines, "", steps].join("\n");
}
