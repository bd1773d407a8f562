import type { Command } from "commander";
import { listEquities } from "../../app/index.ts";
import { textTable } from "../text-table.ts";
import { dayOrTime, type EquitiesOptions, equitiesCommand, equitiesConfig } from "./equities-command.ts";

export function addEquitiesList(equities: Command): void {
  equitiesCommand(equities, "list")
    .description("The series there are: candles, and statements about them")
    .action(async (options: EquitiesOptions) => {
      const series = await listEquities(equitiesConfig(options));
      const rows = series.map((each) => [
        ...[each.symbol, each.vendor, each.interval, each.candles, each.statements],
        ...[dayOrTime(each.firstUs), dayOrTime(each.lastUs), dayOrTime(each.knownAtUs)],
      ]);
      if (series.length === 0)
        process.stderr.write("nothing yet: k2 equities import takes in files, k2 equities fetch asks a vendor\n");
      const columns = ["symbol", "vendor", "interval", "candles", "statements", "first", "last", "known at"];
      process.stdout.write(`${options.json === true ? JSON.stringify(series, null, 2) : textTable(columns, rows)}\n`);
    });
}
