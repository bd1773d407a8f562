import type { Command } from "commander";
import { publishQuotes, type QuoteEvent } from "../../app/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import { formatInstant, formatShortest } from "../../domain/index.ts";
import {
  durationMs,
  type EquitiesOptions,
  equitiesCommand,
  equitiesConfig,
  stopSignal,
  vendorOf,
} from "./equities-command.ts";

interface PublishOptions extends EquitiesOptions {
  readonly vendor: string;
  readonly every: string;
  readonly commitEvery: string;
  readonly rounds?: string;
}

export function addEquitiesPublish(equities: Command): void {
  equitiesCommand(equities, "publish [symbols...]")
    .description("Ask for last prices at a cadence; each is a line here and a row of silver.tickers. Ctrl-C ends it")
    .option("--vendor <vendor>", "yahoo, or alphavantage with its key in ALPHAVANTAGE_API_KEY", "yahoo")
    .option("--every <duration>", "between the beginnings of two rounds", "15s")
    .option("--commit-every <duration>", "into the tables", "60s")
    .option("--rounds <number>", "end after so many")
    .action(async (symbols: readonly string[], options: PublishOptions) => {
      const rounds = options.rounds === undefined ? undefined : Number(options.rounds);
      if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0))
        throw new InvalidInputError(`--rounds must be a whole number above 0, not ${options.rounds}`);
      const report = await publishQuotes(equitiesConfig(options), {
        symbols,
        vendor: vendorOf(options.vendor),
        cadenceMs: durationMs("--every", options.every),
        commitAgeMs: durationMs("--commit-every", options.commitEvery),
        roundsMax: rounds,
        key: process.env["ALPHAVANTAGE_API_KEY"],
        onQuote: (event, symbol) => void process.stdout.write(`${line(event, symbol, options.json === true)}\n`),
        signal: stopSignal(),
      });
      process.stderr.write(`${report.quotes} quotes, ${report.failures} failures, ${report.commits} commits\n`);
      if (report.quotes === 0 && report.failures > 0) process.exitCode = 1;
    });
}

function line(event: QuoteEvent, symbol: string, asJson: boolean): string {
  if (event.kind === "failed")
    return asJson ? JSON.stringify({ symbol, failed: event.detail }) : `${symbol}: ${event.detail}`;
  const { quote, fetched } = event;
  const price = formatShortest(quote.price);
  const [time, received] = [formatInstant(quote.timeUs), formatInstant(fetched.knownAtUs)];
  const currency = fetched.answer.currency;
  return asJson
    ? JSON.stringify({ symbol, price, currency, time, received })
    : `${received}  ${symbol}  ${price}${currency === undefined ? "" : ` ${currency}`}  last traded ${time}`;
}
