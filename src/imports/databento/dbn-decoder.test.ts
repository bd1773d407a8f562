import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ASK, BID, BookLevels } from "../../domain/index.ts";
import { dbnHead, dbnRecord, dbnStream, type FixtureField, mboRecord, tradeRecord } from "./dbn-fixture.ts";
import {
  copyMbpLevels,
  DbnDecoder,
  type DbnMetadata,
  type DbnRecord,
  mbpOrders,
  RECORD_TYPES,
  readDefinition,
  readStatus,
  readSymbolMapping,
  readText,
} from "./index.ts";

interface Decoded {
  readonly types: number[];
  readonly decoder: DbnDecoder;
  readonly metadata: DbnMetadata | undefined;
}

function decode(
  bytes: Uint8Array,
  take: (record: DbnRecord, version: number) => boolean = () => true,
  step = bytes.length,
): Decoded {
  const decoder = new DbnDecoder();
  const types: number[] = [];
  let metadata: DbnMetadata | undefined;
  for (let at = 0; at < bytes.length; at += step) {
    decoder.write(bytes.subarray(at, at + step), {
      metadata: (seen) => {
        metadata = seen;
      },
      record: (record, { version }) => {
        types.push(record.type);
        return take(record, version);
      },
    });
  }
  decoder.end();
  return { types, decoder, metadata };
}

/** The one record of a stream of a version, as a reader sees it. */
function readOne<T>(version: 1 | 2 | 3, record: Uint8Array, read: (record: DbnRecord, version: number) => T): T {
  const seen: T[] = [];
  decode(dbnStream({ version }, [record]), (each, of) => seen.push(read(each, of)) > 0);
  return seen[0] as T;
}

const PRICES: readonly FixtureField[] = [
  [24, "i64", 250_000_000n],
  [40, "u64", 1_726_839_000_000_000_000n],
  [48, "u64", 0xffff_ffff_ffff_ffffn],
];

describe("DbnDecoder", () => {
  test.each([1, 2, 3] as const)("reads the head of version %i", (version) => {
    const { metadata } = decode(
      dbnStream(
        {
          version,
          dataset: "XNAS.ITCH",
          schema: 4,
          hasSendTimes: true,
          mappings: [["AAPL", 20_240_701, 20_240_702, "32"]],
        },
        [],
      ),
    );
    expect(metadata).toEqual({
      version,
      dataset: "XNAS.ITCH",
      schema: "trades",
      startNs: 1n,
      endNs: undefined,
      limit: undefined,
      symbolKindIn: "raw_symbol",
      symbolKindOut: "instrument_id",
      hasSendTimes: true,
      symbols: ["AAPL"],
      partial: [],
      notFound: [],
      mappings: [{ symbol: "AAPL", intervals: [{ startDate: 20_240_701, endDate: 20_240_702, symbol: "32" }] }],
    });
  });

  test("steps over kinds that it does not know, and over records of a wrong length, and counts each", () => {
    const stream = dbnStream({ version: 3 }, [
      mboRecord({ action: "A", side: "B" }),
      dbnRecord({ type: 0x7a, byteLength: 96 }),
      dbnRecord({ type: RECORD_TYPES.statistics, byteLength: 80 }),
      dbnRecord({ type: RECORD_TYPES.mbo, byteLength: 60 }),
      tradeRecord({ side: "A", price: 1n, size: 1 }),
    ]);
    const { types, decoder } = decode(stream, ({ type }) => type === RECORD_TYPES.mbo || type === RECORD_TYPES.trade);
    expect(types).toEqual([0xa0, 0x7a, 0x18, 0x00]);
    expect(decoder.counts).toEqual([
      { type: 0x00, name: "trade", taken: 1, skipped: 0, malformed: 0 },
      { type: 0x18, name: "statistics", taken: 0, skipped: 1, malformed: 0 },
      { type: 0x7a, name: undefined, taken: 0, skipped: 1, malformed: 0 },
      { type: 0xa0, name: "mbo", taken: 1, skipped: 0, malformed: 1 },
    ]);
  });

  test("gives the same, however the stream comes in chunks", () => {
    const stream = dbnStream({ version: 2, hasSendTimes: true, mappings: [["ESU4", 20_240_701, 20_240_702, "118"]] }, [
      dbnRecord({ type: RECORD_TYPES.mbo, byteLength: 64, instrument: 9 }),
      dbnRecord({ type: 0x99, byteLength: 1020, instrument: 10 }),
      dbnRecord({ type: RECORD_TYPES.trade, byteLength: 56, instrument: 11 }),
    ]);
    const read = (step: number): unknown => {
      const instruments: number[] = [];
      const { metadata, decoder } = decode(stream, (record) => instruments.push(record.instrument) > 0, step);
      return [instruments, metadata, decoder.counts];
    };
    const whole = read(stream.length);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: stream.length }), (step) => {
        expect(read(step)).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  test.each<readonly [string, Uint8Array, string]>([
    ["another format", Buffer.from("PAR1 and more than eight"), "does not begin with DBN"],
    ["a version to come", Buffer.from([0x44, 0x42, 0x4e, 4, 100, 0, 0, 0]), "version 4"],
    ["a head too short", Buffer.from([0x44, 0x42, 0x4e, 1, 9, 0, 0, 0]), "9 bytes"],
    ["a list beyond the head", headWithList(), "does not fit"],
    ["a record without a header", dbnStream({ version: 1 }, [Buffer.alloc(16)]), "0 bytes"],
    [
      "a cut record",
      dbnStream({ version: 1 }, [mboRecord({ action: "A", side: "B" }).subarray(0, 50)]),
      "within a record",
    ],
    ["a cut head", dbnHead({ version: 1 }).subarray(0, 50), "before its first record"],
  ])("refuses %s", (_, bytes, reason) => {
    expect(() => decode(bytes)).toThrow(reason);
  });

  test("times are exact, without a BigInt too, and none is none", () => {
    const time = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n });
    fc.assert(
      fc.property(time, (eventTimeNs) => {
        const [us, nanos, ns] = readOne(1, mboRecord({ action: "A", side: "B", eventTimeNs }), (record) => [
          record.timeUs(8),
          record.timeNanos(8),
          record.eventTimeNs,
        ]);
        expect([us, nanos, ns]).toEqual([Number(eventTimeNs / 1000n), Number(eventTimeNs % 1000n), eventTimeNs]);
      }),
    );
    const none = dbnRecord({ type: 0xa0, byteLength: 56, eventTimeNs: 0xffff_ffff_ffff_ffffn });
    expect(readOne(1, none, (record) => [record.timeUs(8), record.eventTimeNs])).toEqual([Number.NaN, undefined]);
  });
});

function headWithList(): Uint8Array {
  const head = Buffer.from(dbnHead({ version: 1 }));
  head.writeUInt32LE(1_000_000, head.length - 16);
  return head;
}

describe("records", () => {
  test.each([
    [1, 360, { symbol: 200, exchange: 243, asset: 248, currency: 186, strike: 328, kind: 325, action: 349 }],
    [2, 400, { symbol: 200, exchange: 292, asset: 297, currency: 186, strike: 112, kind: 374, action: 382 }],
    [3, 520, { symbol: 238, exchange: 330, asset: 335, currency: 224, strike: 104, kind: 487, action: 493 }],
  ] as const)("a definition of version %i has %i bytes", (version, byteLength, at) => {
    const record = dbnRecord({
      type: RECORD_TYPES.definition,
      byteLength,
      instrument: 118,
      fields: [
        ...PRICES,
        [at.symbol, "text", "ESU4 C5500"],
        [at.exchange, "text", "XCME"],
        [at.asset, "text", "ES"],
        [at.currency, "text", "USD"],
        [at.strike, "i64", 5_500_000_000_000n],
        [at.kind, "u8", "C"],
        [at.action, "u8", "M"],
      ],
    });
    expect(readOne(version, record, readDefinition)).toMatchObject({
      instrument: 118,
      rawSymbol: "ESU4 C5500",
      instrumentClass: "C",
      exchange: "XCME",
      asset: "ES",
      currency: "USD",
      tickSize: 250_000_000n,
      expirationNs: 1_726_839_000_000_000_000n,
      activationNs: undefined,
      strikePrice: 5_500_000_000_000n,
      updateAction: "M",
    });
  });

  test("a status, an error and a mapping", () => {
    const status = dbnRecord({
      type: RECORD_TYPES.status,
      byteLength: 40,
      fields: [
        [24, "u16", 8],
        [26, "u16", 30],
        [30, "u8", "N"],
        [31, "u8", "Y"],
      ],
    });
    expect(readOne(3, status, readStatus)).toMatchObject({ action: 8, reason: 30, isTrading: "N", isQuoting: "Y" });
    const error = (byteLength: number): Uint8Array =>
      dbnRecord({ type: RECORD_TYPES.error, byteLength, fields: [[16, "text", "Subscription refused"]] });
    expect(readOne(1, error(80), readText)).toBe("Subscription refused");
    expect(readOne(2, error(320), readText)).toBe("Subscription refused");
    const mapping = dbnRecord({
      type: RECORD_TYPES.symbolMapping,
      byteLength: 176,
      instrument: 7,
      fields: [
        [17, "text", "ES.FUT"],
        [89, "text", "ESU4"],
        [160, "u64", 5n],
        [168, "u64", 0xffff_ffff_ffff_ffffn],
      ],
    });
    const expected = { instrument: 7, symbolIn: "ES.FUT", symbolOut: "ESU4", startNs: 5n, endNs: undefined };
    expect(readOne(3, mapping, readSymbolMapping)).toEqual(expected);
    const mappingV1 = dbnRecord({
      type: RECORD_TYPES.symbolMapping,
      byteLength: 80,
      instrument: 7,
      fields: [
        [16, "text", "ES.FUT"],
        [38, "text", "ESU4"],
        [64, "u64", 5n],
        [72, "u64", 0xffff_ffff_ffff_ffffn],
      ],
    });
    expect(readOne(1, mappingV1, readSymbolMapping)).toEqual(expected);
  });

  test("an MBP-10 record's levels, without those that are not there", () => {
    const none = 0x7fff_ffff_ffff_ffffn;
    const level = (rank: number, bid: bigint, ask: bigint): readonly FixtureField[] => [
      [48 + rank * 32, "i64", bid],
      [56 + rank * 32, "i64", ask],
      [64 + rank * 32, "u32", rank + 1],
      [68 + rank * 32, "u32", rank + 20],
      [72 + rank * 32, "u32", rank + 3],
      [76 + rank * 32, "u32", rank + 4],
    ];
    const fields = Array.from({ length: 10 }, (_, rank) =>
      rank < 2 ? level(rank, 100n - BigInt(rank), 101n + BigInt(rank)) : level(rank, none, rank < 4 ? 105n : none),
    ).flat();
    const levels = new BookLevels();
    const orders = readOne(1, dbnRecord({ type: RECORD_TYPES.mbp10, byteLength: 368, fields }), (record) => {
      copyMbpLevels(record, levels);
      return [mbpOrders(record, BID, 1), mbpOrders(record, ASK, 1)];
    });
    expect(orders).toEqual([4, 5]);
    expect(
      Array.from({ length: levels.length }, (_, row) => [
        levels.side[row],
        levels.price.get(row),
        levels.size.get(row),
      ]),
    ).toEqual([
      [BID, 100n, 1n],
      [BID, 99n, 2n],
      [ASK, 101n, 20n],
      [ASK, 102n, 21n],
      [ASK, 105n, 22n],
      [ASK, 105n, 23n],
    ]);
  });
});
