import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { ASK, BID, BookLevels, L3_LATE, L3Book, ORDER_ACTIONS, OrderBook, OrderEvents } from "../../domain/index.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import { type BitstampContext, type BitstampTrade, readBitstampLine } from "./index.ts";

const LOG = sharedData("book-l3/bitstamp-20150501/2015-05-01.part1.log.gz");
const HALF_HOUR_US = 1_800_000_000;

/** How a replay's books compare with the venue's own best levels, from the 30th minute on. */
interface Agreement {
  books: number;
  bestBids: number;
  bestBidSizes: number;
  bestAsks: number;
  levels: number;
  sameLevels: number;
  crossed: number;
}

interface Replayed {
  readonly book: L3Book;
  readonly lines: Readonly<Record<string, number>>;
  readonly agreement: Agreement;
  readonly trades: readonly BitstampTrade[];
  /** Events of dead orders. */
  readonly late: Readonly<Record<string, number>>;
}

function replay(path: string, deadMax: number): Replayed {
  const book = new L3Book({ deadMax });
  const lines: Record<string, number> = {};
  const late: Record<string, number> = {};
  const trades: BitstampTrade[] = [];
  const agreement = { books: 0, bestBids: 0, bestBidSizes: 0, bestAsks: 0, levels: 0, sameLevels: 0, crossed: 0 };
  const context: BitstampContext = {
    events: new OrderEvents(),
    levels: new BookLevels(),
    trade: (trade) => trades.push(trade),
    refuse: (line, detail) => expect.fail(`line ${line}: ${detail}`),
  };
  let firstUs: number | undefined;
  let lastUs = 0;
  new LineSplitter().write(gunzipSync(readFileSync(path)), (bytes, start, end, line) => {
    context.events.clear();
    const kind = readBitstampLine(bytes.subarray(start, end), line, context);
    const name = kind === "order" ? (ORDER_ACTIONS[context.events.action[0] ?? 0] ?? kind) : kind;
    lines[name] = (lines[name] ?? 0) + 1;
    lastUs = kind === "order" ? (context.events.receiveTimeUs[0] ?? 0) : lastUs;
    firstUs ??= lastUs;
    if (kind === "order" && book.apply(context.events, 0) === L3_LATE) late[name] = (late[name] ?? 0) + 1;
    if (kind === "book" && lastUs - firstUs >= HALF_HOUR_US) compare(book, context.levels, agreement);
  });
  return { book, lines, agreement, trades, late };
}

function compare(book: L3Book, levels: BookLevels, agreement: Agreement): void {
  const own = new BookLevels();
  book.levels.copyLevels(own);
  const ours = new OrderBook();
  ours.replace(own);
  const theirs = new OrderBook();
  theirs.replace(levels);
  agreement.books += 1;
  if (book.isCrossed) agreement.crossed += 1;
  const isBestBid = ours.bids.price(0) === theirs.bids.price(0);
  if (isBestBid) agreement.bestBids += 1;
  if (isBestBid && ours.bids.size(0) === theirs.bids.size(0)) agreement.bestBidSizes += 1;
  if (ours.asks.price(0) === theirs.asks.price(0)) agreement.bestAsks += 1;
  for (const [our, their] of [
    [ours.bids, theirs.bids],
    [ours.asks, theirs.asks],
  ] as const) {
    const known = new Map(Array.from({ length: our.length }, (_, rank) => [our.price(rank), our.size(rank)] as const));
    agreement.levels += their.length;
    for (let rank = 0; rank < their.length; rank += 1)
      if (known.get(their.price(rank)) === their.size(rank)) agreement.sameLevels += 1;
  }
}

describe("Bitstamp's log of 2015-05-01", () => {
  test.skipIf(LOG === undefined)("agrees with the venue's own books from a cold start", () => {
    const { book, lines, agreement, trades, late } = replay(LOG ?? "", 100_000);
    expect(lines).toEqual({ add: 12_429, modify: 334, remove: 12_440, trade: 306, book: 2_491 });
    expect(agreement).toEqual({
      books: 1_970,
      bestBids: 1_970,
      bestBidSizes: 1_970,
      bestAsks: 1_968,
      levels: 78_800,
      sameLevels: 66_680,
      crossed: 0,
    });
    expect([late, book.lateEvents, book.orderCount, book.doubts.all()]).toEqual([
      { add: 2, remove: 12 },
      14,
      165,
      [
        ["cold", 1],
        ["unknown-order", 166],
      ],
    ]);
    expect(trades.slice(0, 2).map(({ id, price, size }) => [id, price, size])).toEqual([
      [8_111_041, 23_647_000_000n, 21_144_331n],
      [8_111_042, 23_647_000_000n, 178_855_669n],
    ]);
    expect(trades.find(({ id }) => id === 8_111_281)?.size).toBe(100n);
    console.info(
      `bitstamp: best bid and size ${agreement.bestBidSizes}/${agreement.books}, best ask ${agreement.bestAsks}/${agreement.books}, ` +
        `levels ${agreement.sameLevels}/${agreement.levels} (${((100 * agreement.sameLevels) / agreement.levels).toFixed(1)} %), ` +
        `${late["add"]} births after death stayed dead`,
    );
  });

  test.skipIf(LOG === undefined)("without the memory of the dead, two orders that are gone rest for ever", () => {
    const { book } = replay(LOG ?? "", 0);
    expect([book.orderCount, book.lateEvents]).toEqual([167, 0]);
    for (const id of [65_600_610n, 65_606_361n]) expect(book.levels.order(id)?.side).toBe(BID);
    const { book: right } = replay(LOG ?? "", 100);
    for (const id of [65_600_610n, 65_606_361n]) expect(right.levels.order(id)).toBeUndefined();
  });
});

function read(text: string): { readonly kind: string; readonly context: BitstampContext; readonly said: string[] } {
  const said: string[] = [];
  const context: BitstampContext = {
    events: new OrderEvents(),
    levels: new BookLevels(),
    trade: ({ id, price, size }) => said.push(`trade ${id} ${price} ${size}`),
    refuse: (_, detail) => said.push(detail),
  };
  return { kind: readBitstampLine(new TextEncoder().encode(text), 1, context), context, said };
}

describe("readBitstampLine()", () => {
  test("takes a double for the number of eight decimals that it is, and no other", () => {
    expect(read('1 trade {"price": 236.62, "amount": 9.9999999999999995e-07, "id": 5}').said).toEqual([
      "trade 5 23662000000 100",
    ]);
    expect(read('1 trade {"price": 236.62, "amount": 0.123456785, "id": 5}').kind).toBe("refused");
  });

  test("reads books, best first", () => {
    const { context } = read('1 order_book {"bids": [["236.47", "1.5"]], "asks": [["236.64", "3"], ["236.65", "2"]]}');
    expect([context.levels.length, context.levels.price.get(0), context.levels.side[1]]).toEqual([
      3,
      23_647_000_000n,
      ASK,
    ]);
  });

  test.each([
    ["", "no time or no event"],
    ["x order_created {}", "no time or no event"],
    ["1 order_created 5", "no fields"],
    ["1 order_created {", "JSON"],
    ['1 order_moved {"id": 1}', "there is no event order_moved"],
    ['1 order_created {"id": 1, "price": "1", "amount": "1", "order_type": 2}', "no id or no side"],
    ['1 order_created {"id": 1, "price": "1.123456789", "amount": "1", "order_type": 1}', "decimals"],
    ['1 order_created {"id": 1, "price": "one", "amount": "1", "order_type": 1}', "Not a decimal number"],
    ['1 order_book {"bids": []}', "lacks a side"],
    ['1 order_book {"bids": [5], "asks": []}', "no pair"],
  ])("refuses %j", (text, reason) => {
    const { kind, said, context } = read(text);
    expect([kind, context.events.length]).toEqual(["refused", 0]);
    expect(said[0]).toContain(reason);
  });
});
