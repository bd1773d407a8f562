import type { Command } from "commander";
import { atDesk, type LakeCommandOptions, lakeCommand, show } from "./lake-command.ts";

export function addManifests(lake: Command): void {
  lakeCommand(lake, "manifests [table]")
    .description(
      "Write manifests anew, fewer and by partition, so that planning reads less; of one table, or of all that K2 looks after",
    )
    .action((name: string | undefined, options: LakeCommandOptions) =>
      atDesk(options, async (desk, signal) => {
        const done: Record<string, boolean> = {};
        for (const table of await desk.maintained(name)) {
          done[table] = await desk.maintain(
            {
              name: "manifests (by hand)",
              table,
              run: (held) => desk.lake.maintenance.rewriteManifests(table, { manifestsMin: 2 }, held),
              describe: (isDone) => (isDone ? "written anew" : "nothing to do"),
            },
            signal,
          );
        }
        show(options, done, () =>
          Object.entries(done)
            .map(([table, isDone]) => `${table}: ${isDone ? "written anew" : "nothing to do"}`)
            .join("\n"),
        );
      }),
    );
}
