import type { Command } from "commander";
import { importEquities } from "../../app/index.ts";
import {
  type EquitiesOptions,
  equitiesCommand,
  equitiesConfig,
  landedTable,
  stopSignal,
  timeUs,
} from "./equities-command.ts";

interface ImportOptions extends EquitiesOptions {
  readonly symbol?: string;
  readonly knownAt?: string;
}

export function addEquitiesImport(equities: Command): void {
  equitiesCommand(equities, "import <files...>")
    .description(
      "Take in files of Yahoo Finance, yfinance and Alpha Vantage, plain or gzipped; told apart by their content",
    )
    .option("--symbol <id>", "what the files are about, where neither they nor their names say it: AAPL-XNAS-EQ")
    .option(
      "--known-at <time>",
      "when the vendor gave them; default: what they say, else the day after their last candle",
    )
    .action(async (files: readonly string[], options: ImportOptions) => {
      const knownAtUs = timeUs("--known-at", options.knownAt);
      const { symbol } = options;
      const reports = await importEquities(equitiesConfig(options), { files, symbol, knownAtUs, signal: stopSignal() });
      process.stdout.write(`${options.json === true ? JSON.stringify(reports, null, 2) : landedTable(reports)}\n`);
      if (reports.some(({ outcome }) => outcome === "refused")) process.exitCode = 1;
    });
}
