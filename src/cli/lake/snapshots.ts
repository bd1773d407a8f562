import type { Command } from "commander";
import type { Snapshot } from "../../app/index.ts";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, timeText, wholeNumber } from "./lake-command.ts";

export function addSnapshots(lake: Command): void {
  lakeCommand(lake, "snapshots <table>")
    .description("What was committed to a table, newest first, and which tags and branches name it")
    .option("--limit <number>", "show at most this many", "50")
    .action((name: string, options: LakeCommandOptions & { readonly limit: string }) =>
      atDesk(options, async (desk) => {
        const [table = name] = await desk.tables(name);
        const { metadata } = await desk.lake.table(table);
        const limit = wholeNumber(options.limit, "--limit");
        const newest = metadata.snapshots.toReversed().slice(0, limit);
        const namesOf = (id: bigint): readonly string[] =>
          Object.entries(metadata.refs).flatMap(([ref, { snapshotId }]) => (snapshotId === id ? [ref] : []));
        const rows = newest.map((snapshot) => ({ ...describe(snapshot), refs: namesOf(snapshot.snapshotId) }));
        show(options, rows, () => textTable(COLUMNS, rows.map(cells)));
        const more = metadata.snapshots.length - newest.length;
        if (more > 0 && !options.json) process.stderr.write(`${more} older ones are kept; --limit shows more\n`);
      }),
    );
}

const COLUMNS = [
  "snapshot",
  "committed",
  "operation",
  "rows +",
  "rows -",
  "files +",
  "files -",
  "total rows",
  "named",
  "by",
];

function describe({ snapshotId, parentSnapshotId, timestampMs, operation, summary }: Snapshot) {
  const count = (member: string): number => Number(summary[member] ?? 0);
  return {
    snapshotId,
    parentSnapshotId,
    committedAt: new Date(timestampMs).toISOString(),
    operation: operation ?? "",
    rowsAdded: count("added-records"),
    rowsRemoved: count("deleted-records"),
    filesAdded: count("added-data-files"),
    filesRemoved: count("deleted-data-files"),
    rows: count("total-records"),
    by: summary["k2.maintenance"] ?? (operation === "append" ? (summary["k2.writer"] ?? "") : ""),
  };
}

function cells(row: ReturnType<typeof describe> & { readonly refs: readonly string[] }): readonly unknown[] {
  return [
    row.snapshotId,
    timeText(Date.parse(row.committedAt)),
    row.operation,
    row.rowsAdded,
    row.rowsRemoved,
    row.filesAdded,
    row.filesRemoved,
    row.rows,
    row.refs.join(", "),
    row.by,
  ];
}
