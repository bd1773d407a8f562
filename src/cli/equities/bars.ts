import type { Command } from "commander";
import { type PriceBasis, type ShownEquities, showEquities } from "../../app/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import { formatShortest } from "../../domain/index.ts";
import { textTable } from "../text-table.ts";
import {
  asOfUs,
  dayOrTime,
  type EquitiesOptions,
  equitiesCommand,
  equitiesConfig,
  timeUs,
  vendorOf,
} from "./equities-command.ts";

interface BarsOptions extends EquitiesOptions {
  readonly vendor: string;
  readonly interval: string;
  readonly start?: string;
  readonly end?: string;
  readonly asOf?: string;
  readonly rows: string;
  readonly basis?: string;
  readonly digits?: string;
}

export function addEquityBars(equities: Command): void {
  barsCommand(equities, "bars <symbol>")
    .description("Candles as they were traded, never as a vendor has adjusted them since")
    .action((symbol: string, options: BarsOptions) => showBars(symbol, options, "raw"));
  barsCommand(equities, "adjusted <symbol>")
    .description("Candles adjusted for splits and dividends, as known at a time: derived, never stored")
    .option("--basis <basis>", "full: splits and dividends; splits: those alone", "full")
    .option("--digits <number>", "after the point, at most; the only place where anything is rounded", "6")
    .action((symbol: string, options: BarsOptions) => showBars(symbol, options, basisOf(options.basis)));
  barsCommand(equities, "actions <symbol>")
    .description("Splits and dividends, as known at a time")
    .action(async (symbol: string, options: BarsOptions) => {
      const shown = await ask(symbol, options, "raw");
      const { actions } = shown;
      print(options, actions, () =>
        textTable(
          ["ex-date", "action", "terms", "known at", "batch"],
          actions.map((action) => [
            dayOrTime(action.exDateUs),
            action.kind,
            action.kind === "split"
              ? `${action.to} for ${action.from}`
              : `${formatShortest(action.amount)}${action.adjustment === "splits" ? " a share of the time it was known" : ""}`,
            dayOrTime(action.knownAtUs),
            action.batch.slice(0, 12),
          ]),
        ),
      );
    });
}

function barsCommand(equities: Command, usage: string): Command {
  return equitiesCommand(equities, usage)
    .option("--vendor <vendor>", "yahoo or alphavantage", "yahoo")
    .option("--interval <interval>", "1d, 1h, 30m, 15m, 5m or 1m", "1d")
    .option("--start <time>", "from this time on")
    .option("--end <time>", "before this time")
    .option("--as-of <time>", "what was known, and had happened, then (default: now)")
    .option("--rows <number>", "show at most so many, the newest", "30");
}

function ask(symbol: string, options: BarsOptions, basis: PriceBasis): Promise<ShownEquities> {
  return showEquities(equitiesConfig(options), {
    symbol,
    vendor: vendorOf(options.vendor),
    interval: options.interval,
    startUs: timeUs("--start", options.start),
    endUs: timeUs("--end", options.end),
    asOfUs: asOfUs(options.asOf),
    basis,
    digits: wholeNumber("--digits", options.digits ?? "6", 18),
  });
}

async function showBars(symbol: string, options: BarsOptions, basis: PriceBasis): Promise<void> {
  const rowsMax = wholeNumber("--rows", options.rows, 1_000_000);
  const shown = await ask(symbol, options, basis);
  const bars = shown.bars.slice(-rowsMax || shown.bars.length);
  const rows = bars.map((bar) => [dayOrTime(bar.startUs), bar.open, bar.high, bar.low, bar.close, bar.volume]);
  const what = { raw: "as traded", splits: "in shares of that time", full: "adjusted for splits and dividends" }[basis];
  process.stderr.write(`${shown.symbol} from ${shown.vendor}, ${what}, as known at ${dayOrTime(shown.asOfUs)}\n`);
  for (const reason of shown.ignored) process.stderr.write(`not applied: ${reason}\n`);
  if (bars.length === 0) process.stderr.write(`${whyNone(shown, options)}\n`);
  print(options, bars, () => textTable(["start", "open", "high", "low", "close", "volume"], rows));
  if (bars.length < shown.bars.length) {
    process.stderr.write(`${shown.bars.length - bars.length} older ones are not shown; --rows shows more\n`);
  }
}

/** For who asks for what is not there. */
function whyNone({ symbol, vendor, asOfUs, knownFromUs }: ShownEquities, { interval }: BarsOptions): string {
  if (knownFromUs === undefined)
    return `there is no ${interval} series of ${symbol} from ${vendor}: k2 equities list shows what there is, import and fetch get more`;
  if (asOfUs >= knownFromUs) return "none of them lies in the time asked for";
  return (
    `nothing of it was known before ${dayOrTime(knownFromUs)}: ask --as-of then or later, ` +
    "or import what the vendor had said earlier, with --known-at where the file does not tell when"
  );
}

function print(options: EquitiesOptions, value: unknown, text: () => string): void {
  const plainly = (_name: string, member: unknown): unknown =>
    typeof member === "bigint" ? member.toString() : member;
  process.stdout.write(`${options.json === true ? JSON.stringify(value, plainly, 2) : text()}\n`);
}

function basisOf(text = "full"): PriceBasis {
  if (text === "full" || text === "splits") return text;
  throw new InvalidInputError(`--basis must be full or splits, not ${text}; k2 equities bars shows what was traded`);
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && value <= maximum) return value;
  throw new InvalidInputError(`${option} must be a whole number up to ${maximum}, not ${text}`);
}
