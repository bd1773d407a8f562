import type { Command } from "commander";
import { importFiles } from "../app/index.ts";
import { createLogger } from "../base/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { ImportProgressLine } from "./import-progress.ts";
import { importReportText } from "./import-text.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

interface ImportCommandOptions extends CommonOptions {
  readonly format: string;
  readonly symbol: readonly string[];
  readonly venue?: string;
  readonly mapping?: string;
  readonly definitions?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const EXIT_STOPPED = 130;

export function addImport(program: Command): void {
  withCommonOptions(program.command("import <files...>"))
    .description("Take history in from files, once and exactly, by the path of live data")
    .option("--format <format>", "what the files are; auto tells by name and first line", "auto")
    .option(
      "--symbol <symbol>",
      "an instrument of the files: BTC-USDT-SPOT, or XBTUSD=BTC-USD-SPOT; may be given again",
      (symbol: string, before: readonly string[]) => [...before, symbol],
      [],
    )
    .option("--venue <venue>", "market of the rows, where the format does not say it")
    .option("--mapping <file>", "a JSON file that says which columns are what (CSV, NDJSON, Parquet)")
    .option("--definitions <file>", "Databento's definitions: what the instruments of its other files are called")
    .option("--dry-run", "read and check everything, write nothing")
    .option("--json", "the report as JSON")
    .addHelpText("after", HELP)
    .action(async (paths: readonly string[], options: ImportCommandOptions) => {
      const config = configOf({ ...options, live: true });
      const stopped = new AbortController();
      void stopOnSignal().then(() => stopped.abort());
      const line = new ImportProgressLine(process.stderr);
      try {
        const report = await importFiles(config, {
          paths,
          format: options.format,
          symbols: options.symbol,
          venue: options.venue,
          mappingPath: options.mapping,
          definitionsPath: options.definitions,
          dryRun: options.dryRun === true,
          signal: stopped.signal,
          onProgress: (progress) => line.show(progress),
          logger: createLogger(config.log),
        });
        line.end();
        process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : importReportText(report));
      } catch (error) {
        line.end();
        if (!stopped.signal.aborted) throw error;
        process.stderr.write(
          "Stopped. What was read is kept; the same command goes on behind it, and adds nothing twice\n",
        );
        process.exitCode = EXIT_STOPPED;
      }
    });
}

const HELP = `
Formats:
  binance-trades, -aggtrades                 Binance's public dumps (data.binance.vision) of spot,
  binance-usdm-trades, -aggtrades              USD-M and
  binance-coinm-trades, -aggtrades             COIN-M; with and without header, times in ms or µs
  bybit-trades, bybit-spot-trades            Bybit's public archives (public.bybit.com)
  kraken-trades                              Kraken's downloadable time and sales
  binance-klines, -usdm-, -coinm-klines      Binance's own candles
  bybit-contracts-books, bybit-spot-books    Bybit's archive of order books (ob500)
  tardis-trades, -quotes, -incremental-book-l2, -book-snapshot-5, -book-snapshot-25,
    -derivative-ticker, -liquidations        Tardis' CSV
  asx-trades, asx-quotes                     ASX ticks
  lean-equity-trades, -quotes, -bars, -quote-bars
    and the same of lean-crypto              Lean's ticks and bars of trades and quotes
  lean-forex-quotes, -quote-bars; lean-fxcm- forex: Oanda's, and FXCM's
  databento-trades, -quotes, -books, -orders,
    -bars, -definitions                      Databento's DBN and CSV, by what they hold
  lobster-trades, lobster-orders             LOBSTER's message files
  bitstamp-orders                            logs of Bitstamp's live orders
  (with --mapping)                           any CSV, NDJSON or Parquet: docs/import.md

Files may be plain, .gz, .zst or .zip. Rows go to the data of k2 up --live, marked source = 'import'. Trades that K2 has are
known by their ids and not doubled; interior holes are filled and their bars revised; what cannot be read goes to
silver.quarantine with its row. An import that was stopped or killed goes on where it was when it is started again, and
a file that was imported adds nothing. k2 up must not run on the same data meanwhile.

Examples:
  k2 import BTCUSDT-trades-2025-01-15.zip
  k2 import --dry-run BTCUSDT-aggTrades-2025-*.zip
  k2 import XBTUSD.csv --symbol XBTUSD=BTC-USD-SPOT
  k2 import ticks.parquet --mapping ticks.json
  k2 import trades.dbn.zst --venue cme --definitions definitions.dbn.zst
  k2 sql --live "SELECT symbol, count(*), min(ts_event), max(ts_event) FROM trades WHERE source = 'import' GROUP BY ALL"`;
