import type { MarketListing } from "./listings.ts";
import type { Fill } from "./market-model.ts";

/** What rests at a price, in the listing's mantissas. */
export interface MarketLevel {
  readonly price: number;
  readonly size: number;
}

/** A listing's whole book, each side from its best level on. */
export interface MarketBook {
  /** The trade after which it stands so. */
  readonly last: Fill;
  readonly bids: readonly MarketLevel[];
  readonly asks: readonly MarketLevel[];
}

/** A level that is other than it was; size 0: it is gone. */
export interface MarketLevelChange extends MarketLevel {
  readonly isBid: boolean;
}

/** Ticks a side that may hold a level. */
const REACH = 150;
/** As in the model: the ask is this share of the price above the bid, or one tick. */
const SPREAD_SHARE = 0.000_02;
/** One level of so many is empty, but for the best. */
const EMPTY_ONE_OF = 5;
const PERIOD_MIN = 3;
const PERIODS = 40;
const SIZE_MANTISSA_MAX = 2 ** 51;

/**
 * The book as it stands after a trade: the price of a buy is the best ask, that of a sell the best bid. Nothing else is
 * remembered: the same listing and trade give the same book, so that it can be had at any time.
 *
 * What rests at a level stays for a few trades, for another while at each level; at the best it changes with every trade.
 */
export function marketBook(listing: MarketListing, last: Fill): MarketBook {
  const level = Math.max(1, Math.round(last.price / listing.tick));
  const spread = Math.max(1, Math.round(level * SPREAD_SHARE));
  const bid = last.isBuy ? level - spread : level;
  const ask = last.isBuy ? level : level + spread;
  return { last, bids: side(listing, last, bid, -1), asks: side(listing, last, ask, 1) };
}

function side(listing: MarketListing, { ordinal }: Fill, best: number, step: -1 | 1): readonly MarketLevel[] {
  const levels: MarketLevel[] = [];
  for (let away = 0; away < REACH; away += 1) {
    const level = best + away * step;
    if (level < 1) break;
    const luck = mixed(mixed(listing.index * 2 + (step > 0 ? 1 : 0), level), Math.floor(level / 0x1_0000_0000));
    const period = PERIOD_MIN + (luck % PERIODS);
    const turn = mixed(luck, away === 0 ? ordinal : Math.floor((ordinal + (luck >>> 8)) / period));
    if (away > 0 && turn % EMPTY_ONE_OF === 0) continue;
    levels.push({ price: level * listing.tick, size: sizeOf(listing, level, turn) });
  }
  return levels;
}

/** One to sixteen times the median order, in whole lots. */
function sizeOf(listing: MarketListing, level: number, turn: number): number {
  const { asset, contractUsd, lot, priceScale, sizeScale, tick } = listing;
  const usd = asset.medianUsd * 16 ** (turn / 0x1_0000_0000);
  const lotUsd = (contractUsd ?? level * tick * 10 ** -priceScale) * lot * 10 ** -sizeScale;
  const lotsMax = Math.floor(SIZE_MANTISSA_MAX / lot);
  return Math.min(lotsMax, Math.max(1, Math.round(usd / lotUsd))) * lot;
}

/**
 * What turns the best levels of one book into those of another.
 *
 * @param before undefined: nothing is known, and all levels are told
 * @param options.depth levels a side that are looked at; what only falls out of them is not told
 */
export function bookChanges(
  before: MarketBook | undefined,
  after: MarketBook,
  { depth = Number.POSITIVE_INFINITY }: { readonly depth?: number } = {},
): readonly MarketLevelChange[] {
  return [true, false].flatMap((isBid) => {
    const was = isBid ? before?.bids : before?.asks;
    const is = isBid ? after.bids : after.asks;
    const shownBefore = new Map((was ?? []).slice(0, depth).map(({ price, size }) => [price, size]));
    const isThere = new Set(is.map(({ price }) => price));
    const gone = [...shownBefore.keys()]
      .filter((price) => !isThere.has(price))
      .map((price) => ({ isBid, price, size: 0 }));
    const other = is.slice(0, depth).filter(({ price, size }) => shownBefore.get(price) !== size);
    return [...gone, ...other.map((level) => ({ isBid, ...level }))];
  });
}

/** Two whole numbers as one that looks random, in [0, 2^32). */
function mixed(a: number, b: number): number {
  let value = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b | 0, 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}
