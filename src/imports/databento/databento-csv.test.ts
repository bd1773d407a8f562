import { describe, expect, test } from "vitest";
import { databentoOrdersText } from "../orders/orders-text.ts";
import { tableText } from "../table-text.ts";
import type { TextSource } from "../text/text-source.ts";
import { databentoBarsText } from "./databento-bars.ts";
import { databentoBooksText } from "./databento-books.ts";
import { databentoDefinitionsText } from "./databento-definitions.ts";
import { databentoTradesText } from "./databento-trades.ts";
import { dbnRecord, dbnStream, type FixtureField, mboRecord, tradeRecord } from "./dbn-fixture.ts";

/*
 * The grammar of Databento's CSV, rows of our own. Plain: prices in units of 1e-9, times in nanoseconds. Pretty: decimals
 * with nine digits, ISO 8601.
 */
const TIME_NS = 1_719_878_281_218_218_853n;
const TIME = "2024-07-01T23:58:01.218218853Z";
const RECEIVED = "2024-07-01T23:58:01.218220353Z";
const RECEIVED_NS = TIME_NS + 1500n;
const NAME = "glbx-mdp3-20240701.csv";
const MAPPINGS = [["ESU4", 20_240_701, 20_240_703, "118"]] as const;

function file(content: string | Uint8Array, name = NAME): TextSource {
  const bytes = Buffer.from(content);
  const read = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
  };
  return { name, read };
}

async function textOf(source: TextSource): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of source.read()) parts.push(part);
  return Buffer.concat(parts).toString();
}

const dbn = (...records: readonly Uint8Array[]): TextSource =>
  file(dbnStream({ version: 3, mappings: MAPPINGS }, records), "test.dbn");

const TRADES_HEADER =
  "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,symbol";
const PLAIN = `${RECEIVED_NS},${TIME_NS},0,1,118,T,B,0,5528750000000,2,128,0,9060643,ESU4`;
const PRETTY = `${RECEIVED},${TIME},0,1,118,T,B,0,5528.750000000,2,128,0,9060643,ESU4`;
const TRADE = tradeRecord({
  side: "B",
  price: 5_528_750_000_000n,
  size: 2,
  instrument: 118,
  sequence: 9_060_643,
  eventTimeNs: TIME_NS,
});

describe("Databento's CSV", () => {
  test.each([
    ["plain", `${TRADES_HEADER}\n${PLAIN}\n`],
    ["pretty", `${TRADES_HEADER}\n${PRETTY}\n`],
    ["as pandas writes it", `${TRADES_HEADER}\n${PRETTY.replaceAll("T23", " 23").replaceAll("Z", "+00:00")}\n`],
    [
      "with a byte order mark, quotes and Windows' line ends",
      `\uFEFF${TRADES_HEADER}\r\n${PRETTY.replace("ESU4", '"ESU4"')}\r\n`,
    ],
    ["without its last line end", `${TRADES_HEADER}\n${PRETTY}`],
    [
      "in another order of columns",
      `symbol,sequence,size,price,side,action,instrument_id,rtype,ts_event,ts_recv\nESU4,9060643,2,5528.75,B,T,118,0,${TIME},${RECEIVED}\n`,
    ],
  ])("trades, %s, are the rows and ids of DBN", async (_, csv) => {
    const rows = await textOf(databentoTradesText(file(csv)));
    expect(rows).toBe(await textOf(databentoTradesText(dbn(TRADE))));
    expect(rows.split("\n")[1]).toBe(`${TIME_NS},${RECEIVED_NS},ESU4,B,5528.75,2,${TIME_NS}/9060643/0,contracts,no`);
  });

  test("a line that is no record stands there in words; the others go on", async () => {
    const lines = [
      PRETTY.replace("5528.750000000", "many"),
      PRETTY.replace(",2,128", ",-2,128"),
      PRETTY.replace(",0,1,118", ",77,1,118"),
      "1,2,3",
      PRETTY,
    ];
    const rows = (await textOf(databentoTradesText(file(`${TRADES_HEADER}\n${lines.join("\n")}\n`)))).split("\n");
    expect(rows[1]).toContain(`line 2 of ${NAME}: column ;price; is ;many;; not a price`);
    expect(rows[2]).toContain("column ;size; is ;-2;; not a whole number from 0 to 4294967295");
    expect(rows[3]).toContain("no kind of record that K2 reads from CSV");
    expect(rows[4]).toContain("it has 3 columns instead of 14");
    expect(rows[5]).toContain("ESU4,B,5528.75,2");
    expect(rows.slice(1, 5).every((row) => !row.includes(","))).toBe(true);
  });

  test("a header that lacks a column says which", async () => {
    const csv = `ts_event,rtype,instrument_id,price\n${TIME},0,118,1.5\n`;
    await expect(textOf(databentoTradesText(file(csv)))).rejects.toThrow('has no column "size"');
  });

  test("orders: the events of DBN, numbers of 64 bits and none of a price", async () => {
    const header =
      "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,channel_id,order_id,flags,ts_in_delta,sequence,symbol";
    const common = { instrument: 118, eventTimeNs: TIME_NS } as const;
    const order = 18_446_744_073_709_551_000n;
    const csv = [
      header,
      `${RECEIVED},${TIME},160,1,118,A,B,5528.250000000,3,0,${order},128,-5,77,ESU4`,
      `${RECEIVED},${TIME},160,1,118,R,N,,0,0,0,8,0,78,ESU4`,
    ].join("\n");
    const records = [
      mboRecord({ ...common, action: "A", side: "B", order, price: 5_528_250_000_000n, size: 3, sequence: 77 }),
      mboRecord({ ...common, action: "R", side: "N", flags: 8, sequence: 78 }),
    ];
    const rows = await textOf(databentoOrdersText(file(csv)));
    expect(rows).toBe(await textOf(databentoOrdersText(dbn(...records))));
    expect(rows).toContain(`,ESU4,add,bid,${order},5528.25,3,77,`);
  });

  test.each([
    ["MBP-1", 1, 0x01, 80],
    ["BBO-1s", 1, 0xc3, 80],
    ["BBO-1m", 1, 0xc4, 80],
    ["MBP-10", 10, 0x0a, 368],
  ] as const)("%s: the levels of DBN", async (_, depth, type, byteLength) => {
    const prices = Array.from({ length: depth }, (_unused, rank) => [5528 - rank, 5529 + rank] as const);
    const fields: FixtureField[] = [
      [28, "u8", "A"],
      [29, "u8", "B"],
      [32, "u64", RECEIVED_NS],
      [44, "u32", 5],
    ];
    const names = ["bid_px", "ask_px", "bid_sz", "ask_sz", "bid_ct", "ask_ct"];
    const levels = prices.flatMap(([bid, ask], rank) => {
      const at = 48 + 32 * rank;
      const hasAsk = rank < 3;
      fields.push([at, "i64", BigInt(bid) * 1_000_000_000n]);
      fields.push([at + 8, "i64", hasAsk ? BigInt(ask) * 1_000_000_000n : 0x7fff_ffff_ffff_ffffn]);
      fields.push([at + 16, "u32", rank + 1], [at + 20, "u32", hasAsk ? rank + 2 : 0]);
      return [`${bid}.000000000`, hasAsk ? `${ask}.000000000` : "", rank + 1, hasAsk ? rank + 2 : 0, 1, 1];
    });
    const header = prices.flatMap((_unused, rank) => names.map((name) => `${name}_0${rank}`));
    const csv = `ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,${header.join(",")},symbol
${RECEIVED},${TIME},${type},1,118,A,B,0,,0,128,0,5,${levels.join(",")},ESU4
`;
    const rows = await textOf(databentoBooksText(file(csv), depth));
    const record = dbnRecord({ type, byteLength, instrument: 118, eventTimeNs: TIME_NS, fields });
    expect(rows).toBe(await textOf(databentoBooksText(dbn(record), depth)));
    expect(rows.split("\n")[1]).toContain(`${TIME_NS},${RECEIVED_NS},ESU4,5,5528,1,5529,2`);
  });

  test("bars: those of DBN", async () => {
    const prices: readonly bigint[] = [5528_750000000n, 5529_000000000n, 5528_500000000n, 5528_750000000n];
    const startNs = 1_719_878_280_000_000_000n;
    const fields = [
      ...prices.map((price, index): FixtureField => [16 + index * 8, "i64", price]),
      [48, "u64", 1234] as const,
    ];
    const record = dbnRecord({ type: 0x21, byteLength: 56, instrument: 118, eventTimeNs: startNs, fields });
    const csv = `ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol
2024-07-01T23:58:00.000000000Z,33,1,118,5528.750000000,5529.000000000,5528.500000000,5528.750000000,1234,ESU4
`;
    const rows = await textOf(databentoBarsText(file(csv), "1m"));
    expect(rows).toBe(await textOf(databentoBarsText(dbn(record), "1m")));
    expect(rows.split("\n")[1]).toBe(`${startNs},ESU4,5528.75,5529,5528.5,5528.75,1234`);
    expect(await tableText(file(csv), { format: "auto" })).toMatchObject({ format: "databento-bars", interval: "1m" });
  });

  test("definitions: the terms of DBN", async () => {
    const csv = `ts_recv,ts_event,rtype,publisher_id,instrument_id,raw_symbol,security_update_action,instrument_class,min_price_increment,expiration,currency,asset,exchange,symbol
2024-07-01T00:00:00.000000000Z,2024-06-30T11:03:55.541087259Z,19,1,118,ESU4,A,F,0.250000000,2024-09-20T13:30:00.000000000Z,USD,ES,XCME,ESU4
`;
    const [, row] = (await textOf(databentoDefinitionsText(file(csv)))).split("\n");
    expect(row).toMatch(/^1719745435541087259,1719792000000000000,ESU4,ES-USD-FUT-20240920,,added,0.25,/);
    expect(await tableText(file(csv), { format: "auto" })).toMatchObject({ format: "databento-definitions" });
  });
});

describe("what a file of Databento's holds", () => {
  test.each([
    ["trades", TRADE, "databento-trades"],
    ["orders, of which the trades", mboRecord({ action: "A", side: "B" }), "databento-trades"],
    ["sampled quotes", dbnRecord({ type: 0xc3, byteLength: 80 }), "databento-quotes"],
    ["bars of a day", dbnRecord({ type: 0x23, byteLength: 56 }), "databento-bars"],
    ["definitions", dbnRecord({ type: 0x13, byteLength: 520 }), "databento-definitions"],
  ])("%s are told by its records", async (_, record, format) => {
    expect((await tableText(dbn(record), { format: "auto" })).format).toBe(format);
  });

  test("a format that takes nothing of it is refused, with those that do", async () => {
    const orders = dbn(mboRecord({ action: "A", side: "B" }));
    await expect(tableText(orders, { format: "databento-books" })).rejects.toThrow(
      "say --format databento-trades or databento-orders",
    );
    await expect(tableText(dbn(dbnRecord({ type: 0x14, byteLength: 112 })), { format: "auto" })).rejects.toThrow(
      "records of kind imbalance, which K2 does not import",
    );
  });

  test("a CSV that is not Databento's is left as it is", async () => {
    const source = file("id,price\n1,2\n", "other.csv");
    expect(await tableText(source, { format: "auto" })).toBe(source);
  });
});
