import { expect, test } from "vitest";
import type { Bar } from "../../domain/index.ts";
import { TestClock } from "../../feeds/test-clock.ts";
import { type BarRow, type BarsRequest, barRowOf } from "../../query/index.ts";
import { testBar } from "../../store/test-records.ts";
import { NO_ROWS, testHealth, testListings } from "../test-api.ts";
import { StreamHub } from "./hub.ts";
import type { Channel } from "./protocol.ts";
import { TestSubscriber } from "./test-subscriber.ts";

interface Asked {
  readonly request: BarsRequest;
  readonly signal: AbortSignal | undefined;
  answer(bars: readonly Bar[]): Promise<void>;
  fail(error: Error): Promise<void>;
}

const listings = testListings();
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A hub whose queries a test answers. */
function openHub(clock = new TestClock()): { readonly hub: StreamHub; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const bars: typeof NO_ROWS.bars = (request, { signal } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly BarRow[]>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    asked.push({
      request,
      signal,
      answer: async (found) => {
        resolve([...found].reverse().map((bar) => barRowOf(bar, listings.at(bar.listing))));
        await settle();
      },
      fail: async (error) => {
        reject(error);
        await settle();
      },
    });
    return promise.then((rows) => ({
      rows,
      cursor: undefined,
      receipt: { snapshots: {}, lakeOffsets: {}, tailOffsets: {} },
    }));
  };
  const query = { ...NO_ROWS, bars };
  return { hub: new StreamHub({ listings, query, health: testHealth, recentTradesPerListingMax: 10, clock }), asked };
}

const bars = { channel: "bars" as Channel };
const openBar = (trades: number, changes: Partial<Bar> = {}): Bar => testBar({ complete: false, trades, ...changes });
const seen = ({ messages }: TestSubscriber): readonly unknown[] =>
  messages.map(({ kind, rows }) => [
    kind,
    ...rows.map(({ start, trades }) => `${String(start).slice(14, 19)} ${trades}`),
  ]);

test("the snapshot asks for the latest bars and gives them oldest first", async () => {
  const { hub, asked } = openHub();
  const subscriber = new TestSubscriber();
  hub.subscribe({ ...bars, symbol: "BTC-USDT-SPOT", interval: "5m", snapshot: 7 }, subscriber);
  expect(asked[0]?.request).toEqual({
    symbols: ["BTC-USDT-SPOT"],
    interval: "5m",
    order: "descending",
    limit: 7,
    includeOpen: true,
    fill: "none",
  });
  await asked[0]?.answer([testBar({ trades: 1 }), testBar({ trades: 2, startUs: 1_700_000_040_000_000 })]);
  expect(seen(subscriber)).toEqual([["snapshot", "13:00 1", "14:00 2"]]);
});

test("what changes while the query runs comes after the snapshot, unless the snapshot has it or newer", async () => {
  const { hub, asked } = openHub();
  const subscriber = new TestSubscriber();
  hub.subscribe(bars, subscriber);
  const later = 1_700_000_040_000_000;
  hub.publishBars([openBar(4), openBar(1, { startUs: later })]);
  hub.publishBars([openBar(5)]);
  hub.publishBars([openBar(6, { listing: 1 })]);
  hub.publishBars([openBar(9, { interval: "1s" })]);
  expect(subscriber.messages).toEqual([]);
  await asked[0]?.answer([openBar(5), openBar(5, { listing: 1 })]);
  expect(seen(subscriber)).toEqual([
    ["snapshot", "13:00 5", "13:00 5"],
    ["update", "14:00 1", "13:00 6"],
  ]);
});

test("a closed bar is newer than the open one, and a revision newer than that", async () => {
  const newer = async (published: Bar, answered: Bar): Promise<number> => {
    const { hub, asked } = openHub();
    const subscriber = new TestSubscriber();
    hub.subscribe(bars, subscriber);
    hub.publishBars([published]);
    await asked[0]?.answer([answered]);
    return subscriber.messages.length - 1;
  };
  const [open, closed, revised] = [openBar(3), testBar({ trades: 3 }), testBar({ trades: 2, revision: 1 })];
  expect([await newer(open, closed), await newer(closed, open)]).toEqual([0, 1]);
  expect([await newer(closed, revised), await newer(revised, closed)]).toEqual([0, 1]);
  expect([await newer(closed, closed), await newer(openBar(4), open), await newer(open, openBar(4))]).toEqual([
    0, 1, 0,
  ]);
});

test("of several changes within a pause the last is sent, one message for all bars", async () => {
  const clock = new TestClock();
  const { hub, asked } = openHub(clock);
  const subscriber = new TestSubscriber();
  hub.subscribe(bars, subscriber);
  await asked[0]?.answer([]);
  hub.publishBars([openBar(1)]);
  for (let trades = 2; trades < 50; trades += 1) hub.publishBars([openBar(trades), openBar(trades, { listing: 1 })]);
  await clock.advance(50);
  expect(seen(subscriber)).toEqual([["snapshot"], ["update", "13:00 1"], ["update", "13:00 49", "13:00 49"]]);
});

test("an open bar that is told again unchanged is not sent again", async () => {
  const clock = new TestClock();
  const { hub, asked } = openHub(clock);
  const subscriber = new TestSubscriber();
  hub.subscribe(bars, subscriber);
  await asked[0]?.answer([]);
  for (const bar of [openBar(1), openBar(1), openBar(2), openBar(2), testBar({ trades: 2 })]) {
    hub.publishBars([bar]);
    await clock.advance(50);
  }
  expect(subscriber.rows.map(({ trades, complete }) => [trades, complete])).toEqual([
    [1, false],
    [2, false],
    [2, true],
  ]);
});

test("a newcomer gets each change once: what others still wait for is in its own first update", async () => {
  const clock = new TestClock();
  const { hub, asked } = openHub(clock);
  const [first, second] = [new TestSubscriber(), new TestSubscriber()];
  hub.subscribe(bars, first);
  await asked[0]?.answer([]);
  hub.publishBars([openBar(1)]);
  hub.subscribe(bars, second);
  hub.publishBars([openBar(2)]);
  await asked[1]?.answer([openBar(1)]);
  await clock.advance(50);
  expect(seen(first)).toEqual([["snapshot"], ["update", "13:00 1"], ["update", "13:00 2"]]);
  expect(seen(second)).toEqual([
    ["snapshot", "13:00 1"],
    ["update", "13:00 2"],
  ]);
});

test("those who ask the same while a query runs share it, and its bytes", async () => {
  const { hub, asked } = openHub();
  const subscribers = Array.from({ length: 100 }, () => new TestSubscriber());
  for (const subscriber of subscribers) hub.subscribe(bars, subscriber);
  hub.subscribe({ ...bars, snapshot: 3 }, new TestSubscriber());
  expect(asked.length).toBe(2);
  await asked[0]?.answer([testBar()]);
  expect(new Set(subscribers.map(({ messages }) => messages[0]?.tail)).size).toBe(1);
});

test("the query is dropped when the last who waits for it leaves", async () => {
  const { hub, asked } = openHub();
  const [one, other] = [new TestSubscriber(), new TestSubscriber()];
  const leaveOne = hub.subscribe(bars, one);
  const leaveOther = hub.subscribe(bars, other);
  leaveOne();
  expect(asked[0]?.signal?.aborted).toBe(false);
  leaveOther();
  expect(asked[0]?.signal?.aborted).toBe(true);
  await settle();
  hub.publishBars([openBar(1)]);
  expect([one.messages, other.messages, one.failures, other.failures]).toEqual([[], [], [], []]);
  const again = new TestSubscriber();
  hub.subscribe(bars, again);
  await asked[1]?.answer([openBar(1)]);
  expect(seen(again)).toEqual([["snapshot", "13:00 1"]]);
});

test("who leaves while others wait gets nothing", async () => {
  const { hub, asked } = openHub();
  const [goes, stays] = [new TestSubscriber(), new TestSubscriber()];
  const leave = hub.subscribe(bars, goes);
  hub.subscribe(bars, stays);
  leave();
  await asked[0]?.answer([openBar(1)]);
  hub.publishBars([openBar(2)]);
  expect([goes.messages.length, stays.messages.length]).toEqual([0, 2]);
});

test("who leaves upon its snapshot gets no update", async () => {
  const { hub, asked } = openHub();
  const [subscriber, stays] = [new TestSubscriber(), new TestSubscriber()];
  hub.subscribe(bars, stays);
  const leave = hub.subscribe(bars, {
    snapshot: (tail) => {
      subscriber.snapshot(tail);
      leave();
    },
    update: (tail) => subscriber.update(tail),
    failed: (error) => subscriber.failed(error),
  });
  await asked[0]?.answer([openBar(1)]);
  hub.publishBars([openBar(2)]);
  expect(seen(subscriber)).toEqual([["snapshot", "13:00 1"]]);
  expect(stays.messages.length).toBe(2);
});

test("when the query fails, each who waits is told, and the next asks anew", async () => {
  const { hub, asked } = openHub();
  const subscribers = [new TestSubscriber(), new TestSubscriber()];
  for (const subscriber of subscribers) hub.subscribe(bars, subscriber);
  const error = new Error("no store");
  await asked[0]?.fail(error);
  expect(subscribers.map(({ failures }) => failures)).toEqual([[error], [error]]);
  hub.publishBars([openBar(1)]);
  const again = new TestSubscriber();
  hub.subscribe(bars, again);
  await asked[1]?.answer([]);
  hub.publishBars([openBar(2)]);
  expect(seen(again)).toEqual([["snapshot"], ["update", "13:00 2"]]);
  expect(subscribers.map(({ messages }) => messages.length)).toEqual([0, 0]);
});

test("a snapshot of no rows asks nothing, and disposing drops the queries under way", async () => {
  const { hub, asked } = openHub();
  const none = new TestSubscriber();
  hub.subscribe({ ...bars, snapshot: 0 }, none);
  await settle();
  expect([asked.length, seen(none)]).toEqual([0, [["snapshot"]]]);
  hub.subscribe(bars, new TestSubscriber());
  hub[Symbol.dispose]();
  expect(asked[0]?.signal?.aborted).toBe(true);
});
