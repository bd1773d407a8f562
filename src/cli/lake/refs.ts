import type { Command } from "commander";
import { atDesk, type LakeCommandOptions, lakeCommand, show } from "./lake-command.ts";

interface RefOptions extends LakeCommandOptions {
  readonly snapshot: string;
  readonly maxAge?: string;
}

/** `tag`, `branch` and `untag`. */
export function addRefs(lake: Command): void {
  for (const type of ["tag", "branch"] as const) {
    lakeCommand(lake, `${type} <table> <name>`)
      .description(
        type === "tag"
          ? "Name a snapshot for good: it and its files stay while the name does"
          : "Begin a branch at a snapshot, to be written to beside the table itself",
      )
      .option("--snapshot <id, tag or branch>", "which one", "current")
      .option("--max-age <duration>", "the name itself may go after this, such as 365d (default: never)")
      .action((name: string, ref: string, options: RefOptions) =>
        atDesk(options, async (desk, signal) => {
          const [table = name] = await desk.tables(name);
          const snapshotId = await desk.snapshotId(table, options.snapshot);
          const maxAgeMs = options.maxAge === undefined ? undefined : desk.durationMs(options.maxAge);
          await desk.lake.maintenance[type](table, { name: ref, snapshotId, maxAgeMs }, { signal });
          show(
            options,
            { table, [type]: ref, snapshotId },
            () => `${type} ${ref} of ${table} names snapshot ${snapshotId}`,
          );
        }),
      );
  }
  lakeCommand(lake, "untag <table> <name>")
    .description("Remove a tag or a branch; its snapshot then expires as any other")
    .action((name: string, ref: string, options: LakeCommandOptions) =>
      atDesk(options, async (desk, signal) => {
        const [table = name] = await desk.tables(name);
        await desk.lake.maintenance.removeRef(table, ref, { signal });
        show(options, { table, removed: ref }, () => `${ref} of ${table} is gone`);
      }),
    );
}
