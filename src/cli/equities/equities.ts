import type { Command } from "commander";
import { addEquityBars } from "./bars.ts";
import { addEquitiesFetch } from "./fetch.ts";
import { addEquitiesImport } from "./import.ts";
import { addEquitiesList } from "./list.ts";
import { addEquitiesPublish } from "./publish.ts";

/** `k2 equities …`: shares, their daily and intraday candles, splits and dividends. */
export function addEquities(program: Command): void {
  const equities = program
    .command("equities")
    .description("Shares: candles as vendors publish them, splits and dividends, prices raw and adjusted at any time")
    .showHelpAfterError("(k2 equities --help lists the commands, k2 equities <command> --help explains one)")
    .addHelpText(
      "after",
      `
Vendors' answers are kept as they came, with what they say in silver.candles, silver.corporate_actions and silver.tickers.
Nothing is overwritten: what a vendor says differently later is one more row, and --as-of asks for what was known when.
The data are real, so they lie with those of \`k2 up --live\`.

Examples:
  k2 equities import AAPL.csv.gz daily_adjusted_MSFT.csv      Yahoo, yfinance and Alpha Vantage files, told by their content
  k2 equities fetch AAPL-XNAS-EQ --start 2024-01-01           ask the vendor that the configuration names
  k2 equities bars AAPL --start 2024-01-01                    as traded
  k2 equities adjusted AAPL --as-of 2020-08-28                in the shares, and with the dividends, of that time
  k2 equities publish AAPL-XNAS-EQ MSFT-XNAS-EQ --every 15s   last prices at a cadence`,
    );
  for (const add of [addEquitiesImport, addEquitiesFetch, addEquityBars, addEquitiesList, addEquitiesPublish])
    add(equities);
}
