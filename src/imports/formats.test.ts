import { expect, test } from "vitest";
import { decodeText } from "./test-support.ts";

const BTC = [{ venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT" }];
const BTC_COIN = [{ venue: "binance-coinm", rawSymbol: "BTCUSD_PERP", symbol: "BTC-USD:BTC-PERP" }];

test("Binance spot trades: no header, milliseconds until 2024 and microseconds since", async () => {
  const context = await decodeText(
    "2001,42283.58000000,0.10000000,4228.35800000,1704067200003,True,True\n" +
      "2002,42283.59,0.5,21141.795,1735689600123456,False,True\r\n",
    { format: "binance-trades", listings: BTC },
  );
  expect(context.refusals).toEqual([]);
  expect(context.lines()).toEqual([
    "binance BTCUSDT 2001 42283.58 × 0.1 sell 1704067200003000000",
    "binance BTCUSDT 2002 42283.59 × 0.5 buy 1735689600123456000",
  ]);
  expect(context.rows().map(({ sequence }) => sequence)).toEqual([2001n, 2002n]);
});

test("Binance aggregate trades keep their ids apart and say how many executions they are", async () => {
  const context = await decodeText("77,42283.58,0.10000000,2001,2004,1704067200003,true,true\n", {
    format: "binance-aggtrades",
    listings: BTC,
  });
  expect(context.lines()).toEqual(["binance BTCUSDT a77 42283.58 × 0.1 sell 1704067200003000000 of 4 aggregated"]);
});

test("Binance COIN-M: with a header, in any order of columns, sizes are contracts", async () => {
  const context = await decodeText(
    "id,price,qty,base_qty,time,is_buyer_maker\n9001,42283.6,3,0.00709495,1704067200003,false\n",
    { format: "binance-coinm-trades", listings: BTC_COIN },
  );
  const other = await decodeText(
    "time,id,is_buyer_maker,qty,base_qty,price\n1704067200003,9001,false,3,0.00709495,42283.6\n",
    { format: "binance-coinm-trades", listings: BTC_COIN },
  );
  expect(context.lines()).toEqual(["binance-coinm BTCUSD_PERP 9001 42283.6 × 3 buy 1704067200003000000 contracts"]);
  expect(other.lines()).toEqual(context.lines());
});

test("a header without a column says which is missing", async () => {
  const text = "id,price,base_qty,time,is_buyer_maker\n1,2,3,1704067200003,true\n";
  await expect(decodeText(text, { format: "binance-coinm-trades", listings: BTC_COIN })).rejects.toThrow(
    'column "qty" is missing; the header has "id", "price", "base_qty", "time", "is_buyer_maker"',
  );
});

test("a row that cannot be read is refused by its number, its column and its bytes; the others go on", async () => {
  const context = await decodeText(
    "1,10.5,1,10.5,1704067200000,true,true\n" +
      "2,abc,1,10.5,1704067200000,true,true\n" +
      "\n" +
      "3,10.5,-1,10.5,1704067200000,true,true\n" +
      "4,10.5,1,10.5,17040672,true,true\n" +
      "5,10.5,1,10.5,1704067200000,maybe,true\n" +
      "6,10.5\n" +
      "7,1e-30,1,10.5,1704067200000,true,true\n" +
      "8,10.5,1,10.5,1704067200000,false,true\n",
    { format: "binance-trades", listings: BTC },
  );
  expect(context.lines().map((line) => line.split(" ")[2])).toEqual(["1", "8"]);
  expect(context.refusals.map(({ reason, detail }) => `${reason}: ${detail.split("; the row")[0]}`)).toEqual([
    'malformed: test.csv, row 2: column "price" is "abc", not a decimal number',
    'non_positive_size: test.csv, row 4: column "qty" is "-1", not above zero and exact in decimal(18,8) at the listing\'s unit',
    'malformed: test.csv, row 5: column "time" is "17040672", not a Unix time in milliseconds (13 digits) or microseconds (16)',
    'malformed: test.csv, row 6: column "is_buyer_maker" is "maybe", not true or false',
    'malformed: test.csv, row 7: it has 2 columns; column "qty" is missing',
    'inexact_price: test.csv, row 8: column "price" is "1e-30", not above zero and exact in decimal(18,8) at the listing\'s unit',
  ]);
  expect(new TextDecoder().decode(context.refusals[4]?.record)).toBe("6,10.5");
  expect(context.rows().map(({ frameIndex }) => frameIndex)).toEqual([0, 7]);
});

test("Kraken archives: ids are made of the row, and rows that are the same in one second count on", async () => {
  const listings = [{ venue: "kraken-archive", rawSymbol: "XBTUSD", symbol: "BTC-USD-SPOT" }];
  const text =
    "1381095255,122.00000,0.10000000\n1381095255,122.00000,0.10000000\n1381095256,122,0.1\n1381095256.5,123.61,0.1\n";
  const context = await decodeText(text, { format: "kraken-trades", listings });
  expect(context.lines()).toEqual([
    "kraken-archive XBTUSD 1381095255/122.00000/0.10000000 122 × 0.1 unknown 1381095255000000000 syntheticId",
    "kraken-archive XBTUSD 1381095255/122.00000/0.10000000/1 122 × 0.1 unknown 1381095255000000000 syntheticId",
    "kraken-archive XBTUSD 1381095256/122/0.1 122 × 0.1 unknown 1381095256000000000 syntheticId",
    "kraken-archive XBTUSD 1381095256.5/123.61/0.1 123.61 × 0.1 unknown 1381095256500000000 syntheticId",
  ]);
});

test("rows without ids out of the order of time are refused: their ids would depend on where they stand", async () => {
  const listings = [{ venue: "kraken-archive", rawSymbol: "XBTUSD", symbol: "BTC-USD-SPOT" }];
  const context = await decodeText("1381095256,122,1\n1381095255,122,1\n", { format: "kraken-trades", listings });
  expect(context.trades.length).toBe(1);
  expect(context.refusals[0]?.detail).toContain("row 2: it is earlier than the row before");
});

test("Bybit contracts: seconds with decimals, the venue's ids, improvement where the column is there", async () => {
  const listings = [{ venue: "bybit-linear", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-PERP" }];
  const header = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional";
  const row =
    "1585180700.0647,BTCUSDT,Buy,0.042,6698.5,PlusTick,97086640-4cb8-5f6d-9b29-4a0b4d1f7f4a,28133700000,0.042,281.337";
  const context = await decodeText(`${header},RPI\n${row},1\n`, { format: "bybit-trades", listings });
  expect(context.lines()).toEqual([
    "bybit-linear BTCUSDT 97086640-4cb8-5f6d-9b29-4a0b4d1f7f4a 6698.5 × 0.042 buy 1585180700064700000 retailImprovement",
  ]);
  expect((await decodeText(`${header}\n${row}\n`, { format: "bybit-trades", listings })).trades.length).toBe(1);
  const foreign = await decodeText(`${header}\n${row.replace("BTCUSDT", "ETHUSDT")}\n`, {
    format: "bybit-trades",
    listings,
  });
  expect(foreign.refusals.map(({ reason }) => reason)).toEqual(["unknown_symbol"]);
});

test("Bybit spot: the archive's own row numbers are no ids", async () => {
  const listings = [{ venue: "bybit-archive", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT" }];
  const context = await decodeText(
    "id,timestamp,price,volume,side,rpi\n1,1747612800074,106453.8,0.003718,sell,0\n2,1747612800074,106453.8,0.003718,sell,0\n",
    { format: "bybit-spot-trades", listings },
  );
  expect(context.rows().map(({ tradeId }) => tradeId)).toEqual([
    "1747612800074/106453.8/0.003718/sell",
    "1747612800074/106453.8/0.003718/sell/1",
  ]);
});

test("Tardis: symbols of several markets are told by the exchange column, rows without an id are refused", async () => {
  const listings = [
    { venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT", market: "binance" },
    { venue: "binance-usdm", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-PERP", market: "binance-futures" },
  ];
  const context = await decodeText(
    "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n" +
      "binance-futures,BTCUSDT,1577836801481000,1577836801500123,20,sell,7189.43,0.03\n" +
      "binance,BTCUSDT,1577836801482000,1577836801500124,21,unknown,7189.44,0.04\n" +
      "binance,BTCUSDT,1577836801482000,1577836801500124,,buy,7189.44,0.04\n",
    { format: "tardis-trades", listings },
  );
  expect(context.lines()).toEqual([
    "binance-usdm BTCUSDT 20 7189.43 × 0.03 sell 1577836801481000000",
    "binance BTCUSDT 21 7189.44 × 0.04 unknown 1577836801482000000",
  ]);
  expect(context.refusals[0]?.detail).toContain("the trade id has 0 characters");
});

test("Lean ticks: New York time of day of the file's date, in summer and in winter, and implied decimals", async () => {
  const listings = [{ venue: "us-equities", rawSymbol: "AIG", symbol: "AIG-XNYS-EQ" }];
  const options = { format: "lean-equity-trades", listings };
  const summer = await decodeText("34200000,491800,300,P,2000,0\n", { ...options, date: "20131007" });
  const winter = await decodeText("34200000,491800,300,P,2000,1\n", { ...options, date: "20131209" });
  expect(summer.lines()).toEqual([
    `us-equities AIG 20131007/34200000/491800/300/P/2000/0 49.18 × 300 unknown ${Date.UTC(2013, 9, 7, 13, 30)}000000 syntheticId`,
  ]);
  expect(winter.rows()[0]?.eventTimeNs).toBe(BigInt(Date.UTC(2013, 11, 9, 14, 30)) * 1_000_000n);
  expect(winter.rows()[0]?.flags).toContain("nonMarket");
});

test("ASX trades: Sydney time, prints off the book are blocks", async () => {
  const listings = [{ venue: "asx", rawSymbol: "7078", symbol: "BHP-XASX-EQ" }];
  const context = await decodeText(
    "03/10/2014,07:57:14.754,36.667,20000,3,X,\n03/10/2014,10:13:34.553,36.7,8216,0,,\n",
    {
      format: "asx-trades",
      listings,
    },
  );
  expect(context.lines()).toEqual([
    `asx 7078 03/10/2014/07:57:14.754/36.667/20000/3/X/ 36.667 × 20000 unknown ${Date.UTC(2014, 2, 9, 20, 57, 14, 754)}000000 syntheticId,block`,
    `asx 7078 03/10/2014/10:13:34.553/36.7/8216/0// 36.7 × 8216 unknown ${Date.UTC(2014, 2, 9, 23, 13, 34, 553)}000000 syntheticId`,
  ]);
});
