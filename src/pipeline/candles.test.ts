import fc from "fast-check";
import { expect, test } from "vitest";
import { BAR_INTERVALS, type Bar, type BarInterval, barStartUs, TRADE_FLAGS, TradeBatch } from "../domain/index.ts";
import { mergeBars, totalsOfTrade } from "./bar-totals.ts";
import { BAR_RULES, Candles } from "./candles.ts";
import { TakenIn } from "./intake.ts";
import { contentOf, latestBars, pushTrade, type StoredTrade, T0 } from "./test-support.ts";
import { TradeAccumulator } from "./trade-accumulator.ts";

const S = 1_000_000;
/** A whole minute, hour and day. */
const START = barStartUs(T0, "1d");

/** Frames of trades, and of nothing, each with its receive time. */
type Step = { readonly at: number; readonly trades: readonly Partial<StoredTrade>[] };

class Played {
  readonly bars: Bar[] = [];
  readonly candles: Candles;
  #written: Bar[] = [];
  #transaction = 0;
  recalls = 0;

  constructor(candles: Candles = new Candles()) {
    this.candles = candles;
  }

  /** One chunk of frames. */
  async play(...steps: readonly Step[]): Promise<this> {
    const taken = new TakenIn();
    for (const { at, trades } of steps) {
      for (const [frameIndex, trade] of trades.entries()) {
        pushTrade(taken.trades, {
          listing: 0,
          id: 0,
          price: 100n,
          size: 1n,
          t: at,
          frameIndex,
          ...trade,
          receivedUs: at,
        });
      }
      taken.tick(at);
    }
    const keys = this.candles.missing(taken.trades);
    this.recalls += keys.length;
    const latest = latestBars(this.bars);
    this.candles.putRecalled(
      keys,
      keys.map(({ listing, interval, startUs }) => latest.get(`${listing}/${interval}/${startUs}`)),
    );
    this.#transaction += 1;
    this.candles.apply(taken.trades, taken, {
      transaction: this.#transaction,
      push: (bar) => void this.bars.push(bar),
    });
    this.candles.forget(this.#transaction);
    return this;
  }

  take(interval?: BarInterval): readonly string[] {
    const fresh = this.bars.filter((bar) => !this.#written.includes(bar));
    this.#written = [...this.bars];
    return fresh
      .filter((bar) => interval === undefined || bar.interval === interval)
      .map(({ interval: of, startUs, open, high, low, close, volume, revision, cause }) =>
        [of, `+${(startUs - START) / S}`, `${open}/${high}/${low}/${close}`, `×${volume}`, `r${revision}`, cause].join(
          " ",
        ),
      );
  }
}

test("a bar closes a second of event time after its end, not before", async () => {
  const played = new Played();
  await played.play(
    { at: START + 0.1 * S, trades: [{ price: 5n }] },
    { at: START + 0.9 * S, trades: [{ price: 7n }, { price: 6n }] },
    { at: START + 1.99 * S, trades: [{ price: 9n }] },
  );
  expect(played.take()).toEqual([]);
  await played.play({ at: START + 2 * S, trades: [{ price: 8n }] });
  expect(played.take()).toEqual(["1s +0 5/7/5/6 ×3 r0 closed"]);
});

test("in silence the clock goes on with the receive clock, two seconds behind", async () => {
  const played = new Played();
  await played.play({ at: START, trades: [{}] }, { at: START + 3.9 * S, trades: [] });
  expect(played.take()).toEqual([]);
  await played.play({ at: START + 4 * S, trades: [] });
  expect(played.take()).toEqual(["1s +0 100/100/100/100 ×1 r0 closed"]);
  await played.play({ at: START + 63 * S, trades: [] });
  expect(played.take()).toEqual(["1m +0 100/100/100/100 ×1 r0 closed"]);
  await played.play({ at: START + 86_403 * S, trades: [] });
  expect(played.take()).toEqual(
    ["5m", "15m", "30m", "1h", "4h", "1d"].map((interval) => `${interval} +0 100/100/100/100 ×1 r0 closed`),
  );
});

test("a trade that comes late revises the closed bars of its time, once a frame, and only those", async () => {
  const played = new Played();
  await played.play({ at: START, trades: [{ price: 5n }] }, { at: START + 60.5 * S, trades: [{ price: 6n }] });
  expect(played.take()).toEqual(["1s +0 5/5/5/5 ×1 r0 closed"]);
  await played.play({ at: START + 62.4 * S, trades: [] }, { at: START + 65.5 * S, trades: [] });
  expect(played.take()).toEqual(["1s +60 6/6/6/6 ×1 r0 closed", "1m +0 5/5/5/5 ×1 r0 closed"]);
  await played.play({
    at: START + 65.6 * S,
    trades: [
      { t: START + 0.5 * S, price: 9n },
      { t: START + 0.4 * S, price: 2n },
    ],
  });
  expect(played.take()).toEqual(["1s +0 5/9/2/9 ×3 r1 late", "1m +0 5/9/2/9 ×3 r1 late"]);
  const open = played.candles.openBars({ intervals: ["5m"] });
  expect(open.map(({ volume, complete, open: o, close }) => [volume, complete, o, close])).toEqual([
    [4n, false, 5n, 6n],
  ]);
});

test("a late trade into a second that had none makes a bar whose cause is late", async () => {
  const played = new Played();
  await played.play({ at: START, trades: [{}] }, { at: START + 100 * S, trades: [{}] });
  played.take();
  await played.play({ at: START + 100.1 * S, trades: [{ t: START + 30 * S }] });
  expect(played.take()).toEqual(["1s +30 100/100/100/100 ×1 r0 late", "1m +0 100/100/100/100 ×2 r1 late"]);
});

test("a snapshot of earlier trades, newest first, closes each bar once", async () => {
  const played = new Played();
  await played.play({
    at: START + 10 * S,
    trades: [9.5, 5.2, 5.1, 1].map((second) => ({ t: START + second * S, flags: TRADE_FLAGS.snapshot })),
  });
  expect(played.take()).toEqual(["1s +1 100/100/100/100 ×1 r0 closed", "1s +5 100/100/100/100 ×2 r0 closed"]);
});

test("a print that is not a match of two orders is in no bar", async () => {
  const played = new Played();
  await played.play(
    { at: START, trades: [{ price: 5n }, { price: 99n, flags: TRADE_FLAGS.nonMarket }] },
    { at: START + 2 * S, trades: [{ price: 5n }] },
  );
  expect(played.take()).toEqual(["1s +0 5/5/5/5 ×1 r0 closed"]);
});

test("one wrong time, a day ahead, does not close the bars of the day", async () => {
  const played = new Played();
  await played.play({ at: START, trades: [{}] }, { at: START + 0.1 * S, trades: [{ t: START + 80_000 * S }] });
  expect(played.take("1h")).toEqual([]);
  expect(played.take("5m")).toEqual([]);
});

test("open and close follow time, nanoseconds, sequence and place; equal places follow the price", async () => {
  const played = new Played();
  await played.play(
    {
      at: START,
      trades: [
        { t: START, n: 2, price: 4n },
        { t: START, n: 1, seq: 9, price: 5n },
        { t: START, n: 1, seq: 8, price: 6n },
        { t: START, n: 2, seq: 1, price: 7n },
      ],
    },
    { at: START, trades: [{ t: START, n: 1, seq: 8, price: 3n, frameIndex: 2 }] },
    { at: START + 2 * S, trades: [{}] },
  );
  expect(played.take()).toEqual(["1s +0 3/7/3/7 ×5 r0 closed"]);
});

test("bars that left memory are recalled, revised, and keep their revisions", async () => {
  const played = new Played();
  for (let second = 0; second < 200; second += 1)
    await played.play({ at: START + second * S, trades: [{ price: 5n }] });
  played.take();
  await played.play({ at: START + 200 * S, trades: [{ t: START + 3 * S, price: 50n }] });
  expect(played.recalls).toBe(1);
  expect(played.take()).toEqual(["1s +3 5/50/5/50 ×2 r1 late", "1m +0 5/50/5/5 ×61 r1 late"]);
  await played.play({ at: START + 200 * S, trades: [{ t: START + 3 * S, price: 51n }] });
  expect(played.take("1s")).toEqual(["1s +3 5/51/5/51 ×3 r2 late"]);
});

const anyTrade = fc.record({
  listing: fc.nat(1),
  // Close together, so that bars of all widths share trades; some far apart.
  t: fc.oneof(fc.nat(8 * S), fc.nat(400 * S), fc.nat(100_000 * S)).map((offset) => START + offset),
  n: fc.nat(2),
  seq: fc.nat(3),
  // Beyond 2^51 too, where doubles would round.
  price: fc.oneof(fc.bigInt(1n, 50n), fc.bigInt(1n, 10n ** 18n - 1n)),
  size: fc.oneof(fc.bigInt(1n, 50n), fc.bigInt(2n ** 50n, 2n ** 52n), fc.bigInt(1n, 10n ** 18n - 1n)),
  side: fc.constantFrom("buy" as const, "sell" as const, "unknown" as const),
  x: fc.integer({ min: 1, max: 5 }),
  flags: fc.constantFrom(0, 0, 0, TRADE_FLAGS.snapshot, TRADE_FLAGS.nonMarket),
});

/** All trades of a window in one list, added up with BigInt: no clock, no revisions, no levels. */
function oracle(trades: readonly StoredTrade[]): Map<string, object> {
  const groups = new Map<string, StoredTrade[]>();
  for (const trade of trades) {
    if (((trade.flags ?? 0) & TRADE_FLAGS.nonMarket) !== 0) continue;
    for (const interval of BAR_INTERVALS) {
      const key = `${trade.listing}/${interval}/${barStartUs(trade.t, interval)}`;
      groups.set(key, [...(groups.get(key) ?? []), trade]);
    }
  }
  const sum = (of: readonly StoredTrade[], value: (trade: StoredTrade) => bigint): bigint =>
    of.reduce((total, trade) => total + value(trade), 0n);
  return new Map(
    [...groups].map(([key, group]) => {
      const [listing, interval, startUs] = key.split("/");
      const ordered = [...group].sort(
        (a, b) =>
          a.t - b.t ||
          (a.n ?? 0) - (b.n ?? 0) ||
          (a.seq ?? 0) - (b.seq ?? 0) ||
          (a.frameIndex ?? 0) - (b.frameIndex ?? 0) ||
          (a.price < b.price ? -1 : 1),
      );
      const prices = group.map(({ price }) => price).sort((a, b) => (a < b ? -1 : 1));
      const [first, last] = [ordered[0], ordered.at(-1)].map((trade) => ({
        timeUs: trade?.t,
        timeNanos: trade?.n,
        sequence: BigInt(trade?.seq ?? 0),
        frameIndex: trade?.frameIndex ?? 0,
      }));
      return [
        key,
        {
          listing: Number(listing),
          interval,
          startUs: Number(startUs),
          open: ordered[0]?.price,
          high: prices.at(-1),
          low: prices[0],
          close: ordered.at(-1)?.price,
          volume: sum(group, ({ size }) => size),
          quoteVolume: sum(group, ({ price, size }) => price * size),
          buyVolume: sum(group, ({ side, size }) => (side === "buy" ? size : 0n)),
          sellVolume: sum(group, ({ side, size }) => (side === "sell" ? size : 0n)),
          trades: group.reduce((total, { x }) => total + (x ?? 1), 0),
          first,
          last,
          source: 0,
        },
      ];
    }),
  );
}

test("the latest revisions are exactly what grouping all trades by window gives, in whatever order they arrive", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ trades: fc.array(anyTrade, { maxLength: 3 }), wait: fc.nat(3 * S), cut: fc.boolean() }), {
        minLength: 1,
        maxLength: 60,
      }),
      async (frames) => {
        const played = new Played(new Candles({ ...BAR_RULES, closedBarsMax: BAR_RULES.closedBarsMax.map(() => 2) }));
        const all: StoredTrade[] = [];
        let at = START;
        let chunk: Step[] = [];
        for (const { trades, wait, cut } of frames) {
          at += wait;
          const rows = trades.map((trade, frameIndex) => ({ ...trade, id: 0, frameIndex }));
          all.push(...rows);
          chunk.push({ at, trades: rows });
          if (cut) {
            await played.play(...chunk);
            chunk = [];
          }
        }
        await played.play(...chunk);
        await played.play({ at: at + 400_000 * S, trades: [] });
        expect(played.candles.openBars()).toEqual([]);
        const latest = new Map([...latestBars(played.bars)].map(([key, bar]) => [key, contentOf(bar)]));
        expect(latest).toEqual(oracle(all));
        expectRevisionsInOrder(played.bars);
      },
    ),
    { numRuns: 300 },
  );
});

function expectRevisionsInOrder(bars: readonly Bar[]): void {
  const next = new Map<string, number>();
  for (const bar of bars) {
    const key = `${bar.listing}/${bar.interval}/${bar.startUs}`;
    expect(bar.revision).toBe(next.get(key) ?? 0);
    expect(bar.complete).toBe(true);
    next.set(key, bar.revision + 1);
  }
}

test("open bars and closed bars together hold every trade, at every interval, at any moment", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyTrade, { minLength: 1, maxLength: 40 }), async (trades) => {
      const played = new Played();
      const rows = trades.map((trade) => ({ ...trade, id: 0, frameIndex: 0 }));
      for (const [index, row] of rows.entries()) await played.play({ at: START + index * S, trades: [row] });
      const latest = new Map([...latestBars(played.bars)].map(([key, bar]) => [key, contentOf(bar)]));
      for (const bar of played.candles.openBars()) {
        latest.set(`${bar.listing}/${bar.interval}/${bar.startUs}`, contentOf(bar));
      }
      expect(latest).toEqual(oracle(rows));
    }),
    { numRuns: 100 },
  );
});

test("the bars written do not depend on how frames are cut into chunks", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(anyTrade, fc.boolean()), { maxLength: 50 }), async (steps) => {
      const [whole, cut] = [new Played(), new Played()];
      const all = steps.map(([trade], index) => ({ at: START + index * 300_000, trades: [trade] }));
      await whole.play(...all);
      for (const step of all) await cut.play(step);
      expect(cut.bars).toEqual(whole.bars);
    }),
    { numRuns: 100 },
  );
});

test("TradeAccumulator adds up like BigInt, also past what its limbs hold", () => {
  const limits = [2n ** 51n - 1n, 2n ** 51n, 2n ** 26n, 2n ** 26n - 1n, 1n, 10n ** 18n - 1n];
  fc.assert(
    fc.property(
      fc.array(fc.record({ price: fc.constantFrom(...limits), size: fc.constantFrom(...limits) }), {
        minLength: 1,
        maxLength: 50,
      }),
      (pairs) => {
        const trades = new TradeBatch(64);
        for (const pair of pairs) pushTrade(trades, { listing: 0, id: 1, t: START, side: "buy", ...pair });
        const accumulator = new TradeAccumulator();
        for (let row = 0; row < trades.length; row += 1) accumulator.addTrade(trades, row);
        const naive = pairs.map((_, row) => totalsOfTrade(trades, row)).reduce(mergeBars);
        expect(accumulator.totals()).toEqual(naive);
      },
    ),
  );
  const trades = new TradeBatch(4);
  pushTrade(trades, { listing: 0, id: 1, t: START, price: 2n ** 51n - 1n, size: 2n ** 51n - 1n, side: "sell" });
  const accumulator = new TradeAccumulator();
  for (let count = 0; count < 50; count += 1) accumulator.addTrade(trades, 0);
  expect(accumulator.totals()).toMatchObject({
    volume: 50n * (2n ** 51n - 1n),
    sellVolume: 50n * (2n ** 51n - 1n),
    quoteVolume: 50n * (2n ** 51n - 1n) ** 2n,
    trades: 50,
  });
});
