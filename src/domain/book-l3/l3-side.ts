import { BookSide } from "../book/book-side.ts";
import { Int64Map } from "./int64-map.ts";
import type { OrderQueue } from "./order-queue.ts";

/** 32-bit words of a level: price, size of all that rests, size that no known order stands for, orders, first and last. */
const STRIDE = 10;
const PRICE = 0;
const SIZE = 2;
const UNNAMED = 4;
const COUNT = 6;
const FIRST = 7;
const LAST = 8;
const CAPACITY_MIN = 64;

/**
 * One side of an order-level book: each level with its size, the number of its orders and their queue. A level is named
 * by a slot, a whole number above 0; the sorted side of the aggregated book serves as the index from rank to slot, so
 * that it is touched only when a level comes or goes.
 */
export class L3Side {
  readonly ranks: BookSide;
  readonly #byPrice = new Int64Map();
  readonly #orders: OrderQueue;
  #words = new Int32Array(CAPACITY_MIN * STRIDE);
  #free = 0;
  #used = 1;

  /** @param side BID or ASK */
  constructor(side: number, orders: OrderQueue) {
    this.ranks = new BookSide(side);
    this.#orders = orders;
  }

  /** @returns the level's slot, 0 where nothing rests at the price */
  find(priceHigh: number, priceLow: number): number {
    const slot = this.#byPrice.get(priceHigh, priceLow);
    return slot < 0 ? 0 : slot;
  }

  /** The level of a price, made where there is none; an empty one is to be filled or given to `settle` at once. */
  open(priceHigh: number, priceLow: number): number {
    const found = this.#byPrice.get(priceHigh, priceLow);
    if (found > 0) return found;
    const slot = this.#allocate();
    const at = slot * STRIDE;
    this.#words.fill(0, at, at + STRIDE);
    this.#words[at + PRICE] = priceHigh;
    this.#words[at + PRICE + 1] = priceLow;
    this.#byPrice.set(priceHigh, priceLow, slot);
    this.ranks.set(priceHigh, priceLow, 0, slot);
    return slot;
  }

  /** Whether the level's size plus this still is a signed 64-bit number. */
  hasRoom(level: number, sizeHigh: number, sizeLow: number): boolean {
    const at = level * STRIDE + SIZE;
    const low = ((this.#words[at + 1] ?? 0) >>> 0) + (sizeLow >>> 0);
    return (this.#words[at] ?? 0) + sizeHigh + (low > 0xffff_ffff ? 1 : 0) <= 0x7fff_ffff;
  }

  /** Puts an order, its size set, last in the level's queue. */
  append(level: number, order: number): void {
    const at = level * STRIDE;
    const words = this.#words;
    const last = words[at + LAST] ?? 0;
    this.#orders.link(order, last, level);
    words[at + LAST] = order;
    if (last === 0) words[at + FIRST] = order;
    words[at + COUNT] = (words[at + COUNT] ?? 0) + 1;
    this.grow(level, this.#orders.sizeHigh(order), this.#orders.sizeLow(order));
  }

  /** Takes an order, with its size, out of the level; the level stays, even empty, until `settle`. */
  extract(level: number, order: number): void {
    const orders = this.#orders;
    const at = level * STRIDE;
    const words = this.#words;
    orders.unlink(order);
    if (words[at + FIRST] === order) words[at + FIRST] = orders.next(order);
    if (words[at + LAST] === order) words[at + LAST] = orders.previous(order);
    words[at + COUNT] = (words[at + COUNT] ?? 0) - 1;
    this.shrink(level, orders.sizeHigh(order), orders.sizeLow(order));
  }

  grow(level: number, sizeHigh: number, sizeLow: number): void {
    add(this.#words, level * STRIDE + SIZE, sizeHigh, sizeLow);
  }

  shrink(level: number, sizeHigh: number, sizeLow: number): void {
    subtract(this.#words, level * STRIDE + SIZE, sizeHigh, sizeLow);
  }

  /** Lets a level go in which nothing rests any more. */
  settle(level: number): void {
    const at = level * STRIDE;
    const words = this.#words;
    if (((words[at + SIZE] ?? 0) | (words[at + SIZE + 1] ?? 0) | (words[at + COUNT] ?? 0)) !== 0) return;
    const high = words[at + PRICE] ?? 0;
    const low = words[at + PRICE + 1] ?? 0;
    this.#byPrice.delete(high, low);
    this.ranks.set(high, low, 0, 0);
    words[at + FIRST] = this.#free;
    this.#free = level;
  }

  /** @param rank 0 is the best level; below `ranks.length` */
  at(rank: number): number {
    return this.ranks.sizeNumber(rank);
  }

  priceHigh(level: number): number {
    return this.#words[level * STRIDE + PRICE] ?? 0;
  }

  priceLow(level: number): number {
    return this.#words[level * STRIDE + PRICE + 1] ?? 0;
  }

  sizeHigh(level: number): number {
    return this.#words[level * STRIDE + SIZE] ?? 0;
  }

  sizeLow(level: number): number {
    return this.#words[level * STRIDE + SIZE + 1] ?? 0;
  }

  /** All that rests at the level. */
  size(level: number): bigint {
    return int64(this.sizeHigh(level), this.sizeLow(level));
  }

  /** Whether some of the level's size has no known order. */
  hasUnnamed(level: number): boolean {
    const at = level * STRIDE + UNNAMED;
    return ((this.#words[at] ?? 0) | (this.#words[at + 1] ?? 0)) !== 0;
  }

  /** How much of the level's size no known order stands for. */
  unnamed(level: number): bigint {
    const at = level * STRIDE + UNNAMED;
    return int64(this.#words[at] ?? 0, this.#words[at + 1] ?? 0);
  }

  /** Says how much of the level's size no known order stands for; the level's whole size follows. */
  setUnnamed(level: number, high: number, low: number): void {
    const at = level * STRIDE + UNNAMED;
    this.shrink(level, this.#words[at] ?? 0, this.#words[at + 1] ?? 0);
    this.#words[at] = high;
    this.#words[at + 1] = low;
    this.grow(level, high, low);
  }

  count(level: number): number {
    return this.#words[level * STRIDE + COUNT] ?? 0;
  }

  /** The order that is served first; 0 for none. */
  first(level: number): number {
    return this.#words[level * STRIDE + FIRST] ?? 0;
  }

  /** Forgets all levels and keeps the memory; the orders are the caller's. */
  clear(): void {
    this.ranks.clear();
    this.#byPrice.clear();
    this.#free = 0;
    this.#used = 1;
  }

  #allocate(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.#words[free * STRIDE + FIRST] ?? 0;
      return free;
    }
    const slot = this.#used;
    this.#used += 1;
    if ((slot + 1) * STRIDE > this.#words.length) {
      const words = new Int32Array(this.#words.length * 2);
      words.set(this.#words);
      this.#words = words;
    }
    return slot;
  }
}

/** The signed 64-bit number of two halves. */
export function int64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

function add(words: Int32Array, at: number, high: number, low: number): void {
  const sum = ((words[at + 1] ?? 0) >>> 0) + (low >>> 0);
  words[at + 1] = sum;
  words[at] = (words[at] ?? 0) + high + (sum > 0xffff_ffff ? 1 : 0);
}

function subtract(words: Int32Array, at: number, high: number, low: number): void {
  const rest = ((words[at + 1] ?? 0) >>> 0) - (low >>> 0);
  words[at + 1] = rest;
  words[at] = (words[at] ?? 0) - high - (rest < 0 ? 1 : 0);
}
