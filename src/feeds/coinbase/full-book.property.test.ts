import fc from "fast-check";
import { expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { mutations, spoiled } from "../decode/test-mutations.ts";
import { frame } from "../decode/test-support.ts";
import { createExchangeBookReader } from "./exchange-book-reader.ts";
import { createFullBookReader } from "./full-book-reader.ts";
import * as full from "./full-fixtures.ts";
import { StartedFull } from "./test-full-reader.ts";

/** A venue: its orders by id, in the order in which they came, and what it tells of them. */
class Oracle {
  readonly orders = new Map<string, { side: number; price: number; size: number }>();
  sequence = 1000;
  #ids = 0;

  body(): string {
    const side = (wanted: number): string =>
      [...this.orders]
        .filter(([, order]) => order.side === wanted)
        .map(([id, { price, size }]) => `["${price / 100}","${size / 1000}","${id}"]`)
        .join(",");
    return `{"sequence":${this.sequence},"bids":[${side(BID)}],"asks":[${side(ASK)}]}`;
  }

  /** Levels × 10^8, best first. */
  get book(): unknown {
    return [BID, ASK].map((side) => {
      const levels = new Map<number, number>();
      for (const order of this.orders.values())
        if (order.side === side) levels.set(order.price, (levels.get(order.price) ?? 0) + order.size);
      return [...levels]
        .sort(([a], [b]) => (side === BID ? b - a : a - b))
        .map(([price, size]) => [BigInt(price) * 1_000_000n, BigInt(size) * 100_000n]);
    });
  }

  /** One thing that happens; bids lie below 10,000, asks from there on. @returns the message */
  step(kind: number, side: number, luck: number, size: number): string {
    const resting = [...this.orders].filter(([, order]) => order.side === side);
    const [id, order] = resting[luck % Math.max(1, resting.length)] ?? [];
    const price = side === BID ? 9_900 + (luck % 100) : 10_000 + (luck % 100);
    if (id === undefined || order === undefined || kind === 0) {
      this.#ids += 1;
      const made = `order-${this.#ids}`;
      this.orders.set(made, { side, price, size });
      return this.#told("open", side, { order_id: made, price: price / 100, remaining_size: size / 1000 });
    }
    if (kind === 1) {
      const taken = Math.min(size, order.size);
      order.size -= taken;
      if (order.size === 0) this.orders.delete(id);
      return this.#told("match", side, {
        maker_order_id: id,
        trade_id: 7,
        price: order.price / 100,
        size: taken / 1000,
      });
    }
    if (kind === 2) {
      this.orders.delete(id);
      return this.#told("done", side, { order_id: id, price: order.price / 100, remaining_size: order.size / 1000 });
    }
    if (kind === 3) return this.#told("done", side, { order_id: "never-rested", price: price / 100 });
    Object.assign(order, { price, size });
    return this.#told("change", side, { order_id: id, new_price: price / 100, new_size: size / 1000 });
  }

  #told(type: string, side: number, fields: Readonly<Record<string, string | number>>): string {
    this.sequence += 1;
    const texts = Object.entries(fields).map(
      ([name, value]) => `"${name}":${name === "trade_id" ? value : `"${value}"`}`,
    );
    return `{"type":"${type}",${texts.join(",")},"side":"${side === BID ? "buy" : "sell"}","product_id":"BTC-USD","time":"2025-11-21T08:00:00Z","sequence":${this.sequence}}`;
  }
}

const steps = (maxLength: number) =>
  fc.array(fc.tuple(fc.nat(4), fc.constantFrom(BID, ASK), fc.nat(500), fc.integer({ min: 1, max: 5000 })), {
    minLength: 1,
    maxLength,
  });

test("from any snapshot on, and after a restart, the book is the venue's, order for order", () => {
  fc.assert(
    fc.property(steps(20), steps(40), fc.nat(19), (before, after, at) => {
      const venue = new Oracle();
      const started = new StartedFull();
      started.read(venue.step(0, BID, 50, 10));
      let body = venue.body();
      for (const [index, step] of before.entries()) {
        started.read(venue.step(...step));
        if (index === at) body = venue.body();
      }
      started.snapshot(body);
      for (const [index, step] of after.entries()) {
        expect([started.isProven, started.book]).toEqual([true, venue.book]);
        if (index === at) {
          const saved = started.reader.save?.() ?? "";
          started.reader = createExchangeBookReader({ channels: ["full"] });
          started.reader.restore?.(saved);
          expect(started.reader.save?.()).toBe(saved);
        }
        started.read(venue.step(...step));
      }
      expect(started.book).toEqual(venue.book);
      expect([started.context.counts["gap"], started.context.refusals]).toEqual([undefined, []]);
    }),
    { numRuns: 100 },
  );
});

test("no frame and no answer makes it throw, and both paths make the same of whatever comes", () => {
  const frames = full.FULL_MESSAGES;
  const spoilt = fc.oneof(
    spoiled([...frames, full.FULL_BOOK.body]),
    fc
      .tuple(fc.constantFrom(...frames), mutations(["BTC-USD", "buy", "sell", "match", "open", "done", "change"]))
      .map(([text, changes]) => frame(changes.reduce((changed, change) => change(changed), text))),
    fc.constantFrom(...frames).map(frame),
  );
  fc.assert(
    fc.property(fc.array(spoilt, { maxLength: 5 }), fc.array(spoilt, { maxLength: 3 }), (payloads, answers) => {
      const quick = StartedFull.whole();
      const slow = StartedFull.whole(createFullBookReader({ onlySlowly: true }));
      for (const payload of payloads) {
        const outcome = quick.reader.read(payload, quick.context);
        expect(slow.reader.read(payload, slow.context)).toBe(outcome);
        if (outcome === "refused") expect(quick.context.refusals).not.toEqual([]);
      }
      for (const payload of answers)
        for (const { reader, context } of [quick, slow]) reader.fetched?.(full.FULL_BOOK.url, payload, context);
      expect(quick.context.seen()).toEqual(slow.context.seen());
      const saved = quick.reader.save?.() ?? "";
      const again = createExchangeBookReader({ channels: ["full"] });
      again.restore?.(saved);
      expect([slow.reader.save?.(), again.save?.()]).toEqual([saved, saved]);
      for (const { detail } of quick.context.refusals) expect(detail).not.toBe("");
    }),
    { numRuns: 80 },
  );
});
