import type { Command } from "commander";
import { fetchEquities, type LandedReport } from "../../app/index.ts";
import {
  type EquitiesOptions,
  equitiesCommand,
  equitiesConfig,
  landedTable,
  stopSignal,
  timeUs,
  vendorOf,
} from "./equities-command.ts";

interface FetchOptions extends EquitiesOptions {
  readonly vendor: string;
  readonly interval: string;
  readonly start?: string;
  readonly end?: string;
}

const YEAR_US = 366 * 86_400_000_000;

export function addEquitiesFetch(equities: Command): void {
  equitiesCommand(equities, "fetch [symbols...]")
    .description(
      "Ask a vendor for candles, splits and dividends (default: of all configured symbols, for the last year)",
    )
    .option("--vendor <vendor>", "yahoo, or alphavantage with its key in ALPHAVANTAGE_API_KEY", "yahoo")
    .option("--interval <interval>", "1d, 1h, 30m, 15m, 5m or 1m", "1d")
    .option("--start <time>", "from this time on; Alpha Vantage gives all there is")
    .option("--end <time>", "before this time")
    .action(async (symbols: readonly string[], options: FetchOptions) => {
      const endUs = timeUs("--end", options.end) ?? Date.now() * 1000;
      const reports: LandedReport[] = [];
      try {
        await fetchEquities(equitiesConfig(options), {
          symbols,
          vendor: vendorOf(options.vendor),
          interval: options.interval,
          startUs: timeUs("--start", options.start) ?? endUs - YEAR_US,
          endUs,
          key: process.env["ALPHAVANTAGE_API_KEY"],
          onWait: (reason, waitMs) =>
            void process.stderr.write(`waits ${(waitMs / 1000).toFixed(1)} s, for the vendor said: ${reason}\n`),
          onLanded: (report) => void reports.push(report),
          signal: stopSignal(),
        });
      } finally {
        if (reports.length > 0) {
          process.stdout.write(`${options.json === true ? JSON.stringify(reports, null, 2) : landedTable(reports)}\n`);
        }
      }
    });
}
