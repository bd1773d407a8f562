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
      const market = new Market();
      for (const one of steps) await market.take(one);
      await market.end();
    }),
    { numRuns: 150 },
  );
});

type Filter = { readonly symbol?: string; readonly venue?: string };
type Step =
  | { readonly publish: readonly number[] }
  | { readonly subscribe: Filter; readonly snapshot: number | undefined }
  | { readonly leave: number }
  | { readonly advance: number };

/** A hub, what was published to it, and those who listen. */
class Market {
  readonly #clock = new TestClock();
  readonly #hub = openHub(this.#clock);
  readonly #published: { readonly id: string; readonly listing: number }[] = [];
  readonly #listening: { readonly check: () => void; leave: (() => void) | undefined }[] = [];

  async take(one: Step): Promise<void> {
    if ("publish" in one) this.#publish(one.publish);
    else if ("subscribe" in one) this.#subscribe(one.subscribe, one.snapshot);
    else if ("leave" in one) this.#leave(one.leave);
    else await this.#clock.advance(one.advance);
  }

  async end(): Promise<void> {
    await this.#clock.advance(100);
    for (const { check, leave } of this.#listening) if (leave !== undefined) check();
    for (const index of this.#listening.keys()) this.#leave(index);
    this.#hub[Symbol.dispose]();
    expect(this.#clock.waiting).toBe(0);
  }

  #publish(listings: readonly number[]): void {
    const trades = listings.map((listing, index) => ({ listing, id: BigInt(this.#published.length + index) }));
    this.#published.push(...trades.map(({ id, listing }) => ({ id: String(id), listing })));
    this.#hub.publishTrades(tradeBatch(trades));
  }

  #subscribe(wanted: Filter, snapshot: number | undefined): void {
    const subscriber = new TestSubscriber();
    const all = (): readonly string[] =>
      this.#published.filter(({ listing }) => admits(wanted, listing)).map(({ id }) => id);
    const before = all().length;
    const kept = Math.min(snapshot ?? 50, RECENT_MAX, before);
    const size = snapshot === undefined ? {} : { snapshot };
    const leave = this.#hub.subscribe({ channel: "trades", ...wanted, ...size }, subscriber);
    expect(subscriber.messages.map(({ kind, rows }) => [kind, rows.length])).toEqual([["snapshot", kept]]);
    const check = (): void => expect(subscriber.rows.map(({ tradeId }) => tradeId)).toEqual(all().slice(before - kept));
    this.#listening.push({ check, leave });
  }

  #leave(index: number): void {
    const left = this.#listening[index];
    left?.leave?.();
    if (left !== undefined) left.leave = undefined;
  }
}

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
