import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { chooseFormat } from "./choose-format.ts";
import { ImportScene } from "./test-support.ts";

const FEEDS = [
  { feed: "binance", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"] },
  { feed: "binance-usdm", symbols: ["BTC-USDT-PERP"] },
];
const TRADE = "2001,42283.58,0.1,4228.358,1704067200003,True,True\n";
const TARDIS = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n";

function choose(
  name: string,
  first: string,
  more: { readonly format?: string; readonly symbols?: readonly string[] } = {},
) {
  const { format = "auto", symbols = [] } = more;
  return chooseFormat(name, Buffer.from(first), { format, symbols, venue: undefined, feeds: FEEDS });
}

describe("what a file is", () => {
  test("is told by its name, and where names are alike by its columns or the instrument that is named", () => {
    const kline = "1704067200000,1,2,0.5,1.5,10,1704067259999,15,3,5,7,0\n";
    const bar = "14400000,1,1,1,1,7,1,1,1,1,7\n";
    expect(choose("BTCUSDT-trades-2024-01-01.csv", TRADE).format.id).toBe("binance-trades");
    expect(choose("BTCUSDT-trades-2024-01-01.csv", TRADE.replace(",True,True", ",True")).format.id).toBe(
      "binance-usdm-trades",
    );
    expect(() => choose("BTCUSDT-1m-2024-01-01.csv", kline)).toThrow("may be binance-klines or binance-usdm-klines");
    const of = (symbol: string): string => choose("BTCUSDT-1m-2024-01-01.csv", kline, { symbols: [symbol] }).format.id;
    expect([of("BTC-USDT-SPOT"), of("BTC-USDT-PERP")]).toEqual(["binance-klines", "binance-usdm-klines"]);
    expect(choose("20131007_bac_minute_quote.csv", bar, { symbols: ["BAC-XNYS-EQ"] }).format.id).toBe(
      "lean-equity-quote-bars",
    );
  });

  test("is never guessed: a name that says nothing is refused with the formats that have such a header", () => {
    expect(() => choose("mine.csv", TARDIS)).toThrow(
      "Its first line is a header of tardis-trades, tardis-liquidations.",
    );
    expect(() => choose("mine.csv", "a,b,c\n")).toThrow(/what mine\.csv holds\. Rename it/);
    expect(() => choose("BTCUSDT-trades-2024-01-01.csv", "x".repeat(100))).toThrow(
      "its first line has 1 columns and not 6 or 7",
    );
  });

  test("an instrument that neither name nor rows tell is the one that is named, never one that is configured", () => {
    expect(() => choose("mine.csv", TRADE, { format: "binance-trades" })).toThrow("nothing says which instrument");
    const { listings } = choose("mine.csv", TRADE, { format: "binance-trades", symbols: ["ETH-USDT-SPOT"] });
    expect(listings).toEqual([{ venue: "binance", rawSymbol: "ETHUSDT", symbol: "ETH-USDT-SPOT" }]);
    expect(() => choose("XBTUSD.csv", "1,2,3\n")).toThrow("--symbol XBTUSD=<instrument>, such as BTC-USD-SPOT");
  });
});

test("packed, cut and empty files: zstd as gzip, damage by its kind, nothing as nothing", async () => {
  using scene = new ImportScene();
  const rows = TRADE + TRADE.replace("2001", "2002");
  const dry = (name: string, bytes: string | Uint8Array) => scene.importOne(scene.file(name, bytes), { dryRun: true });
  const name = "BTCUSDT-trades-2024-01-01.csv";
  for (const [path, bytes] of [
    [`${name}.gz`, gzipSync(rows)],
    [`${name}.zst`, zstdCompressSync(rows)],
    [name, `\uFEFF${rows.replaceAll("\n", "\r\n")}`],
    [name, rows.trimEnd()],
  ] as const)
    expect(await dry(path, bytes), path).toMatchObject({ text: name, rows: 2, added: 2, refused: 0 });
  const long = rows.repeat(5000);
  await expect(dry(`${name}.gz`, gzipSync(long).subarray(0, 200))).rejects.toThrow("is damaged");
  await expect(dry(`${name}.zst`, zstdCompressSync(long).subarray(0, 100))).rejects.toThrow("it was cut");
  await expect(dry(name, "")).rejects.toThrow("is empty");
  await expect(dry("x.dbn", "")).rejects.toThrow("is empty");
  await expect(dry("x.dbn.zst", "neither zstd nor DBN")).rejects.toThrow("does not begin with DBN");
});
