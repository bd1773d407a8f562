import { expect, test } from "vitest";
import { RecordBatchBuilder } from "../../base/index.ts";
import { appendQuoteRecord, type Gap, QUOTE_FLAGS, type Quote } from "../../domain/index.ts";
import { TestClock } from "../../feeds/test-clock.ts";
import { NO_ROWS, TestApi, testHealth, testListings } from "../test-api.ts";
import { StreamHub } from "./hub.ts";
import { TestSubscriber } from "./test-subscriber.ts";

const T0 = 1_700_000_000_000_000;

interface GivenQuote extends Partial<Omit<Quote, "halves">> {
  readonly bid?: number;
  readonly ask?: number;
}

/** Sizes are one; prices in units of the quote currency. */
function quoteRecords(...quotes: readonly GivenQuote[]) {
  const builder = new RecordBatchBuilder();
  for (const { bid = 0, ask = 0, ...of } of quotes) {
    const words = new BigInt64Array([BigInt(bid) * 10n ** 8n, 10n ** 8n, BigInt(ask) * 10n ** 8n, 10n ** 8n]);
    const plain = { listing: 0, flags: 0, source: 1, eventTimeUs: T0, eventTimeNanos: 0, receiveTimeUs: T0 + 1 };
    const origin = { receiveTimeNanos: 0, connection: "binance/0", epoch: 1, sequence: 7, frameIndex: 0 };
    const sides = (bid === 0 ? QUOTE_FLAGS.noBid : 0) | (ask === 0 ? QUOTE_FLAGS.noAsk : 0);
    const quote = { ...plain, ...origin, rawPartition: 0, rawOffset: 3, ...of, halves: new Int32Array(words.buffer) };
    appendQuoteRecord({ ...quote, flags: quote.flags | sides }, builder);
  }
  return builder.take();
}

function gap(fromUs: number, of: Partial<Gap> = {}): Gap {
  return {
    gapId: "binance/0#1/BTCUSDT@9.0",
    venue: "binance",
    feed: "binance",
    connection: "binance/0",
    epoch: 1,
    rawSymbols: ["BTCUSDT"],
    cause: "missed",
    state: "open",
    fromUs,
    toUs: undefined,
    detail: "",
    resolution: undefined,
    source: 1,
    ...of,
  };
}

function openHub(clock = new TestClock()): StreamHub {
  return new StreamHub({
    listings: testListings(),
    query: NO_ROWS,
    health: testHealth,
    recentTradesPerListingMax: 1,
    clock,
  });
}

const shown = ({ rows }: TestSubscriber) =>
  rows.map(({ venue, bidPrice, askPrice, origin, flags }) =>
    [venue, bidPrice, askPrice, origin, (flags as string[]).join()].join(" "),
  );

test("the snapshot is what stands, an update the new state of each source that changed, the last of a burst", async () => {
  const clock = new TestClock();
  using hub = openHub(clock);
  const derived = { flags: QUOTE_FLAGS.derived };
  hub.publishQuotes(
    quoteRecords({ bid: 100, ask: 102 }, { bid: 99, ask: 103, ...derived }, { bid: 101, ask: 102 }),
    [],
  );
  const [all, kraken] = [new TestSubscriber(), new TestSubscriber()];
  hub.subscribe({ channel: "quotes" }, all);
  hub.subscribe({ channel: "quotes", venue: "kraken" }, kraken);
  hub.publishQuotes(quoteRecords({ bid: 104, ask: 105 }), []);
  hub.publishQuotes(quoteRecords({ bid: 105, ask: 106 }), []);
  hub.publishQuotes(quoteRecords({ bid: 107, ask: 107, flags: QUOTE_FLAGS.locked }), []);
  hub.publishQuotes(quoteRecords({ listing: 1, ask: 99, connection: "kraken/0" }), []);
  await clock.advance(50);
  expect(shown(all)).toEqual([
    "binance 101 102 channel ",
    "binance 99 103 book ",
    "binance 104 105 channel ",
    "binance 107 107 channel locked",
    "kraken  99 channel ",
  ]);
  expect(shown(kraken)).toEqual(["kraken  99 channel "]);
  expect(all.rows[1]).toEqual({
    venue: "binance",
    symbol: "BTC-USDT-SPOT",
    rawSymbol: "BTCUSDT",
    bidPrice: "99",
    bidSize: "1",
    askPrice: "103",
    askSize: "1",
    eventTime: "2023-11-14T22:13:20.000000Z",
    receiveTime: "2023-11-14T22:13:20.000001Z",
    origin: "book",
    connection: "binance/0",
    flags: [],
    source: "simulated",
  });
});

test("a book that is not proven any more takes its quote back, and not that of the venue's quote channel", () => {
  using hub = openHub();
  const derived = { flags: QUOTE_FLAGS.derived };
  hub.publishQuotes(quoteRecords({ bid: 100, ask: 102, ...derived }, { bid: 100, ask: 103 }), []);
  hub.publishQuotes(quoteRecords(), [gap(T0 + 5, { rawSymbols: ["ETHUSDT"] })]);
  hub.publishQuotes(quoteRecords(), [gap(T0 + 5)]);
  const subscriber = new TestSubscriber();
  hub.subscribe({ channel: "quotes" }, subscriber);
  expect(shown(subscriber)).toEqual(["binance   book unproven", "binance 100 103 channel "]);
  // Proven again in the same piece: the quote is newer than the gap.
  hub.publishQuotes(quoteRecords({ bid: 90, ask: 91, receiveTimeUs: T0 + 9, ...derived }), [
    gap(T0 + 5),
    gap(T0 + 5, { state: "closed", toUs: T0 + 9, resolution: "resynchronised" }),
  ]);
  expect(shown(subscriber).at(-1)).toBe("binance 90 91 book ");
});

test("over the WebSocket quotes are a channel beside trades, with its own fields", async () => {
  await using api = await TestApi.open();
  api.server.hub.publishQuotes(quoteRecords({ bid: 100, ask: 102 }), []);
  const client = await api.connect();
  expect(await client.ask({ op: "subscribe", id: 5, channel: "quotes", symbol: "BTC-USDT-SPOT" })).toMatchObject({
    type: "snapshot",
    id: 5,
    sequence: 0,
    rows: [{ bidPrice: "100", askPrice: "102" }],
  });
  api.server.hub.publishQuotes(quoteRecords({ bid: 101, ask: 102 }), []);
  expect(await client.next()).toMatchObject({ type: "update", id: 5, sequence: 1, rows: [{ bidPrice: "101" }] });
  expect(await client.ask({ op: "subscribe", id: 6, channel: "quotes", interval: "1m" })).toMatchObject({
    type: "error",
    id: 6,
    code: "K2_INVALID_INPUT",
  });
  expect(await client.ask({ op: "unsubscribe", id: 5 })).toMatchObject({ type: "unsubscribed", id: 5 });
});
