import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { ImportScene } from "./test-support.ts";

/** The only file of a zip, read by another program than ours where there is one. */
function unzipped(path: string): string {
  try {
    return execFileSync("unzip", ["-p", path], { maxBuffer: 1 << 28 }).toString();
  } catch {
    const bytes = readFileSync(path);
    const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
    return inflateRawSync(bytes.subarray(start)).toString();
  }
}

const tick = sharedData("ticks/us-equity-2013/tick/bac/20131007_trade.zip");
const minute = sharedData("ticks/us-equity-2013/minute/bac/20131007_trade.zip");

/** One of Lean's sale conditions: such prints are in the vendor's volumes, and between open and close not in its prices. */
const NOT_IN_PRICES = 0x20000000;
const OPEN_MS = 34_200_000;
const CLOSE_MS = 57_600_000;

/** Open, high, low and close by the minute, as the vendor seems to make them. */
function minutePrices(
  trades: readonly (readonly unknown[])[],
  midnight: number,
): ReadonlyMap<number, [open: number, high: number, low: number, close: number]> {
  const minutes = new Map<number, [open: number, high: number, low: number, close: number]>();
  for (const [ms, text, conditions] of trades) {
    const [at, price] = [Number(ms) - midnight, Number(text)];
    const isOpen = at >= OPEN_MS && at < CLOSE_MS;
    if (isOpen && (Number.parseInt(String(conditions), 16) & NOT_IN_PRICES) !== 0) continue;
    const start = Math.floor(at / 60_000) * 60_000;
    const [open, high, low] = minutes.get(start) ?? [price, price, price];
    minutes.set(start, [open, Math.max(high, price), Math.min(low, price), price]);
  }
  return minutes;
}

test.skipIf(tick === undefined || minute === undefined)(
  "BAC ticks of 2013-10-07: 88,172 trades; volumes of 592 and prices of 584 of the vendor's 595 minutes",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(tick ?? "", { symbols: ["BAC-XNYS-EQ"] });
    expect(report).toMatchObject({
      format: "lean-equity-trades",
      rows: 88_172,
      added: 88_172,
      repeated: 0,
      refused: 0,
    });
    const [bars = [], trades = []] = await scene.sql(
      `SELECT epoch_ms(start), volume::BIGINT FROM gold.bars WHERE "interval" = '1m'
       QUALIFY row_number() OVER (PARTITION BY start ORDER BY revision DESC) = 1`,
      `SELECT epoch_ms(ts_event), (price * 10000)::BIGINT, split_part(trade_id, '/', 6) FROM silver.trades
       ORDER BY _raw_offset, frame_index`,
    );
    const volumes = new Map(bars.map(([ms, volume]) => [Number(ms), Number(volume)]));
    const midnight = Date.UTC(2013, 9, 7, 4); // New York is four hours behind in October.
    const published = unzipped(minute ?? "")
      .trim()
      .split("\n")
      .map((line) => line.split(",").map(Number));
    const equal = published.filter(([ms = 0, , , , , volume]) => volumes.get(midnight + ms) === volume);
    expect([equal.length, published.length]).toEqual([592, 595]);
    const prices = minutePrices(trades, midnight);
    const same = published.filter(([ms = 0, ...bar]) => String(prices.get(ms)) === String(bar.slice(0, 4)));
    expect(same.length).toBe(584);
  },
);

const asx = sharedData("ticks/asx-2014/trades/7078.csv.gz");

test.skipIf(asx === undefined)("BHP on the ASX: 91,631 trades, those that are alike among them", async () => {
  using scene = new ImportScene();
  const report = await scene.importOne(asx ?? "", { symbols: ["BHP-XASX-EQ"] });
  expect(report).toMatchObject({ format: "asx-trades", rows: 91_631, added: 91_631, repeated: 0, refused: 0 });
  const [counts] = await scene.sql(
    "SELECT count(*), count(DISTINCT trade_id), sum(CASE WHEN flags LIKE '%block%' THEN 1 ELSE 0 END) FROM silver.trades",
  );
  expect(counts?.[0]?.slice(0, 2)).toEqual(["91631", "91631"]);
  expect(Number(counts?.[0]?.[2])).toBe(133); // Prints with venue X.
});

const xrp = sharedData("bars/binance-xrpeth-2019/XRP_ETH-trades.json.gz");
const xrpBars = sharedData("bars/binance-xrpeth-2019/XRP_ETH-1m.csv");

test.skipIf(xrp === undefined || xrpBars === undefined)(
  "12,477 aggregate trades of XRP/ETH make the 2,469 one-minute candles that Binance published",
  async () => {
    using scene = new ImportScene();
    const rows = [
      ...gunzipSync(readFileSync(xrp ?? ""))
        .toString()
        .matchAll(/\[(\d+),"(\d+)",null,"(\w+)",([^,]+),([^,]+),/g),
    ];
    const text = rows
      .map(([, ms, id, side, price, size]) => `${id},${price},${size},${id},${id},${ms},${side === "sell"},true\n`)
      .join("");
    const path = scene.file("XRPETH-aggTrades-2019-10.csv", text);
    expect(await scene.importOne(path, { symbols: ["XRP-ETH-SPOT"] })).toMatchObject({ rows: 12_477, added: 12_477 });
    const [bars = []] = await scene.sql(
      `SELECT strftime(start AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ'), open, high, low, close, volume FROM gold.bars WHERE "interval" = '1m'
       QUALIFY row_number() OVER (PARTITION BY start ORDER BY revision DESC) = 1 ORDER BY 1`,
    );
    const published = readFileSync(xrpBars ?? "", "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    const plain = ([start, ...numbers]: readonly unknown[]): readonly unknown[] => [start, ...numbers.map(Number)];
    expect(bars.length).toBe(2469);
    expect(bars.map(plain)).toEqual(published.map(plain));
  },
);

const kraken = sharedData("bars/kraken-xbtusdt-20251110/trades.json.gz");
const krakenBars = sharedData("bars/kraken-xbtusdt-20251110/ohlc-1m.json.gz");

test.skipIf(kraken === undefined || krakenBars === undefined)(
  "Kraken's own trades by a mapping make Kraken's own bars: 409 of 409 whole minutes",
  async () => {
    using scene = new ImportScene();
    const text = gunzipSync(readFileSync(kraken ?? "")).toString();
    const rows = [
      ...text.matchAll(/\[\s*"([\d.]+)",\s*"([\d.]+)",\s*([\d.]+),\s*"([bs])",\s*"\w",\s*"[^"]*",\s*(\d+)\s*\]/g),
    ];
    const csv = rows.map(([, price, size, time, side, id]) => `${id},${time},${price},${size},${side}\n`).join("");
    const mappingPath = scene.file(
      "mapping.json",
      JSON.stringify({
        venue: "kraken",
        symbols: { "BTC/USDT": "BTC-USDT-SPOT" },
        header: false,
        columns: {
          id: 1,
          time: { column: 2, unit: "s" },
          price: 3,
          size: 4,
          side: { column: 5, buy: ["b"], sell: ["s"] },
        },
      }),
    );
    expect(await scene.importOne(scene.file("k.csv", csv), { mappingPath })).toMatchObject({ rows: 1000, added: 1000 });
    const [bars = []] = await scene.sql(
      `SELECT epoch(start)::BIGINT, open, high, low, close, volume, trades FROM gold.bars WHERE "interval" = '1m'
       QUALIFY row_number() OVER (PARTITION BY start ORDER BY revision DESC) = 1 ORDER BY 1`,
    );
    const made = new Map(bars.map(([start, ...numbers]) => [Number(start), numbers.map(Number)]));
    const published = JSON.parse(gunzipSync(readFileSync(krakenBars ?? "")).toString()) as {
      readonly result: Readonly<Record<string, readonly (readonly [number, ...(string | number)[]])[]>>;
    };
    const candles = Object.values(published.result).find((value) => Array.isArray(value)) ?? [];
    const starts = [...made.keys()];
    const whole = candles.filter(([start]) => start > Math.min(...starts) && start < Math.max(...starts));
    const traded = whole.filter(([, , , , , , , trades]) => Number(trades) > 0);
    for (const [start, open, high, low, close, , volume, trades] of traded)
      expect(made.get(start), String(start)).toEqual([open, high, low, close, volume, trades].map(Number));
    const quiet = whole.filter(([start]) => !made.has(start));
    expect([traded.length + quiet.length, whole.length]).toEqual([409, 409]);
  },
);
