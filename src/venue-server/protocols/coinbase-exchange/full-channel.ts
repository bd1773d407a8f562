import {
  type Fill,
  type MarketBook,
  type MarketLevel,
  type MarketListing,
  type Order,
  shortest,
} from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment, FeedListing } from "../protocol.ts";
import { pseudoUuid } from "../pseudo-uuid.ts";
import { isoMicroseconds } from "../time-text.ts";
import { makerId, takerId } from "./channels.ts";

/** Levels a side whose orders are told, and answered for: the simulated book moves as a whole, and a frame an order is much. */
const DEPTH = 25;

/**
 * `full`: what happened to each order of the simulated book with each taker order. What goes is canceled, what is traded
 * away comes first, then the taker, and then what comes; no book is crossed between two messages.
 */
export const fullChannel: BookChannel = {
  name: "full",
  topic: (product) => `full|${product}`,
  change(before, moment, order) {
    const script = new Script(moment);
    const { market } = moment.listing;
    const [was, is] = [shown(before), shown(moment.book)];
    const leaving = levelsOf(was).filter((level) => leaves(level, is, order));
    for (const level of leaving) for (const resting of ordersOf(level, market)) script.done(resting, resting.size);
    const makers = order.fills.map((fill) => makerOf(fill, market));
    for (const maker of makers) maker.comes(script);
    const taker = { id: takerId(market, order.number), isBid: order.fills[0]?.isBuy === true };
    script.receivedMarket(taker.id, taker.isBid, order.fills);
    for (const maker of makers) maker.trades(script, taker.id);
    script.doneMarket(taker.id, taker.isBid);
    for (const maker of makers) maker.goes(script);
    for (const level of arriving(was, leaving, is))
      for (const resting of ordersOf(level, market)) script.comes(resting, resting.size);
    return script.frames;
  },
};

/** The book over HTTP. Its sequence is that of the last message of `full`. @param detail 1 the best, 2 by price, 3 by order */
export function productBook({ book, listing, messages }: BookMoment, detail: 1 | 2 | 3): string {
  const { market } = listing;
  const { bids, asks } = shown(book);
  const side = (levels: readonly MarketLevel[], isBid: boolean): string =>
    (detail === 1 ? levels.slice(0, 1) : levels)
      .flatMap((level) => {
        const orders = ordersOf({ ...level, isBid }, market);
        return detail === 3
          ? orders.map((resting) => `[${numbers(resting, market)},"${resting.id}"]`)
          : [`[${numbers(level, market)},${orders.length}]`];
      })
      .join(",");
  return (
    `{"bids":[${side(bids, true)}],"asks":[${side(asks, false)}],"sequence":${listing.sequence(messages)},` +
    `"auction_mode":false,"auction":null,"time":"${isoMicroseconds(book.last.timeUs)}"}`
  );
}

type Sides = Pick<MarketBook, "bids" | "asks">;

function shown(book: MarketBook | undefined): Sides {
  return { bids: book?.bids.slice(0, DEPTH) ?? [], asks: book?.asks.slice(0, DEPTH) ?? [] };
}

interface SidedLevel extends MarketLevel {
  readonly isBid: boolean;
}

interface Resting extends SidedLevel {
  readonly id: string;
}

function levelsOf({ bids, asks }: Sides): readonly SidedLevel[] {
  return [...bids.map((level) => ({ ...level, isBid: true })), ...asks.map((level) => ({ ...level, isBid: false }))];
}

/** What is not there any more, or would stand in the way of the trades: makers come at their prices, and nothing crosses them. */
function leaves({ isBid, price, size }: SidedLevel, after: Sides, { fills }: Order): boolean {
  const isStill = (isBid ? after.bids : after.asks).some((level) => level.price === price && level.size === size);
  return !isStill || fills.some((fill) => (isBid ? price >= fill.price : price <= fill.price));
}

/** What is new, and what left though it is there. */
function arriving(before: Sides, leaving: readonly SidedLevel[], after: Sides): readonly SidedLevel[] {
  const keyOf = ({ isBid, price, size }: SidedLevel): string => `${isBid} ${price} ${size}`;
  const gone = new Set(leaving.map(keyOf));
  const staying = new Set(
    levelsOf(before)
      .map(keyOf)
      .filter((key) => !gone.has(key)),
  );
  return levelsOf(after).filter((level) => !staying.has(keyOf(level)));
}

/**
 * A level's orders, one to three. They are those of a price and a size: the same at any time, as the simulated book itself is.
 * A level that goes and comes back in the same size has its old orders, which a real venue never has.
 */
function ordersOf({ isBid, price, size }: SidedLevel, { index, lot }: MarketListing): readonly Resting[] {
  const lots = size / lot;
  const count = Math.min(lots, 1 + (((price / lot + lots) % 3) | 0));
  return Array.from({ length: count }, (_, part) => {
    const share = Math.floor(lots / count);
    const id = pseudoUuid(index, price, size, 16 * part + (isBid ? 5 : 4));
    return { isBid, price, id, size: (part === 0 ? lots - share * (count - 1) : share) * lot };
  });
}

interface Maker {
  comes(script: Script): void;
  trades(script: Script, taker: string): void;
  goes(script: Script): void;
}

/**
 * Who is traded away in a fill, in one of four ways: its order is as large as the fill; or larger, and the rest is canceled; or
 * larger, and is reduced before; or it is moved to its price.
 */
function makerOf(fill: Fill, market: MarketListing): Maker {
  const order: Resting = {
    id: makerId(market, fill),
    isBid: !fill.isBuy,
    price: fill.price,
    size: fill.size,
  };
  const way = fill.ordinal % 4;
  const extra = way === 1 || way === 2 ? market.lot * 3 : 0;
  const away = order.isBid ? -market.tick : market.tick;
  const first = way === 3 ? { ...order, price: Math.max(market.tick, order.price + away) } : order;
  return {
    comes(script) {
      script.comes(first, order.size + extra);
      if (way === 2) script.reduced(order, order.size + extra);
      if (way === 3) script.moved(first, order);
    },
    trades(script, taker) {
      script.match(fill, order, taker);
      if (way !== 1) script.done({ ...order, size: 0 }, 0);
    },
    goes(script) {
      if (way === 1) script.done(order, extra);
    },
  };
}

/** Messages of one time, each with the next number of its product. */
class Script {
  readonly frames: BookFrame[] = [];
  readonly #listing: FeedListing;
  readonly #messages: number;
  readonly #time: string;

  constructor({ listing, messages, book }: BookMoment) {
    this.#listing = listing;
    this.#messages = messages;
    this.#time = isoMicroseconds(book.last.timeUs);
  }

  comes(order: Resting, size: number): void {
    const { price } = this.#texts(order);
    const text = this.#size(size);
    this.#say(
      "received",
      order.isBid,
      `"order_id":"${order.id}","order_type":"limit","size":"${text}","price":"${price}"`,
    );
    this.#say("open", order.isBid, `"price":"${price}","order_id":"${order.id}","remaining_size":"${text}"`);
  }

  receivedMarket(id: string, isBid: boolean, fills: readonly Fill[]): void {
    const size = this.#size(fills.reduce((sum, fill) => sum + fill.size, 0));
    this.#say("received", isBid, `"order_id":"${id}","order_type":"market","size":"${size}"`);
  }

  match(fill: Fill, maker: Resting, taker: string): void {
    const { price, size } = this.#texts(maker);
    this.#say(
      "match",
      maker.isBid,
      `"trade_id":${this.#listing.tradeId(fill.ordinal)},"maker_order_id":"${maker.id}","taker_order_id":"${taker}","size":"${size}","price":"${price}"`,
    );
  }

  /** @param left 0: it was filled */
  done(order: Resting, left: number): void {
    const { price } = this.#texts(order);
    const reason = left === 0 ? "filled" : "canceled";
    this.#say(
      "done",
      order.isBid,
      `"order_id":"${order.id}","reason":"${reason}","price":"${price}","remaining_size":"${this.#size(left)}"`,
    );
  }

  doneMarket(id: string, isBid: boolean): void {
    this.#say("done", isBid, `"order_id":"${id}","reason":"filled"`);
  }

  reduced(order: Resting, from: number): void {
    const { price, size } = this.#texts(order);
    this.#say(
      "change",
      order.isBid,
      `"order_id":"${order.id}","reason":"STP","old_size":"${this.#size(from)}","new_size":"${size}","price":"${price}"`,
    );
  }

  moved(from: Resting, to: Resting): void {
    const { price, size } = this.#texts(to);
    this.#say(
      "change",
      to.isBid,
      `"order_id":"${to.id}","reason":"modify_order","old_size":"${size}","new_size":"${size}","old_price":"${this.#texts(from).price}","new_price":"${price}"`,
    );
  }

  #say(type: string, isBid: boolean, fields: string): void {
    const { symbol } = this.#listing;
    const sequence = this.#listing.sequence(this.#messages + this.frames.length + 1);
    this.frames.push({
      head: `{${fields},"type":"${type}","side":"${isBid ? "buy" : "sell"}","product_id":"${symbol}","time":"${this.#time}","sequence":${sequence}}`,
    });
  }

  #texts({ price, size }: MarketLevel): { readonly price: string; readonly size: string } {
    return { price: shortest(price, this.#listing.market.priceScale), size: this.#size(size) };
  }

  #size(size: number): string {
    return shortest(size, this.#listing.market.sizeScale);
  }
}

function numbers({ price, size }: MarketLevel, { priceScale, sizeScale }: MarketListing): string {
  return `"${shortest(price, priceScale)}","${shortest(size, sizeScale)}"`;
}
