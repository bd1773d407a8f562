import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { BookReader, OrderBook } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { type RecordedMessage, recordedMessages } from "../decode/test-books.ts";
import { frame } from "../decode/test-support.ts";
import { binance, binanceCoinm, binanceUsdm } from "./binance.ts";
import { DepthSequence } from "./book-sequence.ts";

describe("spot", () => {
  const event = (first: number, last: number) => ({ first, last });

  test("goes on from the snapshot, event by event", () => {
    const sequence = new DepthSequence();
    expect(sequence.take(event(98, 99))).toBe("early");
    sequence.startFrom(100);
    expect(sequence.take(event(90, 95))).toBe("old");
    expect(sequence.take(event(96, 100))).toBe("old");
    expect(sequence.take(event(99, 104))).toBe("apply");
    expect(sequence.take(event(105, 105))).toBe("apply");
    expect(sequence.take(event(105, 105))).toBe("old");
  });

  test("a hole breaks the book until the next snapshot", () => {
    const sequence = new DepthSequence();
    sequence.startFrom(100);
    expect(sequence.take(event(102, 104))).toBe("gap");
    expect(sequence.take(event(105, 106))).toBe("early");
    sequence.startFrom(110);
    expect(sequence.take(event(111, 112))).toBe("apply");
  });
});

describe("futures", () => {
  const event = (previous: number, first: number, last: number) => ({ previous, first, last });

  test("each event names the end of the one before; ids of other symbols lie between", () => {
    const sequence = new DepthSequence();
    sequence.startFrom(100);
    expect(sequence.take(event(70, 80, 99))).toBe("old");
    expect(sequence.take(event(99, 100, 120))).toBe("apply");
    expect(sequence.take(event(120, 131, 140))).toBe("apply");
    expect(sequence.take(event(120, 131, 140))).toBe("old");
    expect(sequence.take(event(141, 150, 160))).toBe("gap");
    expect(sequence.take(event(160, 161, 170))).toBe("early");
  });

  test("the first event may end where the snapshot does, or begin behind it with nothing between", () => {
    const sequence = new DepthSequence();
    sequence.startFrom(100);
    expect(sequence.take(event(80, 85, 100))).toBe("apply");
    expect(sequence.take(event(100, 107, 110))).toBe("apply");
    sequence.startFrom(100);
    expect(sequence.take(event(90, 105, 110))).toBe("apply");
    sequence.startFrom(100);
    expect(sequence.take(event(101, 102, 110))).toBe("gap");
  });
});

const HFT = "ws/binance/hftbacktest";
/** How many tickers are of an update that a depth event ends with, as the recordings' notes count them. */
const ORACLES = [
  {
    name: "USD-M 2024",
    feed: binanceUsdm,
    symbol: "BTCUSDT",
    depth: "depth@0ms",
    files: [`${HFT}/usdm_btcusdt_20240808.gz`],
    tickers: 629,
  },
  {
    name: "spot 2024",
    feed: binance,
    symbol: "BTCUSDT",
    depth: "depth@100ms",
    files: [`${HFT}/spot_btcusdt_20240808.gz`, `${HFT}/spot_btcusdt_20240809.gz`],
    tickers: 1072,
  },
  {
    name: "COIN-M 2024",
    feed: binanceCoinm,
    symbol: "BTCUSD_PERP",
    depth: "depth@0ms",
    files: [`${HFT}/cm_btcusd_perp_20240808.gz`],
    tickers: 1124,
  },
  {
    name: "USD-M 2023",
    feed: binanceUsdm,
    symbol: "BTCUSDT",
    depth: "depth@0ms",
    files: [`${HFT}/usdm_btcusdt_20230404.dat.gz`, `${HFT}/usdm_btcusdt_20230405.dat.gz`],
    tickers: 1565,
  },
] as const;

/** Frames and snapshots through a reader. @param symbol of the snapshots whose recording does not say */
async function played(
  reader: BookReader | undefined,
  context: KeepingContext,
  { messages, symbol }: { readonly messages: readonly RecordedMessage[]; readonly symbol: string },
): Promise<void> {
  for (const [index, { url, text }] of messages.entries()) {
    if (index % 5000 === 0) await setImmediate();
    const isSnapshot = url === undefined && !text.startsWith('{"stream"');
    const from = isSnapshot ? `http://localhost/fapi/v1/depth?symbol=${symbol}` : url;
    if (from === undefined) reader?.read(frame(text), context);
    else reader?.fetched?.(from, frame(text), context);
  }
}

interface Best {
  readonly bid: readonly [bigint, bigint];
  readonly ask: readonly [bigint, bigint];
}

function bestOf({ bids, asks }: OrderBook): Best {
  return { bid: [bids.price(0), bids.size(0)], ask: [asks.price(0), asks.size(0)] };
}

/** The quotes of a recording, by symbol and update id. */
async function quotesOf(
  reader: BookReader | undefined,
  messages: readonly RecordedMessage[],
): Promise<ReadonlyMap<string, Best>> {
  const quotes = new Map<string, Best>();
  const context = new KeepingContext();
  context.onMessage = ({ sequence }, rawSymbol, { book }) => quotes.set(`${rawSymbol} ${sequence}`, bestOf(book));
  await played(reader, context, { messages, symbol: "" });
  expect(context.refusals).toEqual([]);
  return quotes;
}
describe.each(ORACLES)("recorded $name", ({ feed, symbol, depth, files, tickers }) => {
  const messages = recordedMessages(...files);

  test.skipIf(messages === undefined)(
    `best bid and ask, price and size, are the ticker's at every matching update: ${tickers}`,
    async () => {
      const quotes = await quotesOf(feed.books?.createBookReader({ channels: ["bookTicker"] }), messages ?? []);
      const context = new KeepingContext();
      let [compared, equal] = [0, 0];
      context.onMessage = ({ sequence, verdict }, rawSymbol, { book }) => {
        const quote = verdict === "apply" ? quotes.get(`${rawSymbol} ${sequence}`) : undefined;
        if (quote === undefined) return;
        compared += 1;
        const best = bestOf(book);
        if (String([best.bid, best.ask]) === String([quote.bid, quote.ask])) equal += 1;
      };
      await played(feed.books?.createBookReader({ channels: ["trade", depth] }), context, {
        messages: messages ?? [],
        symbol,
      });
      expect([compared, equal]).toEqual([tickers, tickers]);
      const { counts, refusals, losses } = context;
      expect([counts["replace"], counts["gap"], counts["crossed"], refusals, losses]).toEqual([
        1,
        undefined,
        undefined,
        [],
        [],
      ]);
      expect(counts["apply"]).toBeGreaterThan(1000);
    },
    60_000,
  );

  test.skipIf(messages === undefined)("begun after its snapshot, it waits for one and proves nothing", async () => {
    const rest = (messages ?? []).slice((messages ?? []).findIndex(({ text }) => text.includes('"lastUpdateId"')) + 1);
    const context = new KeepingContext();
    const reader = feed.books?.createBookReader({ channels: [depth] });
    await played(reader, context, { messages: rest.slice(0, 20_000), symbol });
    expect(Object.keys(context.counts)).toEqual(["early"]);
    expect([...context.books.values()].some(({ isProven }) => isProven)).toBe(false);
  });
});

const SEVERAL = [
  {
    name: "spot 2021-10, four symbols",
    feed: binance,
    file: "ws/binance/cryptofeed-spot-20211011.jsonl.gz",
    symbols: 4,
    depth: 177,
  },
  {
    name: "USD-M 2021-07, four symbols",
    feed: binanceUsdm,
    file: "ws/binance/cryptofeed-usdm-20210722.jsonl.gz",
    symbols: 4,
    depth: 764,
  },
  {
    name: "spot 2021-04, three symbols",
    feed: binance,
    file: "ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz",
    symbols: 3,
    depth: 2688,
  },
] as const;

describe.each(SEVERAL)("recorded $name", ({ feed, file, symbols, depth }) => {
  const messages = recordedMessages(file);

  test.skipIf(messages === undefined)(
    "no gap, no crossed book, from snapshots that were fetched meanwhile",
    async () => {
      const context = new KeepingContext();
      const reader = feed.books?.createBookReader({ channels: ["depth@100ms"] });
      await played(reader, context, { messages: messages ?? [], symbol: "" });
      const { counts, refusals, losses, books } = context;
      expect([...books.values()].map(({ isProven }) => isProven)).toEqual(Array.from({ length: symbols }, () => true));
      expect([counts["replace"], counts["gap"], counts["crossed"]]).toEqual([symbols, undefined, undefined]);
      expect([refusals, losses]).toEqual([[], []]);
      // What was early came again, as old or to be applied.
      expect((counts["apply"] ?? 0) + (counts["old"] ?? 0)).toBe(depth);
    },
  );
});
