import type { Command } from "commander";
import { InvalidInputError } from "../../base/index.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show } from "./lake-command.ts";

export function addRollback(lake: Command): void {
  lakeCommand(lake, "rollback <table> <snapshot>")
    .description("Make an earlier snapshot (id, tag or branch) the table's present one again")
    .option("--yes", "really do it")
    .addHelpText(
      "after",
      `
The snapshots after it stay until they expire, so a rollback can be rolled back. The landing's place in the log goes back
with the rows: a running K2 stops landing this table and must be started again; it then lands anew, from the log, what
came after. What the log's retention has removed does not come back.`,
    )
    .action((name: string, snapshot: string, options: LakeCommandOptions & { readonly yes?: boolean }) =>
      atDesk(options, async (desk, signal) => {
        const [table = name] = await desk.tables(name);
        const id = await desk.snapshotId(table, snapshot);
        if (options.yes !== true) {
          const { rowsInAddedFiles, rowsInRemovedFiles } = await desk.lake.maintenance.diff(table, {
            from: id,
            to: await desk.snapshotId(table, "current"),
          });
          throw new InvalidInputError(
            `Rolling ${table} back to ${id} takes out files with ${rowsInAddedFiles} rows and brings back files with ` +
              `${rowsInRemovedFiles}. Nothing was done; --yes does it`,
          );
        }
        const report = await desk.lake.maintenance.rollback(table, id, { signal });
        const writers = report.writers.map(({ writer }) => `; ${writer} goes on from there once it is started again`);
        show(
          options,
          report,
          () => `${table} is at snapshot ${report.to} again, and was at ${report.from}${writers.join("")}`,
        );
      }),
    );
}
