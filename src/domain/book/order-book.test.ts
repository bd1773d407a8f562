import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ASK, BID, BookLevels, OrderBook } from "../index.ts";

interface Change {
  readonly side: number;
  readonly price: bigint;
  readonly size: bigint;
}

/** What a book is, by maps and sorting: slow and plainly right. */
class PlainBook {
  readonly sides: readonly [Map<bigint, bigint>, Map<bigint, bigint>] = [new Map(), new Map()];

  apply(changes: readonly Change[], depthMax = Number.POSITIVE_INFINITY): void {
    for (const { side, price, size } of changes) {
      if (size === 0n) this.#side(side).delete(price);
      else this.#side(side).set(price, size);
    }
    for (const side of [BID, ASK])
      for (const [price] of this.levels(side).slice(depthMax)) this.#side(side).delete(price);
  }

  levels(side: number): readonly (readonly [bigint, bigint])[] {
    const order = side === BID ? -1 : 1;
    return [...this.#side(side)].sort(([a], [b]) => (a < b ? -order : order));
  }

  #side(side: number): Map<bigint, bigint> {
    return this.sides[side === BID ? 0 : 1];
  }
}

function levelsOf(book: OrderBook, side: number): readonly (readonly [bigint, bigint])[] {
  const levels = side === BID ? book.bids : book.asks;
  return Array.from({ length: levels.length }, (_, rank) => [levels.price(rank), levels.size(rank)] as const);
}

function columns(changes: readonly Change[]): BookLevels {
  const levels = new BookLevels(1);
  for (const { side, ...level } of changes) levels.push(side, level);
  return levels;
}

const INT64_MAX = 2n ** 63n - 1n;
const EDGES = [0n, 1n, -1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n, INT64_MAX, -INT64_MAX - 1n];
/** Few prices, so that levels are met again; prices at the edges of the halves; any price. */
const price = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 6_180_000_000_000n, max: 6_180_000_000_040n }) },
  { weight: 2, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 1, arbitrary: fc.bigInt({ min: -INT64_MAX - 1n, max: INT64_MAX }) },
);
const size = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0n) },
  { weight: 4, arbitrary: fc.bigInt({ min: 1n, max: 10n ** 12n }) },
  { weight: 1, arbitrary: fc.constantFrom(1n, 2n ** 32n, 2n ** 53n + 1n, INT64_MAX) },
);
const change = fc.record({ side: fc.constantFrom(BID, ASK), price, size });
const messages = fc.array(fc.array(change, { maxLength: 40 }), { maxLength: 25 });

describe("OrderBook", () => {
  test("is what a sorted map is, after any messages", () => {
    fc.assert(
      fc.property(messages, fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }), (all, depthMax) => {
        const book = new OrderBook(depthMax === undefined ? {} : { depthMax });
        const plain = new PlainBook();
        for (const changes of all) {
          book.apply(columns(changes));
          plain.apply(changes, depthMax);
          for (const side of [BID, ASK]) expect(levelsOf(book, side)).toEqual(plain.levels(side));
          const [[bid] = []] = plain.levels(BID);
          const [[ask] = []] = plain.levels(ASK);
          expect(book.isCrossed).toBe(bid !== undefined && ask !== undefined && bid >= ask);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("stays sorted while it grows to thousands of levels and shrinks to none, from either end", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 200, maxLength: 1500 }), (prices) => {
        const book = new OrderBook();
        const present = new Set<number>();
        for (const each of [...prices, ...prices.slice(0, 700)]) {
          const isThere = present.delete(each);
          if (!isThere) present.add(each);
          book.bids.set(0, each, 0, isThere ? 0 : 1);
        }
        const best = [...present].sort((a, b) => b - a);
        expect(Array.from({ length: book.bids.length }, (_, rank) => book.bids.priceNumber(rank))).toEqual(best);
        for (const each of prices) book.bids.set(0, each, 0, 0);
        expect(book.bids.length).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("a snapshot leaves nothing of before", () => {
    const book = new OrderBook();
    book.apply(
      columns([
        { side: BID, price: 5n, size: 1n },
        { side: ASK, price: 6n, size: 1n },
      ]),
    );
    book.replace(columns([{ side: ASK, price: 9n, size: 2n }]));
    expect([levelsOf(book, BID), levelsOf(book, ASK)]).toEqual([[], [[9n, 2n]]]);
    book.clear();
    expect([book.bids.length, book.asks.length, book.isCrossed]).toEqual([0, 0, false]);
  });

  test("keeps the best levels of a depth, and takes those that come back", () => {
    const book = new OrderBook({ depthMax: 2 });
    const bids = (...prices: readonly bigint[]) =>
      columns(prices.map((each) => ({ side: BID, price: each, size: 1n })));
    book.replace(bids(10n, 8n, 9n));
    expect(levelsOf(book, BID).map(([each]) => each)).toEqual([10n, 9n]);
    book.apply(
      columns([
        { side: BID, price: 10n, size: 0n },
        { side: BID, price: 7n, size: 1n },
      ]),
    );
    expect(levelsOf(book, BID).map(([each]) => each)).toEqual([9n, 7n]);
  });

  test("numbers beyond 2^53 are exact as BigInts, and NaN as doubles", () => {
    const book = new OrderBook();
    book.apply(columns([{ side: ASK, price: 2n ** 53n - 1n, size: 2n ** 53n }]));
    expect([book.asks.priceNumber(0), book.asks.sizeNumber(0)]).toEqual([2 ** 53 - 1, Number.NaN]);
    expect(book.asks.size(0)).toBe(2n ** 53n);
  });
});

test("columns of levels grow and are used again", () => {
  const levels = new BookLevels(1);
  for (let round = 0; round < 2; round += 1) {
    levels.clear();
    for (let index = 0n; index < 100n; index += 1n) levels.push(ASK, { price: index, size: index * index });
    expect([levels.length, levels.price.get(99), levels.size.get(99), levels.side[99]]).toEqual([100, 99n, 9801n, ASK]);
  }
  expect(levels.capacity).toBe(128);
});
