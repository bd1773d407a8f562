import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ASK,
  BID,
  BookLevels,
  L3_APPLIED,
  L3_DOUBTFUL,
  L3_LATE,
  L3_NO_EFFECT,
  L3_REFUSED,
  L3_UNKNOWN,
  L3Book,
  ORDER_ADD,
  ORDER_CLEAR,
  ORDER_EXECUTE,
  ORDER_MODIFY,
  ORDER_REDUCE,
  ORDER_REMOVE,
  ORDER_SIDE_NONE,
  ORDER_TRADE,
  OrderBook,
  type OrderEvent,
  OrderEvents,
  type PriorityRule,
} from "../index.ts";

interface PlainOrder {
  readonly id: bigint;
  readonly side: number;
  readonly price: bigint;
  size: bigint;
}

interface PlainOptions {
  readonly deadMax: number;
  readonly priority: PriorityRule;
}

/** What an order-level book is, by arrays and searching: slow and plainly right. Orders stand in the order of priority. */
class PlainL3 {
  orders: PlainOrder[] = [];
  dead: bigint[] = [];
  readonly #options: PlainOptions;

  constructor(options: PlainOptions) {
    this.#options = options;
  }

  apply(event: OrderEvent): void {
    const { action, order: id = 0n, side = ORDER_SIDE_NONE, price = 0n, size = 0n } = event;
    const next = { id, side, price, size };
    if (action === ORDER_CLEAR)
      this.orders = this.orders.filter((order) => side !== ORDER_SIDE_NONE && order.side !== side);
    else if (action === ORDER_ADD || action === ORDER_MODIFY) this.#set(action, next);
    else if (action !== ORDER_TRADE) this.#take(action, next);
  }

  #set(action: number, next: PlainOrder): void {
    const known = this.orders.find((order) => order.id === next.id);
    const canRest = next.side !== ORDER_SIDE_NONE && next.size > 0n;
    if (this.dead.includes(next.id)) return;
    if (action === ORDER_MODIFY && known !== undefined && next.size === 0n) this.#bury(next.id);
    if (!canRest) return;
    if (action === ORDER_MODIFY) this.#modify(known, next);
    else if (known === undefined || this.#options.deadMax === 0) {
      this.#drop(next.id);
      this.orders.push(next);
    }
  }

  #take(action: number, { id, size }: PlainOrder): void {
    const known = this.orders.find((order) => order.id === id);
    if (known === undefined) {
      if (action === ORDER_REMOVE && !this.dead.includes(id)) this.#remember(id);
    } else if (action === ORDER_REMOVE) {
      this.#bury(id);
    } else if (size >= 0n) {
      known.size -= size;
      if (known.size <= 0n) this.#bury(id);
    }
  }

  #modify(known: PlainOrder | undefined, next: PlainOrder): void {
    const { priority } = this.#options;
    const stays =
      known?.price === next.price &&
      known.side === next.side &&
      (priority === "price-change" ||
        next.size === known.size ||
        (priority === "size-increase" && next.size < known.size));
    if (known !== undefined && stays) {
      known.size = next.size;
    } else {
      this.#drop(next.id);
      this.orders.push(next);
    }
  }

  #drop(id: bigint): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  #bury(id: bigint): void {
    this.#drop(id);
    this.#remember(id);
  }

  #remember(id: bigint): void {
    if (this.#options.deadMax > 0) this.dead = [...this.dead, id].slice(-this.#options.deadMax);
  }

  levels(side: number): readonly Level[] {
    const prices = [...new Set(this.orders.filter((order) => order.side === side).map(({ price }) => price))];
    const order = side === BID ? -1 : 1;
    return prices
      .sort((a, b) => (a < b ? -order : order))
      .map((price) => {
        const queue = this.orders.filter((each) => each.side === side && each.price === price);
        return { price, size: queue.reduce((sum, { size }) => sum + size, 0n), queue: queue.map(({ id }) => id) };
      });
  }
}

interface Level {
  readonly price: bigint;
  readonly size: bigint;
  readonly queue: readonly bigint[];
}

function levelsOf(book: L3Book, side: number): readonly Level[] {
  return Array.from({ length: book.levels.depth(side) }, (_, rank) => {
    const queue = book.levels.ordersAt(side, rank).map(({ id }) => id);
    expect(book.levels.orderCountAt(side, rank)).toBe(queue.length);
    return { price: book.levels.price(side, rank), size: book.levels.size(side, rank), queue };
  });
}

function applyAll(book: L3Book, ...events: readonly OrderEvent[]): readonly number[] {
  const columns = new OrderEvents(1);
  for (const event of events) columns.push(event);
  return events.map((_, row) => book.apply(columns, row));
}

const INT64_MAX = 2n ** 63n - 1n;
/** Few ids, so that orders are met again; ids at the edges of the halves, and above 2^63, as unsigned ids are. */
const order = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: 12n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 63n, 2n ** 64n - 1n) },
);
const price = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 100n, max: 106n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, -1n, -(2n ** 63n), INT64_MAX, 2n ** 32n, -(2n ** 32n)) },
);
/** Below 2^58, so that no level's sum leaves 64 bits; the test of bounds is another. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 1n, max: 9n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, -1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 58n) },
);
const action = fc.oneof(
  { weight: 6, arbitrary: fc.constant(ORDER_ADD) },
  { weight: 6, arbitrary: fc.constantFrom(ORDER_MODIFY, ORDER_REDUCE, ORDER_EXECUTE, ORDER_REMOVE) },
  { weight: 1, arbitrary: fc.constantFrom(ORDER_TRADE, ORDER_CLEAR) },
);
const side = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(BID, ASK) },
  { weight: 1, arbitrary: fc.constant(ORDER_SIDE_NONE) },
);
const event = fc.record({ action, order, side, price, size });
const priority = fc.constantFrom<PriorityRule>("size-increase", "any-change", "price-change");

describe("L3Book", () => {
  test("is what a list of orders searched through is, after any events", () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 120 }),
        fc.record({ deadMax: fc.constantFrom(0, 0, 1, 3, 100), priority }),
        (events, options) => {
          const changes = new BookLevels();
          const book = new L3Book({ ...options, changes });
          const plain = new PlainL3(options);
          const aggregated = new OrderBook();
          for (const each of events) {
            changes.clear();
            applyAll(book, each);
            plain.apply(each);
            aggregated.apply(changes);
            expect(book.orderCount).toBe(plain.orders.length);
            expect(book.deadCount).toBe(plain.dead.length);
            for (const asked of [BID, ASK]) {
              expect(levelsOf(book, asked)).toEqual(plain.levels(asked));
              const followed = asked === BID ? aggregated.bids : aggregated.asks;
              expect(
                Array.from({ length: followed.length }, (_, rank) => [followed.price(rank), followed.size(rank)]),
              ).toEqual(plain.levels(asked).map((level) => [level.price, level.size]));
            }
            const [[bid], [ask]] = [plain.levels(BID), plain.levels(ASK)];
            expect(book.isCrossed).toBe(bid !== undefined && ask !== undefined && bid.price >= ask.price);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("tells each order's place in its queue", () => {
    const book = new L3Book();
    applyAll(
      book,
      { action: ORDER_ADD, order: 1n, side: BID, price: 100n, size: 5n },
      { action: ORDER_ADD, order: 2n, side: BID, price: 100n, size: 7n },
      { action: ORDER_ADD, order: 3n, side: BID, price: 100n, size: 2n },
    );
    expect(book.levels.ahead(3n)).toEqual({ orders: 2, size: 12n });
    applyAll(book, { action: ORDER_MODIFY, order: 1n, side: BID, price: 100n, size: 6n });
    expect(book.levels.ordersAt(BID, 0).map(({ id }) => id)).toEqual([2n, 3n, 1n]);
    applyAll(book, { action: ORDER_MODIFY, order: 2n, side: BID, price: 100n, size: 1n });
    expect(book.levels.ordersAt(BID, 0).map(({ id }) => id)).toEqual([2n, 3n, 1n]);
    expect(book.levels.ahead(1n)).toEqual({ orders: 2, size: 3n });
    expect(book.levels.ahead(9n)).toBeUndefined();
  });

  test("the dead stay dead, for as long as they are remembered", () => {
    const born = { action: ORDER_ADD, order: 7n, side: BID, price: 23_395n, size: 865_426_000n };
    const died = { ...born, action: ORDER_REMOVE };
    expect(applyAll(new L3Book({ deadMax: 10 }), died, born)).toEqual([L3_UNKNOWN, L3_LATE]);
    expect(applyAll(new L3Book({ deadMax: 10 }), born, died, born, { ...born, action: ORDER_MODIFY })).toEqual([
      L3_APPLIED,
      L3_APPLIED,
      L3_LATE,
      L3_LATE,
    ]);
    const forgetful = new L3Book({ deadMax: 1 });
    expect(applyAll(forgetful, died, { ...died, order: 8n }, born)).toEqual([L3_UNKNOWN, L3_UNKNOWN, L3_APPLIED]);
    const trusting = new L3Book();
    expect(applyAll(trusting, died, born)).toEqual([L3_UNKNOWN, L3_APPLIED]);
    expect(trusting.doubts.count("unknown-order")).toBe(1);
  });

  test("says why it is not proven, and is again after a snapshot", () => {
    const book = new L3Book();
    expect([book.isProven, book.doubts.all()]).toEqual([false, [["cold", 1]]]);
    book.begin();
    expect(book.isProven).toBe(true);
    const bid = { action: ORDER_ADD, order: 1n, side: BID, price: 100n, size: 5n };
    expect(
      applyAll(
        book,
        bid,
        bid,
        { ...bid, action: ORDER_EXECUTE, size: 6n },
        { ...bid, action: ORDER_REDUCE },
        { ...bid, size: -1n },
        { ...bid, action: ORDER_TRADE },
      ),
    ).toEqual([L3_APPLIED, L3_DOUBTFUL, L3_DOUBTFUL, L3_UNKNOWN, L3_REFUSED, L3_NO_EFFECT]);
    book.loseTrack();
    expect(book.doubts.all()).toEqual([
      ["gap", 1],
      ["unknown-order", 1],
      ["duplicate-order", 1],
      ["excess-size", 1],
      ["out-of-bounds", 1],
    ]);
    book.begin();
    applyAll(book, bid, { ...bid, order: 2n, side: ASK });
    expect([book.doubts.isNone, book.isCrossed, book.isProven]).toEqual([true, true, false]);
  });

  test("refuses what it cannot hold: a level's sum beyond 64 bits, and more orders than its bound", () => {
    const book = new L3Book({ ordersMax: 2 });
    const bid = { action: ORDER_ADD, order: 1n, side: BID, price: 100n, size: INT64_MAX };
    expect(applyAll(book, bid, { ...bid, order: 2n, size: 1n }, { ...bid, order: 2n, price: 99n })).toEqual([
      L3_APPLIED,
      L3_REFUSED,
      L3_APPLIED,
    ]);
    expect(applyAll(book, { ...bid, order: 3n, price: 98n })).toEqual([L3_REFUSED]);
    expect([levelsOf(book, BID), book.doubts.count("out-of-bounds")]).toEqual([
      [
        { price: 100n, size: INT64_MAX, queue: [1n] },
        { price: 99n, size: INT64_MAX, queue: [2n] },
      ],
      2,
    ]);
  });

  test("takes levels from a snapshot by price, and lets orders without a name go from them", () => {
    const book = new L3Book();
    book.reveal(ASK, { price: 200n, size: 10n });
    const add = { action: ORDER_ADD, order: 1n, side: ASK, price: 200n, size: 4n };
    applyAll(book, add);
    expect([book.levels.size(ASK, 0), book.levels.orderCountAt(ASK, 0), book.levels.ahead(1n)?.size]).toEqual([
      14n,
      1,
      10n,
    ]);
    expect(
      applyAll(
        book,
        { ...add, action: ORDER_EXECUTE, order: 50n, size: 3n },
        { ...add, action: ORDER_EXECUTE, order: 51n, size: 8n },
        { ...add, action: ORDER_EXECUTE, order: 52n, size: 1n },
      ),
    ).toEqual([L3_APPLIED, L3_UNKNOWN, L3_APPLIED]);
    expect(levelsOf(book, ASK)).toEqual([{ price: 200n, size: 10n, queue: [1n] }]);
    expect([book.forgetOrders(ASK, 0, 200), book.forgetOrders(ASK, 0, 200)]).toEqual([true, false]);
    expect(applyAll(book, { ...add, action: ORDER_EXECUTE, order: 51n, size: 11n })).toEqual([L3_DOUBTFUL]);
    expect(levelsOf(book, ASK)).toEqual([]);
    applyAll(book, add);
    book.reveal(ASK, { price: 200n, size: 9n });
    expect(levelsOf(book, ASK)).toEqual([{ price: 200n, size: 9n, queue: [1n] }]);
    book.reveal(ASK, { price: 200n, size: 3n });
    expect([levelsOf(book, ASK), book.levels.order(1n)]).toEqual([[{ price: 200n, size: 3n, queue: [] }], undefined]);
    book.reveal(ASK, { price: 201n, size: 1n });
    book.reveal(ASK, { price: 200n, size: 0n });
    expect(levelsOf(book, ASK)).toEqual([{ price: 201n, size: 1n, queue: [] }]);
    expect(book.doubts.count("contradicted")).toBe(2);
  });

  test("grows to many orders and empties again, the memory used again", () => {
    const book = new L3Book();
    const born = new OrderEvents(1);
    const died = new OrderEvents(1);
    for (let id = 1n; id <= 5000n; id += 1n) {
      born.push({ action: ORDER_ADD, side: BID, size: 1n, order: id * 7n, price: (id * 31n) % 997n });
      died.push({ action: ORDER_REMOVE, order: (5001n - id) * 7n });
    }
    const all = (events: OrderEvents): ReadonlySet<number> =>
      new Set(Array.from({ length: events.length }, (_, row) => book.apply(events, row)));
    for (const isBegunAgain of [false, true, false]) {
      expect(all(born)).toEqual(new Set([L3_APPLIED]));
      expect([book.orderCount, book.levels.depth(BID), book.levels.price(BID, 0)]).toEqual([5000, 997, 996n]);
      if (isBegunAgain) book.begin();
      else expect(all(died)).toEqual(new Set([L3_APPLIED]));
      expect([book.orderCount, book.levels.depth(BID)]).toEqual([0, 0]);
    }
  });

  test("copies its best levels in the shape of an aggregated book", () => {
    const book = new L3Book();
    applyAll(
      book,
      { action: ORDER_ADD, order: 1n, side: BID, price: 99n, size: 1n },
      { action: ORDER_ADD, order: 2n, side: BID, price: 98n, size: 2n },
      { action: ORDER_ADD, order: 3n, side: ASK, price: 101n, size: 3n },
      { action: ORDER_ADD, order: 4n, side: ASK, price: 101n, size: 4n },
    );
    const levels = new BookLevels();
    book.levels.copyLevels(levels, 1);
    const aggregated = new OrderBook();
    aggregated.replace(levels);
    expect([levels.length, aggregated.bids.price(0), aggregated.asks.size(0)]).toEqual([2, 99n, 7n]);
    expect([book.levels.priceNumber(ASK, 0), book.levels.sizeNumber(ASK, 0)]).toEqual([101, 7]);
  });
});
