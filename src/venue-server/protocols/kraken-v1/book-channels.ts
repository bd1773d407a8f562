import { crc32 } from "node:zlib";
import { bookChanges, fixed, type MarketBook, type MarketLevel } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocol.ts";
import { channelId } from "./channels.ts";

const DEPTHS = [10, 25, 100, 500, 1000];
const CHECKSUM_LEVELS = 10;
/** Prices have at least so many decimals on the wire. */
const PRICE_DECIMALS_MIN = 5;

const NOTHING: MarketLevel = { price: 0, size: 0 };

/** `book` at each depth, and `spread` at each change of the best bid or ask. */
export const bookChannels: readonly BookChannel[] = [
  ...DEPTHS.map((depth) => ({
    name: `book-${depth}`,
    topic: (pair: string) => `book-${depth}|${pair}`,
    snapshot: ({ book, listing }: BookMoment): BookFrame => ({
      head:
        `[${channelId("book", listing.symbol)},{"as":${levels(book.asks.slice(0, depth), book, listing)},` +
        `"bs":${levels(book.bids.slice(0, depth), book, listing)}},"book-${depth}","${listing.symbol}"]`,
    }),
    change(before: MarketBook | undefined, { book, listing }: BookMoment): BookFrame | undefined {
      const changes = bookChanges(before, book, { depth });
      const asks = changes.filter(({ isBid }) => !isBid);
      const bids = changes.filter(({ isBid }) => isBid);
      const sides = [
        ...(asks.length > 0 ? [`{"a":${levels(asks, book, listing)}`] : []),
        ...(bids.length > 0 ? [`{"b":${levels(bids, book, listing)}`] : []),
      ];
      if (sides.length === 0) return undefined;
      // The checksum stands with the last of them.
      const payload = `${sides.join("},")},"c":"${checksum(book, listing)}"}`;
      return { head: `[${channelId("book", listing.symbol)},${payload},"book-${depth}","${listing.symbol}"]` };
    },
  })),
  {
    name: "spread",
    topic: (pair) => `spread|${pair}`,
    snapshot: (moment) => spreadFrame(moment),
    change: (_before, moment) => spreadFrame(moment),
  },
];

/** [price, volume, time] */
function levels(those: readonly MarketLevel[], { last }: MarketBook, listing: FeedListing): string {
  const time = fixed(last.timeUs, 6);
  return `[${those.map((level) => `["${priceText(level, listing)}","${sizeText(level, listing)}","${time}"]`).join(",")}]`;
}

/** ["bid","ask","time","bid volume","ask volume"] */
function spreadFrame({ book, listing }: BookMoment): BookFrame {
  const [bid = NOTHING] = book.bids;
  const [ask = NOTHING] = book.asks;
  const values = [
    priceText(bid, listing),
    priceText(ask, listing),
    fixed(book.last.timeUs, 6),
    sizeText(bid, listing),
    sizeText(ask, listing),
  ];
  return { head: `[${channelId("spread", listing.symbol)},["${values.join('","')}"],"spread","${listing.symbol}"]` };
}

function priceText({ price }: MarketLevel, { market }: FeedListing): string {
  const padding = "0".repeat(Math.max(0, PRICE_DECIMALS_MIN - market.priceScale));
  return fixed(price, market.priceScale) + (market.priceScale === 0 && padding !== "" ? "." : "") + padding;
}

function sizeText({ size }: MarketLevel, { market }: FeedListing): string {
  return fixed(size, market.sizeScale);
}

/**
 * The ten best asks, then the ten best bids: price and volume each without point and leading zeros.
 *
 * @see https://docs.kraken.com/exchange/guides/spot-websocket-v1/book-checksum
 */
function checksum({ asks, bids }: MarketBook, listing: FeedListing): number {
  const best = [...asks.slice(0, CHECKSUM_LEVELS), ...bids.slice(0, CHECKSUM_LEVELS)];
  const digits = (text: string): string => text.replace(".", "").replace(/^0+/, "");
  return crc32(best.map((level) => digits(priceText(level, listing)) + digits(sizeText(level, listing))).join(""));
}
