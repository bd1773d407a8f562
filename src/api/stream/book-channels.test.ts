import { expect, test } from "vitest";
import { RecordBatchBuilder } from "../../base/index.ts";
import {
  ASK,
  appendBookRecords,
  BID,
  BOOK_FLAGS,
  BookLevels,
  type Gap,
  type LiveBook,
  OrderBook,
} from "../../domain/index.ts";
import { TestClock } from "../../feeds/test-clock.ts";
import { NO_ROWS, TestApi, testHealth, testListings } from "../test-api.ts";
import { StreamHub } from "./hub.ts";
import { TestSubscriber } from "./test-subscriber.ts";

const T0 = 1_700_000_000_000_000;
const NO_RECORDS = new RecordBatchBuilder().take();
const E8 = 100_000_000n;
type Level = readonly [side: number, price: number, size: number];

/** The book of the first listing, as the pipeline holds it, and what becomes durable of it. */
class HeldBook {
  readonly #book = new OrderBook();
  #offset = 0;
  #gap: LiveBook["gap"];

  live(): readonly LiveBook[] {
    const place = { rawPartition: 0, rawOffset: this.#offset, frameIndex: 0, throughOffset: this.#offset };
    return [
      {
        ...{ feed: "binance", connection: "binance/0", isProven: this.#gap === undefined, gap: this.#gap },
        snapshot: { epoch: 1, timeUs: T0, isPeriodic: false, isChecked: true },
        ...{ messages: this.#offset, timeUs: T0 + this.#offset, sequence: this.#offset + 100, depth: 0, ...place },
        ...{ bids: this.#book.bids, asks: this.#book.asks },
      },
    ];
  }

  /** One more frame. @returns its records, once they are durable */
  take(rows: readonly Level[], { isWhole = false } = {}): ReturnType<RecordBatchBuilder["take"]> {
    const levels = new BookLevels();
    for (const [side, price, size] of rows) levels.push(side, { price: BigInt(price) * E8, size: BigInt(size) * E8 });
    if (isWhole) this.#book.replace(levels);
    else this.#book.apply(levels);
    this.#offset += 1;
    if (isWhole) this.#gap = undefined;
    const builder = new RecordBatchBuilder();
    const flags = (isWhole ? BOOK_FLAGS.snapshot : 0) | (this.#gap === undefined ? 0 : BOOK_FLAGS.maybeBad);
    appendBookRecords(
      {
        ...{ listing: 0, flags, source: 1, eventTimeUs: 0, eventTimeNanos: 0, receiveTimeUs: T0 + this.#offset },
        ...{ receiveTimeNanos: 0, connection: "binance/0", epoch: 1, sequence: this.#offset + 100, frameIndex: 0 },
        ...{ rawPartition: 0, rawOffset: this.#offset, depth: 0, bidLevels: 0, askLevels: 0, bidsKept: 0 },
      },
      levels,
      builder,
    );
    return builder.take();
  }

  lose(): Gap {
    this.#offset += 1;
    const gapId = `binance/0#1/BTCUSDT@${this.#offset}.0`;
    this.#gap = { gapId, cause: "missed", fromUs: T0, detail: "9 after 7" };
    const of = { venue: "binance", feed: "binance", connection: "binance/0", epoch: 1, rawSymbols: ["BTCUSDT"] };
    const open = { state: "open", cause: "missed", toUs: undefined, resolution: undefined, source: 1 } as const;
    return { ...of, ...open, gapId, fromUs: T0, detail: "9 after 7" };
  }
}

function openHub(held: HeldBook, clock: TestClock): StreamHub {
  const liveBooks = (listing: number): readonly LiveBook[] => (listing === 0 ? held.live() : []);
  const options = { listings: testListings(), query: NO_ROWS, health: testHealth, recentTradesPerListingMax: 1 };
  return new StreamHub({ ...options, liveBooks, clock });
}

const WHOLE: readonly Level[] = [
  [BID, 100, 1],
  [BID, 99, 2],
  [BID, 98, 3],
  [ASK, 101, 1],
  [ASK, 102, 2],
];
const symbol = "BTC-USDT-SPOT";

function shown({ messages }: TestSubscriber): readonly string[] {
  type Side = readonly { readonly price: string; readonly size: string }[];
  const side = (levels: unknown): string =>
    ((levels ?? []) as Side).map(({ price, size }) => `${price}×${size}`).join(" ");
  return messages.flatMap(({ kind, rows }) =>
    rows.map(
      ({ action, position, previous, bids, asks }) =>
        `${kind} ${action} ${previous ?? ""}>${position ?? ""} ${side(bids)} | ${side(asks)}`,
    ),
  );
}

test("the best levels of a book are told anew when they change, and not for what lies deeper", async () => {
  const [held, clock] = [new HeldBook(), new TestClock()];
  using hub = openHub(held, clock);
  held.take(WHOLE, { isWhole: true });
  const subscriber = new TestSubscriber();
  const leave = hub.subscribe({ channel: "book", symbol, depth: 2 }, subscriber);
  expect(subscriber.rows).toEqual([
    {
      venue: "binance",
      symbol,
      rawSymbol: "BTCUSDT",
      connection: "binance/0",
      epoch: 1,
      action: "snapshot",
      position: "0:1.0",
      time: "2023-11-14T22:13:20.000001Z",
      sequence: "101",
      subscribedDepth: null,
      bids: [
        { price: "100", size: "1" },
        { price: "99", size: "2" },
      ],
      asks: [
        { price: "101", size: "1" },
        { price: "102", size: "2" },
      ],
    },
  ]);
  const tell = async (...given: Parameters<StreamHub["publishBooks"]>): Promise<void> => {
    hub.publishBooks(...given);
    await clock.advance(25);
  };
  await tell(held.take([[BID, 100, 5]]), []);
  await tell(held.take([[BID, 98, 9]]), []);
  await tell(NO_RECORDS, [held.lose()]);
  await tell(held.take([[BID, 97, 9]]), []);
  await tell(held.take(WHOLE, { isWhole: true }), []);
  expect(shown(subscriber).slice(1)).toEqual([
    "update snapshot >0:2.0 100×5 99×2 | 101×1 102×2",
    "update unproven >  | ",
    "update snapshot >0:6.0 100×1 99×2 | 101×1 102×2",
  ]);
  leave();
  await tell(held.take([[BID, 100, 7]]), []);
  expect(subscriber.messages.length).toBe(4);
});

test("a book's changes come one by one with the position before, from where the snapshot stands, and a lost book is told", async () => {
  const [held, clock] = [new HeldBook(), new TestClock()];
  using hub = openHub(held, clock);
  held.take(WHOLE, { isWhole: true });
  const [early, late] = [new TestSubscriber(), new TestSubscriber()];
  hub.subscribe({ channel: "book_changes", symbol }, early);
  hub.publishBooks(held.take([[BID, 100, 5]]), []);
  const third = held.take([[ASK, 101, 0]]);
  // What it sees is not durable yet: it gets it once.
  hub.subscribe({ channel: "book_changes", symbol, venue: "binance" }, late);
  hub.publishBooks(third, []);
  await clock.advance(25);
  hub.publishBooks(NO_RECORDS, [held.lose()]);
  hub.publishBooks(held.take([[BID, 97, 9]]), []);
  hub.publishBooks(held.take([[BID, 50, 1]], { isWhole: true }), []);
  hub.publishBooks(held.take([[ASK, 51, 1]]), []);
  await clock.advance(25);
  const lost = ["update unproven >  | ", "update snapshot >0:6.0 50×1 | ", "update change 0:6.0>0:7.0  | 51×1"];
  expect(shown(early)).toEqual([
    "snapshot snapshot >0:1.0 100×1 99×2 98×3 | 101×1 102×2",
    "update change 0:1.0>0:2.0 100×5 | ",
    "update change 0:2.0>0:3.0  | 101×0",
    ...lost,
  ]);
  expect(shown(late)).toEqual(["snapshot snapshot >0:3.0 100×5 99×2 98×3 | 102×2", ...lost]);
  expect(early.rows.find(({ action }) => action === "unproven")).toEqual({
    ...{ venue: "binance", symbol, rawSymbol: "BTCUSDT", connection: "binance/0", epoch: 1, action: "unproven" },
    gap: { id: "binance/0#1/BTCUSDT@4.0", cause: "missed", since: "2023-11-14T22:13:20.000000Z", detail: "9 after 7" },
  });
});

test("over the WebSocket a book must be named, and a client that does not read is told and cut off", async () => {
  const held = new HeldBook();
  held.take(WHOLE, { isWhole: true });
  const liveBooks = (listing: number): readonly LiveBook[] => (listing === 0 ? held.live() : []);
  await using api = await TestApi.open({ liveBooks, streamLimits: { unreadBytesMax: 50_000 } });
  const client = await api.connect();
  expect(await client.ask({ op: "subscribe", id: 1, channel: "book" })).toMatchObject({
    ...{ type: "error", id: 1, code: "K2_INVALID_INPUT", detail: "The field symbol is missing" },
  });
  expect(await client.ask({ op: "subscribe", id: 2, channel: "book", symbol, depth: 1 })).toMatchObject({
    ...{ type: "snapshot", id: 2, sequence: 0, rows: [{ bids: [{ price: "100", size: "1" }] }] },
  });
  expect(await client.ask({ op: "subscribe", id: 3, channel: "book_changes", symbol })).toMatchObject({
    ...{ type: "snapshot", id: 3, sequence: 0, rows: [{ action: "snapshot", bids: { length: 3 } }] },
  });
  client.socket.pause();
  const many = Array.from({ length: 500 }, (_, index): Level => [BID, 1 + (index % 90), 1 + index]);
  // Until the sockets' own buffers are full too.
  while (!(await api.metrics.expose()).includes("k2_stream_clients_cut_off_total 1")) {
    for (let round = 0; round < 50; round += 1) api.server.hub.publishBooks(held.take(many), []);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  client.socket.resume();
  expect((await client.closed).code).toBe(1013);
});
