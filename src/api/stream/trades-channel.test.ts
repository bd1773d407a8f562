import fc from "fast-check";
import { expect, test } from "vitest";
import { TestClock } from "../../feeds/test-clock.ts";
import { TEST_LISTINGS } from "../../store/test-records.ts";
import { NO_ROWS, testHealth, testListings, tradeBatch } from "../test-api.ts";
import { StreamHub } from "./hub.ts";
import { TestSubscriber } from "./test-subscriber.ts";

const RECENT_MAX = 8;

function openHub(clock = new TestClock(), recentTradesPerListingMax = RECENT_MAX): StreamHub {
  return new StreamHub({
    listings: testListings(),
    query: NO_ROWS,
    health: testHealth,
    recentTradesPerListingMax,
    clock,
  });
}

const filter = fc.constantFrom<{ readonly symbol?: string; readonly venue?: string }>(
  {},
  { symbol: "BTC-USDT-SPOT" },
  { venue: "binance" },
  { symbol: "BTC-USD-SPOT", venue: "kraken" },
  { symbol: "ETH-USDT-SPOT" },
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ publish: fc.array(fc.nat(2), { maxLength: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ subscribe: filter, snapshot: fc.option(fc.nat(12), { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ leave: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 9 }) }) },
);

test("snapshot and updates together are the published trades from the snapshot's first on, each once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new TestClock();
      using hub = openHub(clock);
      const published: { readonly id: string; readonly listing: number }[] = [];
      const open: {
        readonly subscriber: TestSubscriber;
        readonly check: () => void;
        leave: (() => void) | undefined;
      }[] = [];
      for (const one of steps) {
        if ("publish" in one) {
          const trades = one.publish.map((listing, index) => ({ listing, id: BigInt(published.length + index) }));
          for (const { id, listing } of trades) published.push({ id: String(id), listing });
          hub.publishTrades(tradeBatch(trades));
        } else if ("subscribe" in one) {
          const subscriber = new TestSubscriber();
          const { snapshot, subscribe } = one;
          const wanted = (): readonly string[] =>
            published.flatMap(({ id, listing }) => (admits(subscribe, listing) ? [id] : []));
          const before = wanted().length;
          const kept = Math.min(snapshot ?? 50, RECENT_MAX, before);
          const leave = hub.subscribe(
            { channel: "trades", ...subscribe, ...(snapshot === undefined ? {} : { snapshot }) },
            subscriber,
          );
          expect(subscriber.messages.map(({ kind, rows }) => [kind, rows.length])).toEqual([["snapshot", kept]]);
          const check = (): void =>
            expect(subscriber.rows.map(({ tradeId }) => tradeId)).toEqual(wanted().slice(before - kept));
          open.push({ subscriber, check, leave });
        } else if ("leave" in one) {
          const left = open[one.leave];
          left?.leave?.();
          if (left !== undefined) left.leave = undefined;
        } else {
          await clock.advance(one.advance);
        }
      }
      await clock.advance(100);
      for (const { check, leave } of open) if (leave !== undefined) check();
      for (const { leave } of open) leave?.();
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 150 },
  );
});

function admits({ symbol, venue }: { readonly symbol?: string; readonly venue?: string }, index: number): boolean {
  const listing = TEST_LISTINGS[index];
  return (symbol ?? listing?.symbol) === listing?.symbol && (venue ?? listing?.venue) === listing?.venue;
}

test("after leaving nothing comes, and leaving twice changes nothing for others", async () => {
  const clock = new TestClock();
  using hub = openHub(clock);
  const [stays, goes] = [new TestSubscriber(), new TestSubscriber()];
  hub.subscribe({ channel: "trades" }, stays);
  const leave = hub.subscribe({ channel: "trades" }, goes);
  hub.publishTrades(tradeBatch([{ id: 1n }]));
  hub.publishTrades(tradeBatch([{ id: 2n }]));
  leave();
  leave();
  await clock.advance(50);
  hub.publishTrades(tradeBatch([{ id: 3n }]));
  expect(stays.rows.map(({ tradeId }) => tradeId)).toEqual(["1", "2", "3"]);
  expect(goes.rows.map(({ tradeId }) => tradeId)).toEqual(["1"]);
});

test("a lone trade goes out within publishTrades(); a burst in one message a pause", async () => {
  const clock = new TestClock();
  using hub = openHub(clock);
  const subscriber = new TestSubscriber();
  hub.subscribe({ channel: "trades" }, subscriber);
  hub.publishTrades(tradeBatch([{ id: 1n }]));
  expect(subscriber.messages.length).toBe(2);
  for (let id = 2n; id <= 100n; id += 1n) hub.publishTrades(tradeBatch([{ id }]));
  expect(subscriber.messages.length).toBe(2);
  await clock.advance(50);
  expect(subscriber.messages.map(({ rows }) => rows.length)).toEqual([0, 1, 99]);
});

test("those who ask the same are sent the same bytes", () => {
  using hub = openHub();
  const subscribers = Array.from({ length: 3 }, () => new TestSubscriber());
  for (const subscriber of subscribers) hub.subscribe({ channel: "trades", venue: "binance" }, subscriber);
  hub.publishTrades(tradeBatch([{ id: 1n }, { id: 2n, listing: 2 }]));
  const tails = subscribers.map(({ messages }) => messages[1]?.tail);
  expect(tails[0]?.length).toBeGreaterThan(100);
  expect(new Set(tails).size).toBe(1);
});

test("a burst beyond the bound of what is gathered is sent without waiting", () => {
  using hub = openHub();
  const subscriber = new TestSubscriber();
  hub.subscribe({ channel: "trades", snapshot: 0 }, subscriber);
  for (let turn = 0; turn < 5; turn += 1) {
    hub.publishTrades(tradeBatch(Array.from({ length: 1000 }, (_, index) => ({ id: BigInt(turn * 1000 + index) }))));
  }
  const sizes = subscriber.messages.map(({ tail }) => tail.length);
  expect(Math.max(...sizes)).toBeLessThan(300_000);
  expect(subscriber.rows.length).toBeGreaterThan(4000);
  expect(subscriber.rows.map(({ tradeId }) => tradeId)).toEqual(subscriber.rows.map((_, index) => String(index)));
});
