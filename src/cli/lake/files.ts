import type { Command } from "commander";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show, sizeText, wholeNumber } from "./lake-command.ts";

interface FilesOptions extends LakeCommandOptions {
  readonly snapshot?: string;
  readonly limit: string;
}

export function addFiles(lake: Command): void {
  lakeCommand(lake, "files <table>")
    .description("The files of a table, smallest first")
    .option("--snapshot <id, tag or branch>", "as the table was then")
    .option("--limit <number>", "show at most this many", "100")
    .action((name: string, options: FilesOptions) =>
      atDesk(options, async (desk) => {
        const [table = name] = await desk.tables(name);
        const id = options.snapshot === undefined ? undefined : await desk.snapshotId(table, options.snapshot);
        const limit = wholeNumber(options.limit, "--limit");
        const { location } = (await desk.lake.table(table)).metadata;
        const all = [];
        for await (const file of desk.lake.maintenance.files(table, id)) {
          const { content, format, recordCount, byteLength, specId } = file;
          all.push({ content, format, rows: recordCount, bytes: byteLength, specId, location: file.location });
        }
        all.sort((one, other) => one.bytes - other.bytes);
        const shown = all.slice(0, limit);
        const rows = shown.map(({ content, rows: count, bytes, location: file }) => [
          content,
          count,
          sizeText(bytes),
          count === 0 ? "" : (bytes / count).toFixed(2),
          file.startsWith(`${location}/`) ? file.slice(location.length + 1) : file,
        ]);
        show(options, shown, () => textTable(["content", "rows", "size", "B/row", `file, below ${location}/`], rows));
        if (all.length > limit && !options.json) {
          process.stderr.write(`${all.length - limit} larger ones are not shown; --limit shows more\n`);
        }
      }),
    );
}
