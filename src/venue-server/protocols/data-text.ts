import { fixed, type MarketListing, type MarketSpan, marketDerivative } from "../market/index.ts";
import type { DataMoment } from "./protocol.ts";

/** Intervals of the simulated candles, microseconds. */
export const INTERVALS = { "1m": 60e6, "5m": 300e6, "15m": 900e6, "1h": 3600e6, "1d": 86_400e6 } as const;
export type Interval = keyof typeof INTERVALS;
export const INTERVAL_NAMES: readonly Interval[] = ["1m", "5m", "15m", "1h", "1d"];

const SECOND_US = 1_000_000;

/** A span's numbers as texts with all their digits. */
export interface SpanTexts {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly buyVolume: string;
  /** Quote currency. */
  readonly quoteVolume: string;
  readonly buyQuoteVolume: string;
  /** Average price by volume, cut to two digits more than prices have. */
  readonly average: string;
}

export function spanTexts(span: MarketSpan, market: MarketListing): SpanTexts {
  const { priceScale, sizeScale, lot } = market;
  const price = (mantissa: number): string => fixed(mantissa, priceScale);
  const size = (lots: number): string => fixedWhole(BigInt(lots) * BigInt(lot), sizeScale);
  const quote = (notional: bigint): string => shortestWhole(notional, priceScale + sizeScale);
  const sizes = BigInt(span.lots) * BigInt(lot);
  return {
    open: price(span.open),
    high: price(span.high),
    low: price(span.low),
    close: price(span.close),
    volume: size(span.lots),
    buyVolume: size(span.buyLots),
    quoteVolume: quote(span.notional),
    buyQuoteVolume: quote(span.buyNotional),
    average: fixedWhole(sizes === 0n ? 0n : (span.notional * 100n) / sizes, priceScale + 2),
  };
}

/** What a derivative's message says, as texts. */
export interface DerivativeTexts {
  readonly markPrice: string;
  readonly indexPrice: string;
  /** A fraction with eight digits. */
  readonly fundingRate: string;
  readonly nextFundingMs: number;
  /** As sizes are counted. */
  readonly openInterest: string;
}

export function derivativeTexts({ book, listing }: Pick<DataMoment, "book" | "listing">): DerivativeTexts {
  const { priceScale, sizeScale, lot } = listing.market;
  const { markPrice, indexPrice, fundingRate, nextFundingUs, openInterest } = marketDerivative(book);
  return {
    markPrice: fixed(markPrice, priceScale + 2),
    indexPrice: fixed(indexPrice, priceScale + 2),
    fundingRate: (fundingRate < 0 ? "-" : "") + fixed(Math.abs(fundingRate), 8),
    nextFundingMs: nextFundingUs / 1000,
    openInterest: fixedWhole(BigInt(openInterest) * BigInt(lot), sizeScale),
  };
}

/** The smallest steps of a listing's prices and sizes. */
export function steps({ priceScale, tick, sizeScale, lot }: MarketListing): {
  readonly price: string;
  readonly size: string;
} {
  return { price: fixed(tick, priceScale), size: fixed(lot, sizeScale) };
}

/** The candle that ended with the last order, if one did, and the one that runs. */
export function candlesOf(
  { tape }: DataMoment,
  interval: Interval,
): readonly { readonly candle: MarketSpan; readonly isClosed: boolean }[] {
  const intervalUs = INTERVALS[interval];
  const running = tape.candle(intervalUs);
  const ended = tape.ended(intervalUs);
  return [
    ...(ended === undefined ? [] : [{ candle: ended, isClosed: true }]),
    ...(running === undefined ? [] : [{ candle: running, isClosed: false }]),
  ];
}

/** Milliseconds since the Unix epoch of the last order. */
export function timeMs({ order }: Pick<DataMoment, "order">): number {
  return Math.floor((order.fills[0]?.timeUs ?? 0) / 1000);
}

/** Whether the order came in another of so many seconds than the one before: what venues tell at a pace of theirs. */
export function isDue({ order, timeUsBefore }: DataMoment, everySeconds = 1): boolean {
  const periodUs = everySeconds * SECOND_US;
  return Math.floor((order.fills[0]?.timeUs ?? 0) / periodUs) !== Math.floor(timeUsBefore / periodUs);
}

function fixedWhole(mantissa: bigint, scale: number): string {
  if (scale === 0) return String(mantissa);
  const digits = String(mantissa).padStart(scale + 1, "0");
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function shortestWhole(mantissa: bigint, scale: number): string {
  const text = fixedWhole(mantissa, scale);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
