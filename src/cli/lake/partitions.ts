import type { Command } from "commander";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, sizeText } from "./lake-command.ts";

export function addPartitions(lake: Command): void {
  lakeCommand(lake, "partitions <table>")
    .description("The partitions of a table: rows, files, bytes")
    .action((name: string, options: LakeCommandOptions) =>
      atDesk(options, async (desk) => {
        const [table = name] = await desk.tables(name);
        const partitions = await desk.lake.maintenance.partitions(table);
        show(options, partitions, () =>
          textTable(
            ["partition", "rows", "files", "deletes", "size", "B/row"],
            partitions.map(({ partition, rows, files, deleteFiles, bytes }) => [
              partition === "" ? "(all)" : partition,
              rows,
              files,
              deleteFiles,
              sizeText(bytes),
              rows === 0 ? "" : (bytes / rows).toFixed(2),
            ]),
          ),
        );
      }),
    );
}
