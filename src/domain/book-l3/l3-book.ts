import { ASK, BID, type BookLevels } from "../book/book-levels.ts";
import { Int64Map } from "./int64-map.ts";
import {
  COLD,
  CONTRADICTED,
  DUPLICATE_ORDER,
  EXCESS_SIZE,
  GAP,
  L3Doubts,
  OUT_OF_BOUNDS,
  UNKNOWN_ORDER,
} from "./l3-doubts.ts";
import { L3Levels, pushLevel } from "./l3-levels.ts";
import { L3Side } from "./l3-side.ts";
import {
  ORDER_ADD,
  ORDER_CLEAR,
  ORDER_EXECUTE,
  ORDER_MODIFY,
  ORDER_REDUCE,
  ORDER_REMOVE,
  ORDER_SIDE_NONE,
  type OrderEvents,
} from "./order-events.ts";
import { OrderQueue } from "./order-queue.ts";
import { Tombstones } from "./tombstones.ts";

/** The book has changed as the event says. */
export const L3_APPLIED = 0;
/** The event changes no book: a trade told apart, a status. */
export const L3_NO_EFFECT = 1;
/** It came too late, of an order that is dead or known better already: nothing was done, and nothing is wrong. */
export const L3_LATE = 2;
/** The order that it takes from does not rest: nothing was done. */
export const L3_UNKNOWN = 3;
/** It could not be taken as it is, and the nearest was done: see `doubts`. */
export const L3_DOUBTFUL = 4;
/** A size of zero or below, no side, or beyond what the book holds: the order, in its new state, does not rest. */
export const L3_REFUSED = 5;

/** What costs an order its place in the queue when it is modified; a venue's rule. A new price always does. */
export type PriorityRule = "size-increase" | "any-change" | "price-change";

export interface L3BookOptions {
  /** Orders at once; more are refused, and said so. */
  readonly ordersMax?: number;
  /**
   * Dead orders to remember, where the source's lines may be out of order: then an event of a dead order is late rather
   * than a new order, and so is the birth of one that rests already. 0: the source's order is the venue's.
   */
  readonly deadMax?: number;
  /** By default a larger size goes to the end of the queue and a smaller one stays, as on CME and Nasdaq. */
  readonly priority?: PriorityRule;
  /** Gets a row with the new size of each level that an event changes, so that an aggregated book can follow. */
  readonly changes?: BookLevels;
}

const ORDERS_MAX = 4_000_000;

/**
 * The book of one instrument, order by order: what rests at each price, in which queue, exact. Sizes and prices are signed
 * 64-bit mantissas in halves; neither a BigInt nor an object is made for an event.
 *
 * It takes events as they come and never throws at them. What cannot be right it counts as a doubt, until a snapshot
 * begins the book again: `doubts` says whether the book follows from a snapshot and every event since, `isCrossed` whether
 * what it shows can be.
 */
export class L3Book {
  readonly doubts: L3Doubts = new L3Doubts();
  /** What rests. */
  readonly levels: L3Levels;
  /** Events of orders that were dead, or known better, when they came. */
  lateEvents = 0;
  readonly dead: Tombstones;
  readonly #orders = new OrderQueue();
  readonly #byId = new Int64Map();
  readonly #bids: L3Side;
  readonly #asks: L3Side;
  readonly #ordersMax: number;
  readonly #isOrdered: boolean;
  readonly #priority: PriorityRule;
  readonly #changes: BookLevels | undefined;

  constructor({ ordersMax = ORDERS_MAX, deadMax = 0, priority = "size-increase", changes }: L3BookOptions = {}) {
    this.#ordersMax = ordersMax;
    this.#isOrdered = deadMax === 0;
    this.dead = new Tombstones(deadMax);
    this.#priority = priority;
    this.#changes = changes;
    this.#bids = new L3Side(BID, this.#orders);
    this.#asks = new L3Side(ASK, this.#orders);
    this.levels = new L3Levels({ orders: this.#orders, byId: this.#byId, bids: this.#bids, asks: this.#asks });
    this.doubts.add(COLD);
  }

  /** Orders that rest. */
  get orderCount(): number {
    return this.#orders.count;
  }

  /** Dead orders that are remembered. */
  get deadCount(): number {
    return this.dead.size;
  }

  /** A bid at or above an ask. Only true between two events of a venue, in an auction, or where the book is wrong. */
  get isCrossed(): boolean {
    return this.levels.isCrossed;
  }

  /** Whether the book follows from a snapshot and every event since, and shows no crossed prices. */
  get isProven(): boolean {
    return this.doubts.isNone && !this.isCrossed;
  }

  /** Takes the event in a row. @returns L3_APPLIED and the rest */
  apply(events: OrderEvents, row: number): number {
    switch (events.action[row]) {
      case ORDER_ADD:
        return this.#add(events, row);
      case ORDER_MODIFY:
        return this.#modify(events, row);
      case ORDER_REDUCE:
      case ORDER_EXECUTE:
        return this.#reduce(events, row);
      case ORDER_REMOVE:
        return this.#remove(events, row);
      case ORDER_CLEAR:
        return this.clearSide(events.side[row] ?? ORDER_SIDE_NONE);
      default:
        return L3_NO_EFFECT;
    }
  }

  /** Begins the book again, empty and without a doubt: a snapshot of every order follows, or there is none. */
  begin(): void {
    this.clearSide(ORDER_SIDE_NONE);
    this.doubts.clear();
  }

  /** Lets no order rest any more: of BID, of ASK, or of both with ORDER_SIDE_NONE. Doubts remain. @returns L3_APPLIED */
  clearSide(side: number): number {
    for (const each of [BID, ASK]) {
      if (side !== each && side !== ORDER_SIDE_NONE) continue;
      const ladder = each === BID ? this.#bids : this.#asks;
      for (let rank = ladder.ranks.length - 1; rank >= 0; rank -= 1) {
        const level = ladder.at(rank);
        this.#forget(ladder, level);
        ladder.setUnnamed(level, 0, 0);
        this.#changed(each, level);
      }
      ladder.clear();
    }
    return L3_APPLIED;
  }

  /** The source says that it has lost messages: until the next `begin` the book is not to be believed. */
  loseTrack(): void {
    this.doubts.add(GAP);
  }

  /**
   * Takes what a snapshot by price says of one level, for sources that show no order before it changes. Orders known there
   * stay where they fit into the size, and what is beyond them has no name; where they do not fit they are forgotten.
   * Size zero: nothing rests there.
   *
   * @returns L3_APPLIED, or L3_REFUSED where the size is below zero
   */
  reveal(side: number, { price, size }: { readonly price: bigint; readonly size: bigint }): number {
    if (size < 0n) return this.#refuse();
    const ladder = side === BID ? this.#bids : this.#asks;
    const level = ladder.open(Number(price >> 32n), Number(BigInt.asIntN(32, price)));
    const known = ladder.size(level) - ladder.unnamed(level);
    let unnamed = size - known;
    if (unnamed < 0n) {
      this.doubts.add(CONTRADICTED);
      this.#forget(ladder, level);
      unnamed = size;
    }
    ladder.setUnnamed(level, Number(unnamed >> 32n), Number(BigInt.asIntN(32, unnamed)));
    this.#changed(side, level);
    return L3_APPLIED;
  }

  /**
   * Forgets which orders rest at a price and keeps the size: for sources that vouch for a level's size more than for its
   * orders. @returns whether any was known
   */
  forgetOrders(side: number, priceHigh: number, priceLow: number): boolean {
    const ladder = side === BID ? this.#bids : this.#asks;
    const level = ladder.find(priceHigh, priceLow);
    if (level === 0 || ladder.count(level) === 0) return false;
    const sizeHigh = ladder.sizeHigh(level);
    const sizeLow = ladder.sizeLow(level);
    this.doubts.add(CONTRADICTED);
    this.#forget(ladder, level);
    ladder.setUnnamed(level, sizeHigh, sizeLow);
    return true;
  }

  #add(events: OrderEvents, row: number): number {
    const idHigh = events.order.high(row);
    const idLow = events.order.low(row);
    if (this.dead.has(idHigh, idLow)) return this.#late();
    const resting = this.#byId.get(idHigh, idLow);
    if (resting >= 0 && !this.#isOrdered) return this.#late();
    if (!this.#canTake(events, row)) return this.#refuse();
    if (resting >= 0) {
      this.doubts.add(DUPLICATE_ORDER);
      this.#take(resting);
    }
    const verdict = this.#place(events, row);
    return resting >= 0 && verdict === L3_APPLIED ? L3_DOUBTFUL : verdict;
  }

  #modify(events: OrderEvents, row: number): number {
    const idHigh = events.order.high(row);
    const idLow = events.order.low(row);
    if (this.dead.has(idHigh, idLow)) return this.#late();
    const order = this.#byId.get(idHigh, idLow);
    const sizeHigh = events.size.high(row);
    const sizeLow = events.size.low(row);
    if (order >= 0 && (sizeHigh | sizeLow) === 0) return this.#bury(order);
    if (!this.#canTake(events, row)) return this.#refuse();
    if (order < 0) {
      this.doubts.add(UNKNOWN_ORDER);
      const verdict = this.#place(events, row);
      return verdict === L3_APPLIED ? L3_DOUBTFUL : verdict;
    }
    if (!this.#staysInPlace(order, events, row)) {
      this.#take(order);
      return this.#place(events, row);
    }
    return this.#resize(order, sizeHigh, sizeLow);
  }

  /** Whether a modified order keeps its place in its queue. */
  #staysInPlace(order: number, events: OrderEvents, row: number): boolean {
    const side = this.#orders.side(order);
    const level = this.#orders.level(order);
    const ladder = side === BID ? this.#bids : this.#asks;
    if (side !== events.side[row]) return false;
    if (ladder.priceHigh(level) !== events.price.high(row) || ladder.priceLow(level) !== events.price.low(row))
      return false;
    if (this.#priority === "price-change") return true;
    const sizeHigh = events.size.high(row);
    const sizeLow = events.size.low(row);
    if (this.#priority === "any-change")
      return sizeHigh === this.#orders.sizeHigh(order) && sizeLow === this.#orders.sizeLow(order);
    return !isBelow(this.#orders.sizeHigh(order), this.#orders.sizeLow(order), sizeHigh, sizeLow);
  }

  #resize(order: number, sizeHigh: number, sizeLow: number): number {
    const side = this.#orders.side(order);
    const level = this.#orders.level(order);
    const ladder = side === BID ? this.#bids : this.#asks;
    const oldHigh = this.#orders.sizeHigh(order);
    const oldLow = this.#orders.sizeLow(order);
    ladder.shrink(level, oldHigh, oldLow);
    if (!ladder.hasRoom(level, sizeHigh, sizeLow)) {
      ladder.grow(level, oldHigh, oldLow);
      return this.#refuse();
    }
    ladder.grow(level, sizeHigh, sizeLow);
    this.#orders.setSize(order, sizeHigh, sizeLow);
    this.#changed(side, level);
    return L3_APPLIED;
  }

  #reduce(events: OrderEvents, row: number): number {
    const idHigh = events.order.high(row);
    const idLow = events.order.low(row);
    const sizeHigh = events.size.high(row);
    const sizeLow = events.size.low(row);
    if (sizeHigh < 0) return this.#refuse();
    const order = this.#byId.get(idHigh, idLow);
    if (order < 0) return this.#takeUnnamed(events, row);
    const orders = this.#orders;
    if (!isBelow(sizeHigh, sizeLow, orders.sizeHigh(order), orders.sizeLow(order))) {
      const isExact = sizeHigh === orders.sizeHigh(order) && sizeLow === orders.sizeLow(order);
      if (!isExact) this.doubts.add(EXCESS_SIZE);
      this.#bury(order);
      return isExact ? L3_APPLIED : L3_DOUBTFUL;
    }
    const side = orders.side(order);
    const level = orders.level(order);
    const ladder = side === BID ? this.#bids : this.#asks;
    const low = (orders.sizeLow(order) >>> 0) - (sizeLow >>> 0);
    orders.setSize(order, orders.sizeHigh(order) - sizeHigh - (low < 0 ? 1 : 0), low);
    ladder.shrink(level, sizeHigh, sizeLow);
    this.#changed(side, level);
    return L3_APPLIED;
  }

  #remove(events: OrderEvents, row: number): number {
    const idHigh = events.order.high(row);
    const idLow = events.order.low(row);
    const order = this.#byId.get(idHigh, idLow);
    if (order >= 0) return this.#bury(order);
    if (this.dead.has(idHigh, idLow)) return this.#late();
    this.dead.add(idHigh, idLow);
    return this.#takeUnnamed(events, row);
  }

  /** An order that is not known shrinks or goes: it was part of what has no name at its price, if there is such. */
  #takeUnnamed(events: OrderEvents, row: number): number {
    if (this.dead.has(events.order.high(row), events.order.low(row)) && events.action[row] !== ORDER_REMOVE)
      return this.#late();
    const side = events.side[row] ?? ORDER_SIDE_NONE;
    const ladder = side === BID ? this.#bids : this.#asks;
    const level = side === ORDER_SIDE_NONE ? 0 : ladder.find(events.price.high(row), events.price.low(row));
    const hasUnnamed = level !== 0 && ladder.hasUnnamed(level);
    const rest = hasUnnamed ? ladder.unnamed(level) - events.size.get(row) : 0n;
    // Where known orders rest too, it cannot be told which of them is not as it is known: nothing is done.
    if (!hasUnnamed || (rest < 0n && ladder.count(level) > 0)) {
      this.doubts.add(UNKNOWN_ORDER);
      return L3_UNKNOWN;
    }
    if (rest < 0n) this.doubts.add(EXCESS_SIZE);
    const kept = rest < 0n ? 0n : rest;
    ladder.setUnnamed(level, Number(kept >> 32n), Number(BigInt.asIntN(32, kept)));
    this.#changed(side, level);
    return rest < 0n ? L3_DOUBTFUL : L3_APPLIED;
  }

  /** Whether a new state of an order is one that can rest: a side, and a size above zero. */
  #canTake(events: OrderEvents, row: number): boolean {
    const sizeHigh = events.size.high(row);
    return events.side[row] !== ORDER_SIDE_NONE && sizeHigh >= 0 && (sizeHigh | events.size.low(row)) !== 0;
  }

  /** Lets an order rest, last in the queue of its price. */
  #place(events: OrderEvents, row: number): number {
    const side = events.side[row] === BID ? BID : ASK;
    const ladder = side === BID ? this.#bids : this.#asks;
    const sizeHigh = events.size.high(row);
    const sizeLow = events.size.low(row);
    const level = ladder.open(events.price.high(row), events.price.low(row));
    if (this.#orders.count >= this.#ordersMax || !ladder.hasRoom(level, sizeHigh, sizeLow)) {
      ladder.settle(level);
      return this.#refuse();
    }
    const idHigh = events.order.high(row);
    const idLow = events.order.low(row);
    const order = this.#orders.allocate(idHigh, idLow, side);
    this.#orders.setSize(order, sizeHigh, sizeLow);
    this.#byId.set(idHigh, idLow, order);
    ladder.append(level, order);
    this.#changed(side, level);
    return L3_APPLIED;
  }

  /** Takes an order out; it may come back. */
  #take(order: number): void {
    const side = this.#orders.side(order);
    const level = this.#orders.level(order);
    (side === BID ? this.#bids : this.#asks).extract(level, order);
    this.#byId.delete(this.#orders.idHigh(order), this.#orders.idLow(order));
    this.#orders.release(order);
    this.#changed(side, level);
  }

  /** Takes an order out for good. */
  #bury(order: number): number {
    this.dead.add(this.#orders.idHigh(order), this.#orders.idLow(order));
    this.#take(order);
    return L3_APPLIED;
  }

  /** Orders of a level are known no more; its size is the caller's to set. */
  #forget(ladder: L3Side, level: number): void {
    for (let order = ladder.first(level); order !== 0; order = ladder.first(level)) {
      ladder.extract(level, order);
      this.#byId.delete(this.#orders.idHigh(order), this.#orders.idLow(order));
      this.#orders.release(order);
    }
  }

  #late(): number {
    this.lateEvents += 1;
    return L3_LATE;
  }

  #refuse(): number {
    this.doubts.add(OUT_OF_BOUNDS);
    return L3_REFUSED;
  }

  /** Tells the level's new size, and lets it go where nothing rests. */
  #changed(side: number, level: number): void {
    const ladder = side === BID ? this.#bids : this.#asks;
    if (this.#changes !== undefined) pushLevel(this.#changes, side, ladder, level);
    ladder.settle(level);
  }
}

function isBelow(high: number, low: number, thanHigh: number, thanLow: number): boolean {
  return high < thanHigh || (high === thanHigh && low >>> 0 < thanLow >>> 0);
}
