import type { Command } from "commander";
import {
  openOffline,
  type QualityRow,
  type QueryEngine,
  type QuoteQualityRow,
  qualityFinding,
  quoteFinding,
} from "../app/index.ts";
import { InvalidInputError } from "../base/index.ts";
import { parseInstant } from "../domain/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { textTable } from "./text-table.ts";

interface QualityCommandOptions extends CommonOptions {
  readonly symbol?: string;
  readonly venue?: string;
  readonly minutes: string;
  readonly rows: string;
  readonly json?: boolean;
}

const MINUTE_US = 60_000_000;
const ROWS_MAX = 10_000;

export function addQuality(program: Command): void {
  withCommonOptions(program.command("quality"))
    .description("How good the last minutes of each listing were, the worst first: trades, then best bids and asks")
    .option("--symbol <symbols>", "only these, joined by commas")
    .option("--venue <venues>", "only these, joined by commas")
    .option("--minutes <number>", "how far back from the newest minute", "10")
    .option("--rows <number>", "of each table at the most", "20")
    .option("--json", "all rows of these minutes, as the API answers them")
    .addHelpText(
      "after",
      `
Examples:
  k2 quality                              the last ten minutes
  k2 quality --venue kraken --minutes 60  an hour of one venue
  k2 quality --symbol BTC-USDT-SPOT       one instrument at all its venues

Trades:  a gap open, a silent venue, records in quarantine, far fewer trades than the minutes before lead to
         expect, a price off the other venues', prices or sizes far off those before, trades out of order.
Quotes:  where feeds have channels of books or quotes: the spread in basis points, how much of the minute both
         sides were known, and for how long the venue was locked or crossed with another.

Each judgement is a row of ops.quality or ops.quote_quality: k2 tables ops.quality explains the columns,
docs/data-quality.md the flags. Nothing is ever dropped or changed by them.`,
    )
    .action(async (options: QualityCommandOptions) => {
      const [minutes, rowsMax] = [wholeOf("--minutes", options.minutes), wholeOf("--rows", options.rows)];
      await using offline = await openOffline(configOf(options));
      const filter = { symbols: split(options.symbol), venues: split(options.venue) };
      const trades = await lastMinutes((range) => offline.query.quality({ ...filter, ...range }), minutes);
      const quotes = await lastMinutes((range) => offline.query.quoteQuality({ ...filter, ...range }), minutes);
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ trades, quotes }, null, 2)}\n`
          : `${qualityText({ trades, quotes }, rowsMax)}\n`,
      );
    });
}

type Range = Pick<Parameters<QueryEngine["quality"]>[0], "order" | "limit" | "startUs">;

/** Those of the newest minute and of `minutes - 1` before it, the newest first. */
async function lastMinutes<Row extends { readonly start: string }>(
  ask: (range: Range) => Promise<{ readonly rows: readonly Row[] }>,
  minutes: number,
): Promise<readonly Row[]> {
  const [newest] = (await ask({ order: "descending", limit: 1, startUs: undefined })).rows;
  if (newest === undefined) return [];
  const startUs = (parseInstant(newest.start)?.us ?? 0) - (minutes - 1) * MINUTE_US;
  return (await ask({ order: "descending", limit: ROWS_MAX, startUs })).rows;
}

/** The worst first, of equals the newest. */
export function qualityText(
  { trades, quotes }: { readonly trades: readonly QualityRow[]; readonly quotes: readonly QuoteQualityRow[] },
  rowsMax: number,
): string {
  if (trades.length === 0 && quotes.length === 0)
    return "No minute was judged yet. The first is told two seconds after its end, while K2 runs (k2 up)";
  const parts = [
    `${trades.length} minutes of trades (ops.quality)`,
    textTable(
      [
        "minute",
        "venue",
        "symbol",
        "trades",
        "expected",
        "p50",
        "p99",
        "gap",
        "refused",
        "duplicates",
        "out of order",
        "outliers",
        "flags",
        "what is wrong",
      ],
      worst(trades, qualityFinding, rowsMax).map(([row, problem]) => [
        minuteText(row.start),
        row.venue,
        row.symbol,
        row.trades,
        row.expectedTrades,
        milliseconds(row.latencyP50Us),
        milliseconds(row.latencyP99Us),
        secondsOrNone(row.gapUs),
        row.refused || "",
        row.duplicates || "",
        row.outOfOrder === 0 ? "" : `${((row.outOfOrder / row.trades) * 100).toFixed(1)} %`,
        row.priceOutliers + row.sizeOutliers || "",
        row.flags.join(" "),
        problem,
      ]),
    ),
  ];
  if (quotes.length > 0) {
    parts.push(
      `${quotes.length} minutes of best bids and asks (ops.quote_quality)`,
      textTable(
        [
          "minute",
          "venue",
          "symbol",
          "quoted",
          "changes",
          "spread",
          "locked",
          "crossed",
          "with",
          "flags",
          "what is wrong",
        ],
        worst(quotes, quoteFinding, rowsMax).map(([row, problem]) => [
          minuteText(row.start),
          row.venue,
          row.symbol,
          `${Math.round((row.quotedUs / MINUTE_US) * 100)} %`,
          row.changes,
          row.spreadMeanPpb === null ? "" : `${(row.spreadMeanPpb / 100_000).toFixed(3)} bp`,
          secondsOrNone(row.lockedUs),
          secondsOrNone(row.crossedUs),
          row.crossedWith ?? row.lockedWith,
          row.flags.join(" "),
          problem,
        ]),
      ),
    );
  }
  return parts.join("\n\n");
}

function worst<Row extends { readonly start: string }>(
  rows: readonly Row[],
  findingOf: (row: Row) => { readonly weight: number; readonly problem: string },
  rowsMax: number,
): readonly (readonly [Row, string])[] {
  return rows
    .map((row) => ({ row, ...findingOf(row) }))
    .sort((a, b) => b.weight - a.weight || b.row.start.localeCompare(a.row.start))
    .slice(0, rowsMax)
    .map(({ row, problem }) => [row, problem] as const);
}

/** To the minute: `2026-11-21 08:30`. */
function minuteText(start: string): string {
  return start.slice(0, 16).replace("T", " ");
}

function milliseconds(us: number | null): string {
  return us === null ? "" : `${(us / 1000).toFixed(1)} ms`;
}

function secondsOrNone(us: number): string {
  return us === 0 ? "" : `${(us / 1_000_000).toFixed(1)} s`;
}

function split(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(",");
}

function wholeOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidInputError(`${name} must be a whole number above 0, not ${text}`);
  return value;
}
