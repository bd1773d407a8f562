import { describe, expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { type CandleRecord, compareDecimals, type Decimal, parseDecimal, type Trade } from "../../src/domain/index.ts";
import { CollectingContext } from "../../src/feeds/decode/test-support.ts";
import { feedById } from "../../src/feeds/index.ts";
import { contextOf, hasMark, type Kept } from "../../src/feeds/venue-data/test-venue-data.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { BareClient } from "../../src/venue-server/testing/bare-client.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";

/* What the simulated market tells beside trades and books, through the unmodified readers of the feeds. */

const START_NS = 1_786_309_790_000_000_000n;
const ANSWERED = /"(?:result|success|subscriptions|subscribed?|subscriptionStatus)"/;
const MINUTE_US = 60_000_000n;

interface DataCase {
  readonly feed: string;
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly channels: readonly string[];
  /** The channel of candles of one or five minutes. */
  readonly candles?: string;
  readonly minutes?: bigint;
  readonly hasFunding?: boolean;
  readonly hasStatus?: boolean;
}

const CASES: readonly DataCase[] = [
  {
    feed: "binance",
    symbol: "BTC-USDT-SPOT",
    rawSymbol: "BTCUSDT",
    channels: ["ticker", "miniTicker"],
    candles: "kline_1m",
  },
  {
    feed: "binance-usdm",
    symbol: "BTC-USDT-PERP",
    rawSymbol: "BTCUSDT",
    channels: ["ticker", "markPrice@1s", "forceOrder", "!contractInfo"],
    candles: "kline_1m",
    hasFunding: true,
  },
  {
    feed: "binance-coinm",
    symbol: "BTC-USD:BTC-PERP",
    rawSymbol: "BTCUSD_PERP",
    channels: ["ticker", "markPrice", "forceOrder"],
    candles: "kline_1m",
    hasFunding: true,
  },
  {
    feed: "kraken",
    symbol: "BTC-USD-SPOT",
    rawSymbol: "BTC/USD",
    channels: ["ticker", "instrument", "status"],
    candles: "ohlc-1",
    hasStatus: true,
  },
  {
    feed: "kraken-v1",
    symbol: "BTC-USD-SPOT",
    rawSymbol: "XBT/USD",
    channels: ["ticker", "systemStatus"],
    candles: "ohlc-1",
    hasStatus: true,
  },
  {
    feed: "coinbase",
    symbol: "BTC-USD-SPOT",
    rawSymbol: "BTC-USD",
    channels: ["ticker", "ticker_batch", "status"],
    candles: "candles",
    minutes: 5n,
    hasStatus: true,
  },
  {
    feed: "coinbase-exchange",
    symbol: "BTC-USD-SPOT",
    rawSymbol: "BTC-USD",
    channels: ["ticker", "status"],
    hasStatus: true,
  },
  { feed: "bybit", symbol: "BTC-USDT-SPOT", rawSymbol: "BTCUSDT", channels: ["tickers"], candles: "kline.1" },
  {
    feed: "bybit-linear",
    symbol: "BTC-USDT-PERP",
    rawSymbol: "BTCUSDT",
    channels: ["tickers", "allLiquidation", "priceLimit"],
    candles: "kline.1",
    hasFunding: true,
  },
  {
    feed: "okx",
    symbol: "BTC-USD:BTC-PERP",
    rawSymbol: "BTC-USD-SWAP",
    channels: [
      "tickers",
      "funding-rate",
      "mark-price",
      "open-interest",
      "index-tickers",
      "liquidation-orders",
      "instruments",
    ],
    candles: "candle1m",
    hasFunding: true,
    hasStatus: true,
  },
];

/** Frames of the simulated market until there were so many trades of the symbol. */
async function capture({ feed: id, rawSymbol, symbol, channels, candles }: DataCase) {
  const feed = feedById(id);
  const all = [...feed.channels.slice(0, 1), ...channels, ...(candles === undefined ? [] : [candles])];
  const reader = feed.venueData?.createReader({ channels: all });
  const decoder = feed.createDecoder({ channels: all });
  const trades = CollectingContext.of(feed, [symbol]);
  const { context, kept } = contextOf([rawSymbol]);
  /** How many trades had come when a candle came. */
  const tradesBefore: number[] = [];
  const unmarked: string[] = [];
  const enough = Promise.withResolvers<void>();
  const server = await startVenueServer({
    source: { kind: "market", seed: 7, tradesPerSecond: 60, startTimeNs: START_NS, firstTradeId: 1, feeds: [id] },
    speed: "max",
    paused: true,
  });
  const client = await BareClient.connect(server.url(id), {
    onFrame: (text) => {
      const payload = Buffer.from(text);
      decoder.decode(payload, trades);
      if (reader?.read(payload, context) === "venue-data" && !hasMark(payload, reader.marks)) unmarked.push(text);
      while (tradesBefore.length < kept.candles.length) tradesBefore.push(trades.trades.length);
      if (trades.trades.length > 2000) enough.resolve();
    },
  });
  try {
    for (const text of feed.subscribe([rawSymbol], all)) client.say(text);
    await client.next((text) => ANSWERED.test(text));
    server.resume();
    await enough.promise;
    server.pause();
  } finally {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }
  return { kept, trades: trades.rows(), refusals: trades.refusals, tradesBefore, unmarked };
}

/** What a candle must say, from the trades that had come by then. */
function candleOf(trades: readonly Trade[], startUs: number, minutes: bigint) {
  const startNs = BigInt(startUs) * 1000n;
  const within = trades.filter(
    ({ eventTimeNs }) => eventTimeNs >= startNs && eventTimeNs < startNs + minutes * MINUTE_US * 1000n,
  );
  // Coinbase lists the newest trade of an order first.
  within.sort((a, b) => Number(a.sequence - b.sequence));
  const prices = within.map(({ price }) => price);
  const sorted = [...prices].sort(compareDecimals);
  const scale = within[0]?.size.scale ?? 0;
  const volume = within.reduce((sum, { size }) => sum + size.mantissa, 0n);
  return {
    count: within.length,
    prices: [prices[0], sorted.at(-1), sorted[0], prices.at(-1)] as readonly (Decimal | undefined)[],
    volume: { mantissa: volume, scale },
  };
}

function isSame(text: string, decimal: Decimal | undefined): boolean {
  return decimal !== undefined && compareDecimals(parseDecimal(text), decimal) === 0;
}

function equalsTrades(candle: CandleRecord, expected: ReturnType<typeof candleOf>): boolean {
  const texts = [candle.open, candle.high, candle.low, candle.close];
  return (
    texts.every((text, index) => isSame(text, expected.prices[index])) &&
    isSame(candle.volume, expected.volume) &&
    (candle.trades === undefined || Number(candle.trades) === expected.count)
  );
}

describe.each(CASES)("$feed", (dataCase) => {
  test("tells tickers, candles that equal its trades, funding, liquidations and states", async () => {
    const { kept, trades, refusals, tradesBefore, unmarked } = await capture(dataCase);
    expect([kept.refusals, refusals, unmarked]).toEqual([[], [], []]);
    expect(kept.tickers.length).toBeGreaterThan(20);
    expectCandles(dataCase, { kept, trades, tradesBefore });
    expectDerivative(dataCase, { kept, trades });
    expect(kept.statuses.some(({ state }) => state === "trading")).toBe(
      dataCase.hasStatus === true || dataCase.channels.includes("!contractInfo"),
    );
  });
});

function expectCandles(
  { candles, minutes = 1n }: DataCase,
  {
    kept,
    trades,
    tradesBefore,
  }: {
    readonly kept: Omit<Kept, "outcomes">;
    readonly trades: readonly Trade[];
    readonly tradesBefore: readonly number[];
  },
): void {
  if (candles === undefined) return;
  const startAt = (index: number): number | undefined => kept.candles[index]?.startUs;
  // All that begin or end a candle, and one in so many of the others.
  const compared = kept.candles
    .map((candle, index) => ({ candle, index }))
    .filter(
      ({ index }) => index % 25 === 0 || startAt(index) !== startAt(index - 1) || startAt(index) !== startAt(index + 1),
    );
  // A frame that closes a candle comes after the first trades of the next, which are not in it.
  const wrong = compared.filter(
    ({ candle, index }) =>
      !equalsTrades(candle, candleOf(trades.slice(0, tradesBefore[index]), candle.startUs, minutes)),
  );
  expect([wrong.slice(0, 2), compared.length > 40]).toEqual([[], true]);
  expect(new Set(kept.candles.map(({ startUs }) => startUs)).size).toBeGreaterThan(1);
}

function expectDerivative(
  { hasFunding = false }: DataCase,
  { kept, trades }: { readonly kept: Omit<Kept, "outcomes">; readonly trades: readonly Trade[] },
): void {
  expect(kept.fundings.length > 0).toBe(hasFunding);
  expect(kept.liquidations.length > 0).toBe(hasFunding);
  if (!hasFunding) return;
  for (const field of ["markPrice", "indexPrice", "fundingRate", "nextFundingTimeUs"] as const)
    expect([field, kept.fundings.some((funding) => funding[field] !== undefined)]).toEqual([field, true]);
  // What is liquidated trades, by the same side.
  for (const { side, eventTimeUs } of kept.liquidations)
    expect(
      trades.some(
        ({ takerSide, eventTimeNs }) =>
          takerSide === side && eventTimeNs / 1_000_000n === BigInt(eventTimeUs ?? 0) / 1000n,
      ),
    ).toBe(true);
}

test("k2 up on the simulated market captures what configuration asks for, in K2's own words", async () => {
  using folder = temporaryFolder();
  const config = testConfig(folder.path, {
    feeds: [
      {
        feed: "binance-usdm",
        symbols: ["DOGE-USDT-PERP"],
        // Where the venue serves these elsewhere than trades, they have a connection of their own.
        channels: ["trade", "tickers", "candles", "funding", "liquidations"],
      },
      { feed: "kraken", symbols: ["DOGE-USD-SPOT"], channels: ["trade", "tickers", "candles-5m", "status"] },
    ],
    // A quiet coin: of its running candles all trades are still known, so that they are told at once.
    simulation: { tradesPerSecond: 200 },
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
  });
  await using k2 = await startK2(config, { logger: silentLogger });
  const tables = ["tickers", "candles", "funding", "liquidations", "status"];
  const counted = tables.map((table) => `SELECT '${table}' AS name, venue FROM silver.${table}`).join(" UNION ALL ");
  const told = async (): Promise<readonly unknown[]> =>
    (await rowsOf(k2, `SELECT DISTINCT name || ' of ' || venue AS told FROM (${counted}) ORDER BY ALL`)).map(
      ({ told: what }) => what,
    );
  while ((await told()).length < 7) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await told()).toEqual([
    "candles of binance-usdm",
    "candles of kraken",
    "funding of binance-usdm",
    "liquidations of binance-usdm",
    "status of kraken",
    "tickers of binance-usdm",
    "tickers of kraken",
  ]);
  expect(await rowsOf(k2, "SELECT reason, detail FROM silver.quarantine")).toEqual([]);
  // The connection of trades, and that of the others.
  const partition = (rows: string) =>
    rowsOf(k2, `SELECT DISTINCT _raw_partition::INT AS n FROM silver.${rows} AND venue = 'binance-usdm'`);
  expect([
    await partition("trades WHERE true"),
    await partition("funding WHERE channel = 'markPrice@1s'"), // Open interest is asked for over HTTP.
  ]).toEqual([[{ n: 0 }], [{ n: 1 }]]);
});
