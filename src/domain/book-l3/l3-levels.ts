import { ASK, BID, type BookLevels } from "../book/book-levels.ts";
import type { Int64Map } from "./int64-map.ts";
import { int64, type L3Side } from "./l3-side.ts";
import type { OrderQueue } from "./order-queue.ts";

/** One order as it rests; the readable form, for edges and tests. */
export interface RestingOrder {
  /** Unsigned. */
  readonly id: bigint;
  readonly side: number;
  readonly price: bigint;
  readonly size: bigint;
}

const TWO_32 = 4_294_967_296;
/** A high half from here on is beyond what a double holds exactly. */
const EXACT_HIGH_END = 2_097_152;

/** What of an order-level book can be read: its levels, best first, and their queues. It is always as the book is. */
export class L3Levels {
  readonly #orders: OrderQueue;
  readonly #byId: Int64Map;
  readonly #bids: L3Side;
  readonly #asks: L3Side;

  constructor(parts: { orders: OrderQueue; byId: Int64Map; bids: L3Side; asks: L3Side }) {
    this.#orders = parts.orders;
    this.#byId = parts.byId;
    this.#bids = parts.bids;
    this.#asks = parts.asks;
  }

  /** A bid at or above an ask. */
  get isCrossed(): boolean {
    const bids = this.#bids.ranks;
    const asks = this.#asks.ranks;
    return bids.length > 0 && asks.length > 0 && bids.hasMet(asks);
  }

  /** Levels on a side. */
  depth(side: number): number {
    return (side === BID ? this.#bids : this.#asks).ranks.length;
  }

  /** @param rank 0 is the best level; below `depth(side)` */
  price(side: number, rank: number): bigint {
    return (side === BID ? this.#bids : this.#asks).ranks.price(rank);
  }

  /** The price as a double: NaN where that would not be exact. */
  priceNumber(side: number, rank: number): number {
    return (side === BID ? this.#bids : this.#asks).ranks.priceNumber(rank);
  }

  /** All that rests at the level, orders without a name included. */
  size(side: number, rank: number): bigint {
    const ladder = side === BID ? this.#bids : this.#asks;
    return ladder.size(ladder.at(rank));
  }

  /** The size as a double: NaN where that would not be exact. */
  sizeNumber(side: number, rank: number): number {
    const ladder = side === BID ? this.#bids : this.#asks;
    const level = ladder.at(rank);
    const high = ladder.sizeHigh(level);
    return high >= EXACT_HIGH_END ? Number.NaN : high * TWO_32 + (ladder.sizeLow(level) >>> 0);
  }

  /** Known orders at the level. */
  orderCountAt(side: number, rank: number): number {
    const ladder = side === BID ? this.#bids : this.#asks;
    return ladder.count(ladder.at(rank));
  }

  /** Orders of a level in the order in which they are served. */
  ordersAt(side: number, rank: number): readonly RestingOrder[] {
    const ladder = side === BID ? this.#bids : this.#asks;
    const found: RestingOrder[] = [];
    for (let order = ladder.first(ladder.at(rank)); order !== 0; order = this.#orders.next(order)) {
      found.push(this.#readable(order));
    }
    return found;
  }

  /** The order of that id, as it rests. */
  order(id: bigint): RestingOrder | undefined {
    const order = this.#byId.get(Number(BigInt.asIntN(32, id >> 32n)), Number(BigInt.asIntN(32, id)));
    return order < 0 ? undefined : this.#readable(order);
  }

  /** What is served before an order at its price: the orders, and their size with what has no name there. */
  ahead(id: bigint): { readonly orders: number; readonly size: bigint } | undefined {
    const order = this.#byId.get(Number(BigInt.asIntN(32, id >> 32n)), Number(BigInt.asIntN(32, id)));
    if (order < 0) return undefined;
    const ladder = this.#orders.side(order) === BID ? this.#bids : this.#asks;
    let orders = 0;
    let size = ladder.unnamed(this.#orders.level(order));
    for (let other = this.#orders.previous(order); other !== 0; other = this.#orders.previous(other)) {
      orders += 1;
      size += int64(this.#orders.sizeHigh(other), this.#orders.sizeLow(other));
    }
    return { orders, size };
  }

  /** Appends the best levels, bids and then asks, best first: what OrderBook.replace takes. */
  copyLevels(into: BookLevels, depthMax: number = Number.POSITIVE_INFINITY): void {
    for (const side of [BID, ASK]) {
      const ladder = side === BID ? this.#bids : this.#asks;
      const depth = Math.min(depthMax, ladder.ranks.length);
      for (let rank = 0; rank < depth; rank += 1) pushLevel(into, side, ladder, ladder.at(rank));
    }
  }

  #readable(order: number): RestingOrder {
    const orders = this.#orders;
    const side = orders.side(order);
    const ladder = side === BID ? this.#bids : this.#asks;
    const level = orders.level(order);
    return {
      id: BigInt.asUintN(64, int64(orders.idHigh(order), orders.idLow(order))),
      side,
      price: int64(ladder.priceHigh(level), ladder.priceLow(level)),
      size: int64(orders.sizeHigh(order), orders.sizeLow(order)),
    };
  }
}

/** Appends a level with the size that rests there now. */
export function pushLevel(into: BookLevels, side: number, ladder: L3Side, level: number): void {
  const row = into.nextRow();
  into.side[row] = side;
  into.price.setHalves(row, ladder.priceHigh(level), ladder.priceLow(level));
  into.size.setHalves(row, ladder.sizeHigh(level), ladder.sizeLow(level));
  into.length += 1;
}
