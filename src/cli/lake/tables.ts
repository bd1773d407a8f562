import type { Command } from "commander";
import type { TableHealth } from "../../app/index.ts";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, sizeText, timeText } from "./lake-command.ts";

export function addLakeTables(lake: Command): void {
  lakeCommand(lake, "tables [table]")
    .description("How well each table is kept: rows, files, small files, deletes, snapshots, metadata")
    .action((name: string | undefined, options: LakeCommandOptions) =>
      atDesk(options, async (desk) => {
        const all: TableHealth[] = [];
        for (const table of await desk.tables(name)) all.push(await desk.lake.maintenance.health(table));
        show(options, all, () => textTable(COLUMNS, all.map(rowOf)));
      }),
    );
}

const COLUMNS = [
  "table",
  "rows",
  "size",
  "B/row",
  "files",
  "small",
  "deletes",
  "partitions",
  "manifests",
  "snapshots",
  "tags",
  "metadata",
  "committed",
];

function rowOf(health: TableHealth): readonly unknown[] {
  return [
    health.table,
    health.rows,
    sizeText(health.bytes),
    health.rows === 0 ? "" : (health.bytes / health.rows).toFixed(2),
    health.files,
    health.smallFiles,
    health.deleteFiles,
    health.partitions,
    health.manifests,
    health.snapshots,
    health.tags,
    sizeText(health.metadataBytes),
    timeText(health.committedMs),
  ];
}
