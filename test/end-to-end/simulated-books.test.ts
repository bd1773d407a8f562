import { describe, expect, test } from "vitest";
import type { BookMessage } from "../../src/domain/index.ts";
import { KeepingContext, type KeptBook } from "../../src/feeds/decode/test-book-context.ts";
import { feedById } from "../../src/feeds/index.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { BareClient } from "../../src/venue-server/testing/bare-client.ts";

/* The simulated market's books, through the unmodified readers of the feeds: they prove themselves as the venues' do. */

const START_NS = 1_786_309_548_000_000_000n;

const ANSWERED =
  /"(?:result|success|subscriptions|subscribed?|subscriptionStatus|bts:subscription_succeeded|heartbeat)"/;

interface BookCase {
  readonly feed: string;
  readonly channels: readonly string[];
  readonly symbols: readonly string[];
  readonly hasChecksums?: boolean;
}

const CASES: readonly BookCase[] = [
  { feed: "binance", channels: ["trade", "depth@100ms", "bookTicker"], symbols: ["BTCUSDT", "PICOUSDT"] },
  { feed: "binance-usdm", channels: ["trade", "depth", "bookTicker"], symbols: ["BTCUSDT"] },
  { feed: "binance-coinm", channels: ["depth@500ms", "bookTicker"], symbols: ["BTCUSD_PERP"] },
  { feed: "kraken", channels: ["trade", "book-10", "ticker"], symbols: ["BTC/USD", "DOGE/USD"], hasChecksums: true },
  { feed: "kraken", channels: ["book-100"], symbols: ["ETH/USD"], hasChecksums: true },
  { feed: "coinbase", channels: ["market_trades", "level2"], symbols: ["BTC-USD", "ETH-USD"] },
  { feed: "bybit", channels: ["publicTrade", "orderbook.50", "orderbook.1"], symbols: ["BTCUSDT", "PICOUSDT"] },
  { feed: "bybit-linear", channels: ["orderbook.200"], symbols: ["ETHUSDT"] },
  { feed: "okx", channels: ["trades", "books", "bbo-tbt"], symbols: ["BTC-USDT", "ETH-USD-SWAP"], hasChecksums: true },
  { feed: "kraken-v1", channels: ["trade", "book-10", "spread"], symbols: ["XBT/USD", "XDG/USD"], hasChecksums: true },
  { feed: "coinbase-exchange", channels: ["matches", "level2_batch"], symbols: ["BTC-USD", "ETH-USD"] },
  { feed: "coinbase-exchange", channels: ["matches", "full"], symbols: ["BTC-USD", "ETH-USD"] },
  { feed: "kraken-futures", channels: ["trade", "book"], symbols: ["PI_XBTUSD", "PF_ETHUSD"] },
  { feed: "bitstamp", channels: ["live_trades", "diff_order_book"], symbols: ["btcusd"] },
  { feed: "bitstamp", channels: ["live_orders"], symbols: ["btcusd"] },
  { feed: "gemini", channels: ["trades", "l2"], symbols: ["BTCUSD", "DOGEUSD"] },
];

/** The best bid and ask of books and of quotes, each by symbol and update; those of the same update are compared. */
class Bests {
  compared = 0;
  equal = 0;
  readonly #seen = new Map<string, string>();

  take({ channel, sequence, verdict }: BookMessage, rawSymbol: string, { book, isProven }: KeptBook): void {
    if (sequence < 0 || !isProven || verdict === "old") return;
    const key = `${rawSymbol} ${sequence}`;
    const best = String([book.bids.price(0), book.bids.size(0), book.asks.price(0), book.asks.size(0)]);
    const other = this.#seen.get(`${channel === "book" ? "quote" : "book"} ${key}`);
    this.#seen.set(`${channel} ${key}`, best);
    if (other === undefined) return;
    this.compared += 1;
    if (other === best) this.equal += 1;
  }
}

/** Captures a feed of the simulated market until there are so many book messages. */
async function captured({ feed, channels, symbols }: BookCase, options: { readonly atOnce: boolean }) {
  const { books, subscribe } = feedById(feed);
  const reader = books?.createBookReader({ channels });
  const context = new KeepingContext();
  const bests = new Bests();
  context.onMessage = (message, rawSymbol, kept) => bests.take(message, rawSymbol, kept);
  const server = await startVenueServer({
    source: { kind: "market", seed: 11, tradesPerSecond: 3000, startTimeNs: START_NS, firstTradeId: 1, feeds: [feed] },
    speed: "max",
    paused: true,
  });
  const enough = Promise.withResolvers<void>();
  const client = await BareClient.connect(server.url(feed), {
    onFrame: (text) => {
      reader?.read(Buffer.from(text), context);
      const { early = 0, apply = 0 } = context.counts;
      if ((options.atOnce ? apply : early) > 1500) enough.resolve();
    },
  });
  const fetchAll = async (): Promise<void> => {
    for (const symbol of symbols) {
      const request = books?.snapshotRequest?.(symbol);
      if (request === undefined) continue;
      const { pathname, search } = new URL(request.url);
      const answer = await fetch(server.restUrl(feed) + pathname + search);
      reader?.fetched?.(request.url, new Uint8Array(await answer.arrayBuffer()), context);
    }
  };
  try {
    for (const text of subscribe(symbols, channels)) client.say(text);
    await client.next((text) => ANSWERED.test(text));
    server.resume();
    if (options.atOnce)
      await client.next((text) =>
        /depthUpdate|"book|l2_data|orderbook|l2update|l2_updates|"type":"open"|"event":"(?:data|order_)/.test(text),
      );
    else await enough.promise;
    server.pause();
    await fetchAll();
    server.resume();
    await enough.promise;
    server.pause();
    // To the end of what one trade changed: a book that is told order by order may have one side only in its midst.
    await client.caughtUp();
  } finally {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }
  return { context, bests };
}

describe.each(CASES)("$feed $channels", (bookCase) => {
  test("books are never crossed, never broken, and equal quotes of the same update", async () => {
    const { context, bests } = await captured(bookCase, { atOnce: true });
    const { counts, refusals, losses, books } = context;
    expect([refusals, losses]).toEqual([[], []]);
    expect([counts["gap"], counts["crossed"], counts["wrong checksum"]]).toEqual([undefined, undefined, undefined]);
    const kept = [...books].filter(([key]) => key.startsWith("book "));
    expect(kept.map(([, { isProven }]) => isProven)).toEqual(bookCase.symbols.map(() => true));
    expect(counts["apply"]).toBeGreaterThan(300);
    expect((counts["checksum"] ?? 0) > 300).toBe(bookCase.hasChecksums === true);
    const hasNumberedQuotes = bookCase.channels.some((name) => ["bookTicker", "orderbook.1", "bbo-tbt"].includes(name));
    expect([bests.equal, bests.compared > 300]).toEqual([bests.compared, hasNumberedQuotes]);
    for (const { book } of books.values()) expect(book.bids.length).toBeGreaterThan(0);
  });
});

test("a snapshot that is fetched late proves the book with what was kept since", async () => {
  const late: BookCase = { feed: "binance", channels: ["depth"], symbols: ["BTCUSDT"] };
  const { counts, refusals, books } = (await captured(late, { atOnce: false })).context;
  expect([refusals, counts["gap"], counts["crossed"]]).toEqual([[], undefined, undefined]);
  expect(counts["early"]).toBeGreaterThan(1000);
  expect(books.get("book BTCUSDT")?.isProven).toBe(true);
});
