import type { Command } from "commander";
import { InvalidInputError } from "../../base/index.ts";
import { textTable } from "../text-table.ts";
import { atDesk, type LakeCommandOptions, lakeCommand, show } from "./lake-command.ts";

export function addSet(lake: Command): void {
  lakeCommand(lake, "set <table> [settings...]")
    .description("Set properties of a table, such as k2.retention.max-age=90d; without any, show them")
    .addHelpText(
      "after",
      `
name=value sets, name= removes. The properties that K2 looks at are in docs/lake.md; those of writers' progress are not to
be touched, and are not shown.`,
    )
    .action((name: string, settings: readonly string[], options: LakeCommandOptions) =>
      atDesk(options, async (desk, signal) => {
        const [table = name] = await desk.tables(name);
        const properties = Object.fromEntries(settings.map(parseSetting));
        if (settings.length > 0) await desk.lake.evolve(table, { properties }, { signal });
        const { metadata } = await desk.lake.table(table);
        const shown = Object.entries(metadata.properties)
          .filter(([property]) => !property.startsWith(PROGRESS))
          .toSorted(([one], [other]) => (one < other ? -1 : 1));
        show(options, Object.fromEntries(shown), () => textTable(["property", "value"], shown));
      }),
    );
}

const PROGRESS = "k2.progress.";

function parseSetting(text: string): readonly [name: string, value: string | undefined] {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || name.startsWith(PROGRESS)) {
    throw new InvalidInputError(
      `Cannot set ${JSON.stringify(text)}: write name=value, or name= to remove it. Nothing was changed`,
    );
  }
  return [name, value === "" ? undefined : value];
}
