import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { verify } from "../verify.ts";
import { ImportScene } from "./test-support.ts";

/*
 * The grammar of https://github.com/binance/binance-public-data#klines, rows of our own: spot without a header, in
 * milliseconds until 2024 and in microseconds from 2025 on; futures with a header.
 */
const MINUTE_MS = 60_000;
const HEADER =
  "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n";

function klines(startMs: number, from: number, to: number, { perMs = 1, close = "100.5" } = {}): string {
  let text = "";
  for (let minute = from; minute < to; minute += 1) {
    const open = startMs + minute * MINUTE_MS;
    text += `${open * perMs},100,101.25,99.75,${close},12.5,${(open + MINUTE_MS) * perMs - 1},1252.5,${7 + (minute % 3)},6.25,626.25,0\n`;
  }
  return text;
}

const JAN_2025_MS = Date.UTC(2025, 0, 1);
const COUNTS = `SELECT count(*), count(DISTINCT "start"), epoch_us(min("start"))::VARCHAR FROM silver.candles`;

/** The zip of one file, in the way that PKZIP's APPNOTE tells. */
function zipOf(name: string, text: string): Uint8Array {
  const [body, packed, path] = [Buffer.from(text), deflateRawSync(text), Buffer.from(name)];
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(crc32(body), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(body.length, 18);
  fields.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), fields, path, packed]);
  const central = Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0000", "latin1"), fields, Buffer.alloc(14), path]);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

test("klines of spot in microseconds, out of a zip, and of futures with a header are candles of their markets", async () => {
  using scene = new ImportScene();
  const spot = klines(JAN_2025_MS, 0, 1440, { perMs: 1000 });
  const path = scene.file("BTCUSDT-1m-2025-01-01.zip", zipOf("BTCUSDT-1m-2025-01-01.csv", spot));
  const dry = await scene.importOne(path, { dryRun: true });
  expect(dry).toMatchObject({ state: "dry-run", format: "binance-klines", rows: 1440, added: 1440, refused: 0 });
  expect(await scene.importOne(path)).toMatchObject({ state: "imported", rows: 1440, added: 1440, repeated: 0 });
  const futures = scene.file("ETHUSDT-1m-2025-01-01.csv", HEADER + klines(JAN_2025_MS, 0, 10));
  expect(await scene.importOne(futures, { symbols: ["ETH-USDT-PERP"], format: "binance-usdm-klines" })).toMatchObject({
    rows: 10,
    added: 10,
  });
  const [rows] = await scene.sql(
    `SELECT venue, symbol, "interval", count(*), epoch_us(min("start"))::VARCHAR, min(open)::VARCHAR, min(high)::VARCHAR, min(low)::VARCHAR,
       min(close)::VARCHAR, min(volume)::VARCHAR, min(quote_volume)::VARCHAR, max(trades), min(buy_volume)::VARCHAR, min(state), min(source)
     FROM silver.candles GROUP BY ALL ORDER BY 1`,
  );
  const numbers = [
    "100.00000000",
    "101.25000000",
    "99.75000000",
    "100.50000000",
    "12.50000000",
    "1252.5000000000000000",
  ];
  const [start, tail] = [`${JAN_2025_MS}000`, ["9", "6.25000000", "closed", "import"]];
  expect(rows).toEqual([
    ["binance", "BTC-USDT-SPOT", "1m", "1440", start, ...numbers, ...tail],
    ["binance-usdm", "ETH-USDT-PERP", "1m", "10", start, ...numbers, ...tail],
  ]);
  const [frames] = await scene.sql("SELECT count(*) FROM bronze.frames WHERE feed = 'import-binance-klines'");
  expect(Number(frames?.[0]?.[0])).toBeGreaterThan(2);
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
});

test("an interior hole is filled, what K2 was told adds nothing, and another word about a candle is a new statement", async () => {
  using scene = new ImportScene();
  const day = (date: string, text: string) => scene.importOne(scene.file(`BTCUSDT-1m-${date}.csv`, text));
  await day("2024-03-01", klines(Date.UTC(2024, 2, 1), 0, 100));
  await day("2024-03-03", klines(Date.UTC(2024, 2, 1), 200, 300));
  expect(await day("2024-03-02", klines(Date.UTC(2024, 2, 1), 50, 250))).toMatchObject({
    rows: 200,
    added: 100,
    repeated: 100,
  });
  expect(await scene.sql(COUNTS)).toEqual([[["300", "300", `${Date.UTC(2024, 2, 1)}000`]]]);
  const corrected = klines(Date.UTC(2024, 2, 1), 10, 20) + klines(Date.UTC(2024, 2, 1), 20, 22, { close: "101" });
  expect(await day("2024-03-04", corrected)).toMatchObject({ rows: 12, added: 2, repeated: 10 });
  const refused = await day(
    "2024-03-05",
    `${klines(Date.UTC(2024, 2, 1), 400, 402)}1709300000000,x,1,1,1,1,1,1,1,1,1,0\n`,
  );
  expect(refused).toMatchObject({ rows: 3, added: 2, refused: 1 });
  expect(refused.refusals[0]?.examples[0]).toContain('row 3: column "open" is "x", not a decimal number');
});

test("Tardis' funding and liquidations are rows of their own tables, once", async () => {
  using scene = new ImportScene();
  const us = Date.UTC(2024, 0, 1) * 1000;
  const ticker = `exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price
binance-futures,BTCUSDT,${us},${us + 9},${us + 28_800_000_000},0.0001,,1234.5,42000,41999.12345678,42000.5
binance-futures,BTCUSDT,${us + 1_000_000},${us + 1_000_009},${us + 28_800_000_000},0.00010001,,1234.5,42001,,42001.5
`;
  const liquidations = `exchange,symbol,timestamp,local_timestamp,id,side,price,amount
binance-futures,BTCUSDT,${us},${us + 9},,buy,42010.5,0.25
binance-futures,BTCUSDT,${us + 5},${us + 14},,hold,42010.5,0.25
`;
  const names = [
    "binance-futures_derivative_ticker_2024-01-01_BTCUSDT.csv",
    "binance-futures_liquidations_2024-01-01_BTCUSDT.csv",
  ];
  const files = [ticker, liquidations].map((text, index) => scene.file(names[index] ?? "", text));
  const { texts } = await scene.import(files, { symbols: ["BTC-USDT-PERP"] });
  expect(texts.map(({ format, rows, added, refused }) => [format, rows, added, refused])).toEqual([
    ["tardis-derivative-ticker", 2, 2, 0],
    ["tardis-liquidations", 2, 1, 1],
  ]);
  const again = [`${ticker}\n`, `${liquidations}\n`].map((text, index) => scene.file(names[index] ?? "", text));
  const repeated = await scene.import(again, { symbols: ["BTC-USDT-PERP"] });
  expect(repeated.texts.map(({ added, repeated }) => [added, repeated])).toEqual([
    [0, 2],
    [0, 1],
  ]);
  const [funding, closed] = await scene.sql(
    `SELECT venue, symbol, funding_rate::DOUBLE, open_interest::DOUBLE, index_price::DOUBLE, mark_price::DOUBLE,
       epoch_us(next_funding_time)::VARCHAR FROM silver.funding ORDER BY ts_event`,
    "SELECT venue, side, price::VARCHAR, size::VARCHAR, source FROM silver.liquidations",
  );
  const next = `${us + 28_800_000_000}`;
  expect(funding).toEqual([
    ["binance-usdm", "BTC-USDT-PERP", 0.0001, 1234.5, 41_999.12345678, 42_000.5, next],
    ["binance-usdm", "BTC-USDT-PERP", 0.00010001, 1234.5, null, 42_001.5, next],
  ]);
  expect(closed).toEqual([["binance-usdm", "buy", "42010.50000000", "0.25000000", "import"]]);
});

const ADA = sharedData("bars/binance-klines/ADABTC-1m-2021-11-27.csv");

test.skipIf(ADA === undefined)("Binance's own dump of ADABTC, 2021-11-27: the day's minutes, each once", async () => {
  using scene = new ImportScene();
  const report = await scene.importOne(ADA ?? "", { symbols: ["ADA-BTC-SPOT"] });
  expect(report).toMatchObject({ format: "binance-klines", repeated: 0, refused: 0 });
  const [minutes] = await scene.sql(
    `SELECT count(*), count(DISTINCT "start"), min(open)::VARCHAR, sum(trades) > 0 FROM silver.candles`,
  );
  expect(minutes?.[0]?.slice(0, 2)).toEqual([String(report.rows), String(report.added)]);
});

const MINUTES = sharedData("bars/lean-crypto/coinbase_minute_btcusd_20161007_trade.zip");
const SECONDS = sharedData("bars/lean-crypto/coinbase_second_btcusd_20161007_trade.zip");

test.skipIf(MINUTES === undefined || SECONDS === undefined)(
  "Lean's seconds of BTC-USD at Coinbase, 2016-10-07, make its minutes: 1,419 of 1,419",
  async () => {
    using scene = new ImportScene();
    const options = { symbols: ["btcusd=BTC-USD-SPOT"], venue: "coinbase", format: "lean-crypto-bars" };
    const { texts } = await scene.import([MINUTES ?? "", SECONDS ?? ""], options);
    expect(texts.map(({ rows, added, refused }) => rows - added + refused)).toEqual([0, 0]);
    const [minutes] = await scene.sql(
      `WITH seconds AS (
         SELECT time_bucket(INTERVAL 1 MINUTE, "start") AS minute, arg_min(open, "start") AS open, max(high) AS high, min(low) AS low,
           arg_max(close, "start") AS close, sum(volume) AS volume FROM silver.candles WHERE "interval" = '1s' GROUP BY ALL)
       SELECT count(*)::INTEGER, (count(*) FILTER (seconds.open = m.open AND seconds.high = m.high AND seconds.low = m.low
         AND seconds.close = m.close AND seconds.volume = m.volume))::INTEGER
       FROM silver.candles AS m JOIN seconds ON seconds.minute = m."start" WHERE m."interval" = '1m'`,
    );
    expect(minutes).toEqual([[1419, 1419]]);
  },
);

const BAC = sharedData("ticks/us-equity-2013/minute/bac/20131007_trade.zip");

test.skipIf(BAC === undefined)(
  "Lean's minutes of BAC, 2013-10-07: 595 candles from four in the morning in New York",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(BAC ?? "", { symbols: ["BAC-XNYS-EQ"], format: "lean-equity-bars" });
    expect(report).toMatchObject({ rows: 595, added: 595, refused: 0 });
    const [first] = await scene.sql(
      `SELECT epoch_us("start")::VARCHAR, open::VARCHAR, high::VARCHAR, volume::VARCHAR FROM silver.candles ORDER BY "start" LIMIT 1`,
    );
    expect(first).toEqual([[`${Date.UTC(2013, 9, 7, 8) * 1000}`, "13.94000000", "13.95000000", "1000.00000000"]]);
  },
);
