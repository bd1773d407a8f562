import { expect, test } from "vitest";
import { bookChanges, MARKET_LISTINGS, type MarketBook, type MarketLevel, MarketModel, marketBook } from "./index.ts";

const OPTIONS = { seed: 5, tradesPerSecond: 100, startTimeUs: 1_786_309_548_000_000 };

/** The books of a listing, order by order. */
function books(count: number, symbol: string): readonly MarketBook[] {
  const model = new MarketModel(OPTIONS);
  const found: MarketBook[] = [];
  while (found.length < count) {
    const { listing, fills } = model.next();
    const last = fills.at(-1);
    if (last !== undefined && Object.values(listing.symbols).includes(symbol)) found.push(marketBook(listing, last));
  }
  return found;
}

/** A side as a client keeps it. */
function kept(side: Map<number, number>, isBid: boolean, depth: number): readonly MarketLevel[] {
  const levels = [...side]
    .map(([price, size]) => ({ price, size }))
    .sort((a, b) => (isBid ? b.price - a.price : a.price - b.price));
  for (const { price } of levels.slice(depth)) side.delete(price);
  return levels.slice(0, depth);
}

test("the last trade's price is the best ask after a buy and the best bid after a sell; no book is crossed", () => {
  const model = new MarketModel(OPTIONS);
  for (let orders = 0; orders < 3000; orders += 1) {
    const { listing, fills } = model.next();
    const last = fills.at(-1);
    if (last === undefined) throw new Error("an order without fills");
    const { bids, asks } = marketBook(listing, last);
    expect((last.isBuy ? asks : bids)[0]?.price).toBe(last.price);
    expect(bids[0]?.price ?? 0).toBeLessThan(asks[0]?.price ?? 0);
    const all = [...bids, ...asks];
    expect(all.every(({ price, size }) => price > 0 && size > 0)).toBe(true);
    expect(all.every(({ price, size }) => price % listing.tick === 0 && size % listing.lot === 0)).toBe(true);
  }
});

test("a book is the same whenever it is asked for", () => {
  const model = new MarketModel(OPTIONS);
  const { fills, listing } = model.next();
  const [fill] = fills;
  if (fill === undefined) throw new Error("an order without fills");
  expect(marketBook(listing, fill)).toEqual(marketBook({ ...listing }, { ...fill }));
});

test.each([Number.POSITIVE_INFINITY, 10, 50])("changes turn one book into the next, to a depth of %d", (depth) => {
  const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  let before: MarketBook | undefined;
  let changed = 0;
  for (const book of books(400, "BTC/USD")) {
    for (const { isBid, price, size } of bookChanges(before, book, { depth })) {
      const side = isBid ? sides.bids : sides.asks;
      if (size === 0) side.delete(price);
      else side.set(price, size);
      changed += 1;
    }
    expect(kept(sides.bids, true, depth)).toEqual(book.bids.slice(0, depth));
    expect(kept(sides.asks, false, depth)).toEqual(book.asks.slice(0, depth));
    before = book;
  }
  expect(changed).toBeGreaterThan(400);
});

test("every listing has a book, the one with the smallest price too", () => {
  for (const listing of MARKET_LISTINGS) {
    const unit = listing.tick * 10 ** -listing.priceScale;
    const price = Math.round(listing.asset.priceUsd / unit) * listing.tick;
    const { bids, asks } = marketBook(listing, {
      ordinal: 1,
      order: 0,
      aggregate: 1,
      price,
      size: listing.lot,
      isBuy: true,
      timeUs: 0,
      direction: "up",
    });
    expect([bids.length > 50, asks.length > 50]).toEqual([true, true]);
  }
});
