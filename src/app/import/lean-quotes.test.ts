import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { verify } from "../verify.ts";
import { ImportScene } from "./test-support.ts";

/*
 * The grammar of Lean's readmes (Data/equity, Data/crypto, Data/forex), rows of our own.
 */
const NEW_YORK_US = Date.UTC(2013, 9, 7, 4) * 1000;
const UTC_US = Date.UTC(2013, 9, 7) * 1000;
const QUOTES = `SELECT epoch_us(ts_recv)::VARCHAR, bid_price::VARCHAR, bid_size::VARCHAR, ask_price::VARCHAR, ask_size::VARCHAR
  FROM silver.quotes ORDER BY ts_recv, _offset`;

const at = (us: number): string => String(us);
const number = (value: string | null): string | null => (value === null ? null : Number(value).toFixed(8));
function quote(us: number, bid: readonly [string, string] | null, ask: readonly [string, string] | null): unknown {
  return [
    at(us),
    number(bid?.[0] ?? null),
    number(bid?.[1] ?? null),
    number(ask?.[0] ?? null),
    number(ask?.[1] ?? null),
  ];
}

test("equity ticks: each row changes one side, the other stays; what is suspicious is refused", async () => {
  using scene = new ImportScene();
  const text = `14400492,491900,2000,0,0,P,1,0
14400492.5,0,0,500000,100,P,1,0
15741781,1,100,0,0,P,1,1
15741782,492000,200,0,0,P,1,0
15741783,0,0,500000,100,P,1,0
`;
  const path = scene.file("20131007_aig_Quote_Tick.csv", text);
  const report = await scene.importOne(path, { symbols: ["AIG-XNYS-EQ"] });
  expect(report).toMatchObject({ format: "lean-equity-quotes", rows: 5, added: 4, refused: 1 });
  expect(report.refusals[0]?.examples[0]).toContain('row 3: column "suspicious" says that it is not to be believed');
  const [rows] = await scene.sql(QUOTES);
  expect(rows).toEqual([
    quote(NEW_YORK_US + 14_400_492_000, ["49.19", "2000"], null),
    quote(NEW_YORK_US + 14_400_492_500, ["49.19", "2000"], ["50", "100"]),
    quote(NEW_YORK_US + 15_741_782_000, ["49.20", "200"], ["50", "100"]),
  ]);
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
});

test("bars: the last quote of each stands at the bar's end; a side without quotes is none", async () => {
  using scene = new ImportScene();
  const bars = "60000,10,12,9,11.5,0.25,11,13,10,12.5,0.5\n120000,,,,,,11,13,10,12.75,0.75\n";
  const options = { symbols: ["btcusd=BTC-USD-SPOT"], venue: "lean" };
  const path = scene.file("20131007_btcusd_minute_quote.csv", bars);
  expect(await scene.importOne(path, options)).toMatchObject({ format: "lean-crypto-quote-bars", added: 2 });
  expect(await scene.importOne(scene.file("20131007_btcusd_minute_quote.csv", `${bars}\n`), options)).toMatchObject({
    added: 0,
    repeated: 2,
  });
  const [rows] = await scene.sql(QUOTES);
  expect(rows).toEqual([
    quote(UTC_US + 120_000_000, ["11.5", "0.25"], ["12.5", "0.5"]),
    quote(UTC_US + 180_000_000, null, ["12.75", "0.75"]),
  ]);
});

test("crypto ticks of quotes and trades, forex without sizes at Oanda and FXCM", async () => {
  using scene = new ImportScene();
  const crypto = { symbols: ["btcusd=BTC-USD-SPOT"], venue: "lean" };
  const ticks = scene.file("20131007_btcusd_tick_quote.csv", "86400,232.40,20.5,232.42,8.25\n");
  const trades = scene.file("20131007_btcusd_tick_trade.csv", "86400,232.40,93.1\n86400,232.40,93.1\n");
  expect(await scene.importOne(ticks, crypto)).toMatchObject({ format: "lean-crypto-quotes", added: 1 });
  expect(await scene.importOne(trades, crypto)).toMatchObject({ format: "lean-crypto-trades", added: 2 });
  const forex = scene.file("20131007_eurusd_tick_quote.csv", "92000,1.3838,1.38392\n92001,0,1.38393\n");
  const bars = scene.file(
    "20131007_eurusd_minute_quote.csv",
    "0,1.1,1.2,1,1.15,0,1.2,1.3,1.1,1.25,0\n60000,1.1,1.2,1,1.16,0,1.2,1.3,1.1,1.26,0\n",
  );
  const of = (format: string) => ({ symbols: ["eurusd=EUR-USD-SPOT"], venue: format, format });
  expect(await scene.importOne(forex, of("lean-forex-quotes"))).toMatchObject({ added: 2, refused: 0 });
  expect(await scene.importOne(bars, of("lean-fxcm-quote-bars"))).toMatchObject({ added: 2, refused: 0 });
  const [rows] = await scene.sql(QUOTES);
  expect(rows).toEqual([
    quote(UTC_US + 86_400_000, ["232.4", "20.5"], ["232.42", "8.25"]),
    quote(UTC_US + 92_000_000, ["1.3838", "0"], ["1.38392", "0"]),
    quote(UTC_US + 92_001_000, null, ["1.38393", "0"]),
    quote(UTC_US + 5 * 3_600_000_000 + 60_000_000, ["1.15", "0"], ["1.25", "0"]),
    quote(UTC_US + 5 * 3_600_000_000 + 120_000_000, ["1.16", "0"], ["1.26", "0"]),
  ]);
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
});

const TICKS = sharedData("ticks/us-equity-2013/tick/bac/20131007_quote.zip");
const MINUTES = sharedData("ticks/us-equity-2013/minute/bac/20131007_quote.zip");

test.skipIf(TICKS === undefined || MINUTES === undefined)(
  "BAC of 2013-10-07: 476,855 ticks end each minute with the quote that the vendor's 641 bars tell",
  { timeout: 120_000 },
  async () => {
    using scene = new ImportScene();
    const symbols = ["BAC-XNYS-EQ"];
    expect(await scene.importOne(TICKS ?? "", { symbols })).toMatchObject({
      rows: 476_855,
      added: 476_855,
      refused: 0,
    });
    expect(await scene.importOne(MINUTES ?? "", { symbols })).toMatchObject({ rows: 641, added: 641, refused: 0 });
    const [compared] = await scene.sql(
      `WITH bars AS (SELECT * FROM silver.quotes WHERE connection LIKE 'import-lean-equity-quote-bars/%'),
         ticks AS (SELECT * FROM silver.quotes WHERE connection LIKE 'import-lean-equity-quotes/%'
           QUALIFY row_number() OVER (PARTITION BY time_bucket(INTERVAL 1 MINUTE, ts_recv) ORDER BY _offset DESC) = 1)
       SELECT count(*)::INTEGER, count(*) FILTER (bars.bid_price = ticks.bid_price AND bars.bid_size = ticks.bid_size
         AND bars.ask_price = ticks.ask_price AND bars.ask_size = ticks.ask_size)::INTEGER
       FROM bars LEFT JOIN ticks ON time_bucket(INTERVAL 1 MINUTE, ticks.ts_recv) + INTERVAL 1 MINUTE = bars.ts_recv`,
    );
    // Ten bars tell the same quote as the bar before: what changes nothing is no row.
    expect(compared).toEqual([[631, 631]]);
  },
);

const CRYPTO = sharedData("bars/lean-crypto/coinbase_minute_btcusd_20180404_quote.zip");

test.skipIf(CRYPTO === undefined)(
  "Coinbase of 2018-04-04: sizes that went through a double are refused, 1,041 of 1,437; the others are exact",
  async () => {
    using scene = new ImportScene();
    const options = { symbols: ["btcusd=BTC-USD-SPOT"], venue: "lean-coinbase" };
    const report = await scene.importOne(CRYPTO ?? "", options);
    expect(report).toMatchObject({ format: "lean-crypto-quote-bars", rows: 1437, added: 396, refused: 1041 });
    expect(report.refusals.map(({ reason }) => reason)).toEqual(["inexact_size"]);
  },
);
