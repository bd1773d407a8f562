import { crc32 } from "node:zlib";
import { bookChanges, fixed, type MarketBook, type MarketLevel, shortest } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocol.ts";

const BEST = 100;

/** The changes of the book, its best levels anew, and its orders. */
export const bookChannels: readonly BookChannel[] = [
  {
    name: "diff_order_book",
    topic: (symbol) => `diff_order_book_${symbol}`,
    change(before, moment) {
      const changes = bookChanges(before, moment.book);
      return bookFrame("diff_order_book", moment, {
        bids: changes.filter(({ isBid }) => isBid),
        asks: changes.filter(({ isBid }) => !isBid),
      });
    },
  },
  {
    name: "order_book",
    topic: (symbol) => `order_book_${symbol}`,
    snapshot: (moment) => bookFrame("order_book", moment, best(moment.book)),
    change: (_before, moment) => bookFrame("order_book", moment, best(moment.book)),
  },
  {
    name: "live_orders",
    topic: (symbol) => `live_orders_${symbol}`,
    change: (before, moment) => orderFrames(before, moment),
  },
];

interface Sides {
  readonly bids: readonly MarketLevel[];
  readonly asks: readonly MarketLevel[];
}

function best({ bids, asks }: MarketBook): Sides {
  return { bids: bids.slice(0, BEST), asks: asks.slice(0, BEST) };
}

function bookFrame(name: string, { book, listing }: BookMoment, { bids, asks }: Sides): BookFrame {
  const pairs = (levels: readonly MarketLevel[]): string =>
    `[${levels.map((level) => `[${levelTexts(level, listing)}]`).join(",")}]`;
  return {
    head:
      `{"data":{${timeFields(book)},"bids":${pairs(bids)},"asks":${pairs(asks)}},` +
      `"channel":"${name}_${listing.symbol}","event":"data"}`,
  };
}

/** One order rests at each level: where the level's size is another, so is the order. What goes goes first. */
function orderFrames(before: MarketBook | undefined, { book, listing }: BookMoment): readonly BookFrame[] {
  const was = new Map<string, MarketLevel>();
  for (const level of before?.bids ?? []) was.set(`true ${level.price}`, level);
  for (const level of before?.asks ?? []) was.set(`false ${level.price}`, level);
  const changes = bookChanges(before, book);
  const gone = changes.flatMap(({ isBid, price }) => {
    const level = was.get(`${isBid} ${price}`);
    return level === undefined ? [] : [{ ...level, isBid }];
  });
  return [
    ...gone.map((order) => orderFrame("order_deleted", order, book, listing)),
    ...changes.filter(({ size }) => size > 0).map((order) => orderFrame("order_created", order, book, listing)),
  ];
}

interface Resting extends MarketLevel {
  readonly isBid: boolean;
}

function orderFrame(
  event: "order_created" | "order_deleted",
  order: Resting,
  book: MarketBook,
  listing: FeedListing,
): BookFrame {
  const { priceScale, sizeScale } = listing.market;
  const { price, size, isBid } = order;
  const id = orderId(order);
  const amount = fixed(size, sizeScale);
  return {
    head:
      `{"data":{"id":${id},"id_str":"${id}","order_type":${isBid ? 0 : 1},"datetime":"${Math.floor(book.last.timeUs / 1_000_000)}",` +
      `"microtimestamp":"${book.last.timeUs}","amount":${shortest(size, sizeScale)},"amount_str":"${amount}","amount_traded":"0",` +
      `"amount_at_create":"${amount}","price":${shortest(price, priceScale)},"price_str":"${fixed(price, priceScale)}"},` +
      `"channel":"live_orders_${listing.symbol}","event":"${event}"}`,
  };
}

/**
 * Of what rests at a price in a size: the same at any time, as the simulated book itself is. Below 2^53. A level that leaves
 * the book's reach and comes back in the same size has its old id, which a real venue's order never has.
 */
function orderId({ price, size, isBid }: Resting): number {
  const text = `${isBid ? "b" : "a"}${price}/${size}`;
  return 1_000_000_000_000_000 + crc32(text) * 1_048_576 + (crc32(`${text}.`) & 0xfffff);
}

/** The whole book as it is asked for over HTTP: `group=2` with orders' ids. */
export function orderBook({ book, listing }: BookMoment, { hasIds }: { readonly hasIds: boolean }): string {
  const side = (levels: readonly MarketLevel[], isBid: boolean): string =>
    levels
      .map((level) => `[${levelTexts(level, listing)}${hasIds ? `,"${orderId({ ...level, isBid })}"` : ""}]`)
      .join(",");
  return `{${timeFields(book)},"bids":[${side(book.bids, true)}],"asks":[${side(book.asks, false)}]}`;
}

function timeFields({ last }: MarketBook): string {
  return `"timestamp":"${Math.floor(last.timeUs / 1_000_000)}","microtimestamp":"${last.timeUs}"`;
}

function levelTexts({ price, size }: MarketLevel, { market }: FeedListing): string {
  return `"${fixed(price, market.priceScale)}","${fixed(size, market.sizeScale)}"`;
}
