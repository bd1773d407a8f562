import {
  type Bar,
  formatInstant,
  formatShortest,
  type Listing,
  naturalPrice,
  naturalSize,
  SOURCES,
} from "../domain/index.ts";
import { naturalPriceText, naturalSizeText, shortest, vwapText } from "./natural-values.ts";
import type { BarRow } from "./query.ts";

/** What orders bars, and tells one from another within an interval. */
export interface BarKey {
  readonly startUs: number;
  readonly venue: string;
  readonly rawSymbol: string;
}

/** A bar with its time as a number. */
export interface KeyedBar {
  readonly startUs: number;
  readonly row: BarRow;
}

/** By time, venue and raw symbol, as DuckDB orders them: text by its bytes. */
export function compareBars(a: BarKey, b: BarKey): number {
  if (a.startUs !== b.startUs) return a.startUs - b.startUs;
  if (a.venue !== b.venue) return Buffer.compare(Buffer.from(a.venue), Buffer.from(b.venue));
  return a.rawSymbol === b.rawSymbol ? 0 : Buffer.compare(Buffer.from(a.rawSymbol), Buffer.from(b.rawSymbol));
}

export function keyOf({ startUs, row }: KeyedBar): BarKey {
  return { startUs, venue: row.venue, rawSymbol: row.rawSymbol };
}

/** Read from both sources, for selectBarRows(). */
export const BAR_COLUMNS: readonly string[] = [
  "venue",
  "symbol",
  "raw_symbol",
  "interval",
  "start",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "quote_volume",
  "buy_volume",
  "sell_volume",
  "trades",
  "unit",
  "revision",
  "known_at",
  "cause",
  "source",
];
/** SQL of the rows that barRow() reads. */
export function selectBarRows(relation: string): string {
  return `SELECT venue, symbol, raw_symbol, "interval", epoch_us("start")::DOUBLE, open, high, low, close, volume, quote_volume,
    buy_volume, sell_volume, trades::DOUBLE, unit, revision, epoch_us(known_at)::DOUBLE, cause, source FROM ${relation}`;
}

/** In the order of selectBarRows(). */
export type SelectedBar = readonly [
  venue: string,
  symbol: string,
  rawSymbol: string,
  interval: BarRow["interval"],
  startUs: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  quoteVolume: string,
  buyVolume: string,
  sellVolume: string,
  trades: number,
  unit: string,
  revision: number,
  knownUs: number,
  cause: string,
  source: string,
];

export function barRow(row: SelectedBar): KeyedBar {
  const [venue, symbol, rawSymbol, interval, startUs, open, high, low, close, volume, quote, buy, sell] = row;
  const [trades, unit, revision, knownUs, cause, source] = row.slice(13) as unknown as readonly [
    number,
    string,
    number,
    number,
    string,
    string,
  ];
  const naturalVolume = naturalSizeText(volume, unit);
  const quoteVolume = shortest(quote);
  return {
    startUs,
    row: {
      venue,
      symbol,
      rawSymbol,
      interval,
      start: formatInstant(startUs),
      open: naturalPriceText(open, unit),
      high: naturalPriceText(high, unit),
      low: naturalPriceText(low, unit),
      close: naturalPriceText(close, unit),
      volume: naturalVolume,
      quoteVolume,
      buyVolume: naturalSizeText(buy, unit),
      sellVolume: naturalSizeText(sell, unit),
      vwap: vwapText(quoteVolume, naturalVolume),
      trades,
      revision,
      knownAt: formatInstant(knownUs),
      cause,
      complete: true,
      source,
    },
  };
}

/** A bar as the API shows it. */
export function barRowOf(bar: Bar, { venue, symbol, rawSymbol, unitExponent }: Listing): BarRow {
  const price = (mantissa: bigint): string => formatShortest(naturalPrice(mantissa, unitExponent));
  const size = (mantissa: bigint): string => formatShortest(naturalSize(mantissa, unitExponent));
  const quoteVolume = formatShortest({ mantissa: bar.quoteVolume, scale: 16 });
  return {
    venue,
    symbol,
    rawSymbol,
    interval: bar.interval,
    start: formatInstant(bar.startUs),
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: size(bar.volume),
    quoteVolume,
    buyVolume: size(bar.buyVolume),
    sellVolume: size(bar.sellVolume),
    vwap: vwapText(quoteVolume, size(bar.volume)),
    trades: bar.trades,
    revision: bar.revision,
    knownAt: formatInstant(bar.knownAtUs),
    cause: bar.cause,
    complete: bar.complete,
    source: SOURCES[bar.source] ?? "import",
  };
}
