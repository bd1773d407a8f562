import { describe, expect, test } from "vitest";
import { ASK, BID, L3_APPLIED, L3_NO_EFFECT, OrderEvents } from "../../domain/index.ts";
import { dbnStream, type FixtureOrder, mboRecord } from "./dbn-fixture.ts";
import { appendMboEvent, DBN_FLAGS, DbnDecoder, MboBooks } from "./index.ts";

const { last, snapshot, badReceiveTime, maybeBadBook, topOfBook } = DBN_FLAGS;
const OF_SNAPSHOT = snapshot | badReceiveTime;

function eventsOf(orders: readonly FixtureOrder[]): OrderEvents {
  const events = new OrderEvents(1);
  new DbnDecoder().write(dbnStream({ version: 3 }, orders.map(mboRecord)), {
    record: (record) => appendMboEvent(record, events),
  });
  return events;
}

function applied(books: MboBooks, ...orders: readonly FixtureOrder[]): readonly number[] {
  const events = eventsOf(orders);
  return Array.from({ length: events.length }, (_, row) => books.apply(events, row));
}

const BUY = { action: "A", side: "B", order: 1n, price: 5_000_000_000_000n, size: 10 };

describe("MboBooks", () => {
  test("an execution is a trade, a fill and a cancel, of which the cancel alone changes the book", () => {
    const books = new MboBooks();
    expect(
      applied(
        books,
        { action: "R", side: "N", flags: last },
        BUY,
        { ...BUY, action: "T", side: "A", size: 4, order: 0n, flags: 0 },
        { ...BUY, action: "F", size: 4, flags: 0 },
        { ...BUY, action: "C", size: 4 },
      ),
    ).toEqual([L3_APPLIED, L3_APPLIED, L3_NO_EFFECT, L3_NO_EFFECT, L3_APPLIED]);
    expect([books.book(1)?.levels.size(BID, 0), books.book(1)?.isProven]).toEqual([6n, true]);
    applied(books, { ...BUY, action: "C", size: 6 });
    expect([books.book(1)?.orderCount, books.book(1)?.levels.depth(BID), books.book(1)?.isProven]).toEqual([
      0,
      0,
      true,
    ]);
  });

  test("an order whose size grows or whose price moves goes to the end of the queue", () => {
    const books = new MboBooks();
    applied(books, BUY, { ...BUY, order: 2n }, { ...BUY, action: "M", size: 9 });
    expect(
      books
        .book(1)
        ?.levels.ordersAt(BID, 0)
        .map(({ id }) => id),
    ).toEqual([1n, 2n]);
    applied(books, { ...BUY, action: "M", size: 10 });
    expect(
      books
        .book(1)
        ?.levels.ordersAt(BID, 0)
        .map(({ id }) => id),
    ).toEqual([2n, 1n]);
    applied(books, { ...BUY, action: "M", order: 2n, price: 4_999_000_000_000n });
    applied(books, { ...BUY, action: "M", order: 2n });
    expect(
      books
        .book(1)
        ?.levels.ordersAt(BID, 0)
        .map(({ id }) => id),
    ).toEqual([1n, 2n]);
  });

  test("a snapshot begins the book again, with and without its clear record", () => {
    const books = new MboBooks();
    applied(books, BUY);
    expect(books.book(1)?.doubts.all()).toEqual([["cold", 1]]);
    applied(
      books,
      { action: "R", side: "N", flags: OF_SNAPSHOT },
      { ...BUY, order: 5n, flags: OF_SNAPSHOT },
      { ...BUY, order: 6n, flags: OF_SNAPSHOT | last },
    );
    expect([books.book(1)?.orderCount, books.book(1)?.isProven]).toEqual([2, true]);
    applied(books, { ...BUY, order: 7n, flags: OF_SNAPSHOT }, { ...BUY, order: 8n, flags: OF_SNAPSHOT | last });
    expect([books.book(1)?.levels.order(5n), books.book(1)?.orderCount, books.book(1)?.isProven]).toEqual([
      undefined,
      2,
      true,
    ]);
  });

  test("messages that the vendor lost, and orders that are not there, are doubts", () => {
    const books = new MboBooks();
    applied(
      books,
      { action: "R", side: "N" },
      { ...BUY, flags: last | maybeBadBook },
      { ...BUY, action: "C", order: 9n },
    );
    expect(books.book(1)?.doubts.all()).toEqual([
      ["gap", 1],
      ["unknown-order", 1],
    ]);
  });

  test("crossed counts at the end of an event only", () => {
    const books = new MboBooks();
    const sell = { ...BUY, side: "A", order: 2n, price: 4_999_000_000_000n };
    applied(books, { ...BUY, flags: 0 }, { ...sell, flags: 0 }, { ...sell, action: "C", flags: last });
    expect(books.crossings(1)).toBe(0);
    applied(books, sell);
    expect(books.crossings(1)).toBe(1);
  });

  test("a top of book replaces its side, and no price empties it", () => {
    const books = new MboBooks();
    const top = { ...BUY, flags: topOfBook | last };
    applied(books, { ...top, order: 0n }, { ...top, order: 0n, price: 4_900_000_000_000n, size: 3 });
    expect([
      books.book(1)?.levels.depth(BID),
      books.book(1)?.levels.price(BID, 0),
      books.book(1)?.levels.size(BID, 0),
    ]).toEqual([1, 4_900_000_000_000n, 3n]);
    applied(books, { action: "A", side: "B", flags: topOfBook | last });
    expect([books.book(1)?.levels.depth(BID), books.book(1)?.levels.depth(ASK)]).toEqual([0, 0]);
  });

  test("keeps a book for each instrument, up to its bound", () => {
    const books = new MboBooks({ booksMax: 2 });
    applied(books, BUY, { ...BUY, instrument: 2 }, { ...BUY, instrument: 3 });
    expect([books.instruments, books.refusedEvents]).toEqual([[1, 2], 1]);
  });

  test("a letter that is none of Databento's makes no event", () => {
    expect(eventsOf([BUY, { ...BUY, action: "Z" }, { ...BUY, side: "x" }]).length).toBe(1);
  });
});
