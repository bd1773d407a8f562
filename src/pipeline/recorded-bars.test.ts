import { readFileSync } from "node:fs";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { fillGaps } from "../domain/bar-fill.ts";
import { type Bar, parseDecimal, storedPrice, storedSize } from "../domain/index.ts";
import { type BarTotals, mergeBars } from "./bar-totals.ts";
import { Candles } from "./candles.ts";
import { TakenIn } from "./intake.ts";
import { latestBars, pushTrade, type StoredTrade } from "./test-support.ts";

const DAY_US = 86_400_000_000;
const price = (text: string | number): bigint => storedPrice(parseDecimal(String(text)), 0) ?? -1n;
const size = (text: string | number): bigint => storedSize(parseDecimal(String(text)), 0) ?? -1n;

/** The trades as frames of one trade each, in their order; everything closed at the end. */
function barsOf(
  trades: readonly StoredTrade[],
  { close = true } = {},
): { readonly bars: Bar[]; readonly candles: Candles } {
  const candles = new Candles();
  const bars: Bar[] = [];
  const taken = new TakenIn();
  for (const trade of trades) {
    pushTrade(taken.trades, trade);
    taken.tick(trade.t);
  }
  if (close) taken.tick((trades.at(-1)?.t ?? 0) + 3 * DAY_US);
  candles.apply(taken.trades, taken, { transaction: 1, push: (bar) => void bars.push(bar) });
  return { bars: [...latestBars(bars).values()].sort((a, b) => a.startUs - b.startUs), candles };
}

const json = (path: string) => JSON.parse(gunzipSync(readFileSync(path)).toString());
const ohlcv = ({ open, high, low, close, volume }: Pick<Bar, "open" | "high" | "low" | "close" | "volume">) =>
  [open, high, low, close, volume].map(String);

const kraken = sharedData("bars/kraken-xbtusdt-20251110/trades.json.gz");
test.skipIf(kraken === undefined)(
  "Kraken's own minute bars, those without a trade too, come out of its trades: 409 of 409",
  () => {
    const path = kraken ?? "";
    const rows = json(path).result.XBTUSDT as [string, string, number, string, string, string, number][];
    const { bars } = barsOf(
      rows.map(([p, q, seconds, side, , , id]) => ({
        listing: 0,
        id,
        price: price(p),
        size: size(q),
        side: side === "b" ? "buy" : "sell",
        t: Math.floor(seconds * 1_000_000),
      })),
    );
    const published = json(path.replace("trades.json", "ohlc-1m.json")).result.XBTUSDT as [
      number,
      string,
      string,
      string,
      string,
      string,
      string,
      number,
    ][];
    const lastUs = (published.at(-1)?.[0] ?? 0) * 1_000_000;
    const minutes = bars.filter(({ interval }) => interval === "1m");
    const filled = new Map([...fillGaps(minutes, { endUs: lastUs })].map((bar) => [bar.startUs, bar]));
    const firstWholeUs = (minutes[0]?.startUs ?? 0) + 60_000_000;
    const lastTradeMinuteUs = minutes.at(-1)?.startUs ?? 0;
    const compared = published.filter(
      ([second]) => second * 1_000_000 >= firstWholeUs && second * 1_000_000 < lastTradeMinuteUs,
    );
    expect(compared).toHaveLength(409);
    expect(compared.filter(([, , , , , , , count]) => count === 0).length).toBeGreaterThan(50);
    for (const [second, open, high, low, close, , volume, count] of compared) {
      const bar = filled.get(second * 1_000_000);
      expect([second, ...(bar === undefined ? [] : ohlcv(bar)), bar?.trades]).toEqual([
        second,
        ...[price(open), price(high), price(low), price(close), size(volume)].map(String),
        count,
      ]);
    }
  },
);

const xrpeth = sharedData("bars/binance-xrpeth-2019/XRP_ETH-trades.json.gz");
test.skipIf(xrpeth === undefined)("Binance's minute and five-minute candles come out of its aggregate trades", () => {
  const path = xrpeth ?? "";
  const rows = json(path) as [number, string, null, "buy" | "sell", number, number, number][];
  const { bars } = barsOf(
    rows.map(([ms, id, , side, p, q]) => ({
      listing: 0,
      id: Number(id),
      price: price(p),
      size: size(q),
      side,
      t: ms * 1000,
    })),
  );
  for (const [interval, count] of [
    ["1m", 2469],
    ["5m", 706],
  ] as const) {
    const published = readFileSync(path.replace("trades.json.gz", `${interval}.csv`), "utf8")
      .trim()
      .split("\n")
      .slice(1);
    expect(published).toHaveLength(count);
    const ours = new Map(bars.filter((bar) => bar.interval === interval).map((bar) => [bar.startUs, bar]));
    let equal = 0;
    for (const line of published) {
      const [date = "", open = "", high = "", low = "", close = "", volume = ""] = line.split(",");
      const startUs = Date.parse(date) * 1000;
      const bar = ours.get(startUs);
      expect([date, ...(bar === undefined ? [] : ohlcv(bar))]).toEqual([
        date,
        ...[price(open), price(high), price(low), price(close), size(volume)].map(String),
      ]);
      equal += 1;
    }
    expect(equal).toBe(count);
  }
});

const lean = sharedData("bars/lean-crypto/coinbase_second_btcusd_20161007_trade.zip");
test.skipIf(lean === undefined)("second bars roll up to the minute bars of the same day: 1,419 of 1,419", () => {
  const path = lean ?? "";
  const minutes = new Map<number, BarTotals>();
  for (const { ms, totals } of leanBars(path)) {
    const minute = Math.floor(ms / 60_000) * 60_000;
    const before = minutes.get(minute);
    minutes.set(minute, before === undefined ? totals : mergeBars(totals, before));
  }
  const published = leanBars(path.replace("second", "minute"));
  expect(published).toHaveLength(1419);
  for (const { ms, totals } of published) {
    const merged = minutes.get(ms);
    expect([ms, ...(merged === undefined ? [] : ohlcv(merged))]).toEqual([ms, ...ohlcv(totals)]);
  }
  expect(minutes.size).toBe(1419);
});

function leanBars(path: string): readonly { readonly ms: number; readonly totals: BarTotals }[] {
  return onlyFileOf(readFileSync(path))
    .trim()
    .split("\n")
    .map((line) => {
      const [ms = "", open = "", high = "", low = "", close = "", volume = ""] = line.trim().split(",");
      const at = { timeUs: Number(ms) * 1000, timeNanos: 0, sequence: 0n, frameIndex: 0 };
      return {
        ms: Number(ms),
        totals: {
          open: price(open),
          high: price(high),
          low: price(low),
          close: price(close),
          volume: size(volume),
          quoteVolume: 0n,
          buyVolume: 0n,
          sellVolume: 0n,
          trades: 0,
          first: at,
          last: at,
          source: 0,
        },
      };
    });
}

/** Of a ZIP archive with one file in it: by its central directory. */
function onlyFileOf(zip: Buffer): string {
  const directory = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const header = zip.readUInt32LE(directory + 42);
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const content = zip.subarray(start, start + zip.readUInt32LE(directory + 20));
  return (zip.readUInt16LE(directory + 10) === 0 ? content : inflateRawSync(content)).toString();
}

interface AggregateTrade {
  readonly s: string;
  readonly a: number;
  readonly p: string;
  readonly q: string;
  readonly f: number;
  readonly l: number;
  readonly T: number;
  readonly m: boolean;
}
interface Kline {
  readonly t: number;
  readonly s: string;
  readonly f: number;
  readonly L: number;
  readonly o: string;
  readonly c: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
  readonly q: string;
  readonly V: string;
  readonly n: number;
}

const klines = sharedData("ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz");
test.skipIf(klines === undefined)(
  "every update of Binance's running minute is the open bar at that trade: 51 of 51",
  () => {
    const messages = gunzipSync(readFileSync(klines ?? ""))
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((record) => record.t === "recv")
      .map((record) => JSON.parse(record.data).data);
    const trades = messages.filter(({ e }) => e === "aggTrade") as AggregateTrade[];
    let equal = 0;
    for (const { k } of messages.filter(({ e }) => e === "kline") as { readonly k: Kline }[]) {
      const ofSymbol = trades.filter(({ s }) => s === k.s);
      // Captured from the minute's first trade on, and up to an aggregate that does not go on past the update.
      const isWhole = (ofSymbol[0]?.f ?? Number.POSITIVE_INFINITY) <= k.f && ofSymbol.some(({ l }) => l === k.L);
      if (!isWhole) continue;
      const minute = ofSymbol.filter(({ f, l }) => f >= k.f && l <= k.L);
      const { candles } = barsOf(
        minute.map((trade) => ({
          listing: 0,
          id: trade.a,
          price: price(trade.p),
          size: size(trade.q),
          side: trade.m ? "sell" : "buy",
          t: trade.T * 1000,
          x: trade.l - trade.f + 1,
        })),
        { close: false },
      );
      const [bar] = candles.openBars({ intervals: ["1m"] });
      expect(bar?.startUs).toBe(k.t * 1000);
      expect([...(bar === undefined ? [] : ohlcv(bar)), bar?.trades, String(bar?.buyVolume)]).toEqual([
        ...[price(k.o), price(k.h), price(k.l), price(k.c), size(k.v)].map(String),
        k.n,
        String(size(k.V)),
      ]);
      // Binance prints the notional with 8 digits, cut off.
      expect((bar?.quoteVolume ?? 0n) / 10n ** 8n).toBe(price(k.q));
      equal += 1;
    }
    expect(equal).toBe(51);
  },
);
