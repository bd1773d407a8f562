import { zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeText, type ImportContext } from "../test-support.ts";
import { databentoTradesText } from "./databento-trades.ts";
import { dbnRecord, dbnStream, mboRecord, tradeRecord } from "./dbn-fixture.ts";
import { RECORD_TYPES } from "./index.ts";

const LISTINGS = [{ venue: "cme", rawSymbol: "ESU4", symbol: "ES-USD-FUT-20240920" }];
const MAPPINGS = [
  ["ESU4", 20_231_114, 20_231_115, "1"],
  ["NQU4", 20_231_114, 20_231_115, "2"],
] as const;
const PRINT = { side: "B", price: 5_528_750_000_000n, size: 2, sequence: 77 };

async function textOf(bytes: Uint8Array, step: number): Promise<string> {
  const read = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  };
  const parts: Uint8Array[] = [];
  for await (const part of databentoTradesText({ name: "test.dbn", read }).read()) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function imported(dataset: string, records: readonly Uint8Array[]): Promise<ImportContext> {
  const text = await textOf(dbnStream({ version: 2, dataset, mappings: MAPPINGS }, records), 100);
  return decodeText(text, { format: "databento-trades", listings: LISTINGS });
}

describe("trades of a DBN file", () => {
  test("have the aggressor, and ids that are made the same way for every schema", async () => {
    const context = await imported("GLBX.MDP3", [
      tradeRecord(PRINT),
      tradeRecord(PRINT),
      mboRecord({ ...PRINT, action: "T", side: "A" }),
      mboRecord({ ...PRINT, action: "F", order: 5n }),
      mboRecord({ ...PRINT, action: "C", order: 5n }),
      tradeRecord({ ...PRINT, side: "N", sequence: 78 }),
    ]);
    expect(context.refusals).toEqual([]);
    const row = "cme ESU4 1700000000000000000";
    const rest = "1700000000000000000 syntheticId,contracts";
    expect(context.lines()).toEqual([
      `${row}/77/0 5528.75 × 2 buy ${rest}`,
      `${row}/77/1 5528.75 × 2 buy ${rest}`,
      `${row}/77/2 5528.75 × 2 sell ${rest}`,
      `${row}/78/0 5528.75 × 2 unknown ${rest}`,
    ]);
  });

  test("count contracts where the dataset is of futures or options, else shares", async () => {
    const context = await imported("XNAS.ITCH", [tradeRecord({ ...PRINT, flags: 32 | 128 })]);
    expect(context.rows().map(({ flags }) => flags)).toEqual([["snapshot", "syntheticId"]]);
  });

  test("are refused one by one where a field is missing or cannot be held", async () => {
    const context = await imported("GLBX.MDP3", [
      tradeRecord({ ...PRINT, price: 5_528_750_000_001n }),
      tradeRecord({ side: "A", size: 1 }),
      tradeRecord({ ...PRINT, size: 0 }),
      tradeRecord({ ...PRINT, instrument: 3 }),
      tradeRecord({ ...PRINT, instrument: 2 }),
      tradeRecord({ ...PRINT, eventTimeNs: 1_800_000_000_000_000_000n }),
      tradeRecord({ ...PRINT, side: "?" }),
      tradeRecord({ ...PRINT, sequence: 79 }),
    ]);
    // The first price has a digit that eight decimals cannot hold: the listing's unit is chosen for it.
    expect(context.refusals.map(({ reason }) => reason)).toEqual([
      "malformed",
      "non_positive_size",
      "unknown_symbol",
      "unknown_symbol",
      "unknown_symbol",
      "malformed",
    ]);
    expect(context.rows().map(({ price }) => price.mantissa * 10n ** BigInt(11 - price.scale))).toEqual([
      552_875_000_000_100n,
      552_875_000_000_000n,
    ]);
  });

  test("find their symbol in the mapping records of a live stream", async () => {
    const mapping = dbnRecord({
      type: RECORD_TYPES.symbolMapping,
      byteLength: 176,
      instrument: 9,
      fields: [
        [17, "text", "ES.n.0"],
        [89, "text", "ESU4"],
        [160, "u64", 0xffff_ffff_ffff_ffffn],
        [168, "u64", 0xffff_ffff_ffff_ffffn],
      ],
    });
    const context = await imported("GLBX.MDP3", [
      tradeRecord({ ...PRINT, instrument: 9 }),
      mapping,
      tradeRecord({ ...PRINT, instrument: 9 }),
    ]);
    expect([context.rows().length, context.refusals.map(({ reason }) => reason)]).toEqual([1, ["unknown_symbol"]]);
  });

  test("are the same text, packed or plain, in whatever chunks", async () => {
    const stream = dbnStream({ version: 3, mappings: MAPPINGS }, [
      tradeRecord(PRINT),
      tradeRecord({ ...PRINT, sequence: 78 }),
    ]);
    const whole = await textOf(stream, stream.length);
    expect(whole.split("\n")[1]).toBe(
      "1700000000000000000,1700000000000001500,ESU4,B,5528.75,2,1700000000000000000/77/0,contracts,no",
    );
    for (const step of [1, 7, 50]) expect(await textOf(stream, step)).toBe(whole);
    expect(await textOf(zstdCompressSync(stream), 13)).toBe(whole);
    await expect(textOf(stream.subarray(0, -3), 50)).rejects.toThrow("within a record");
  });
});
