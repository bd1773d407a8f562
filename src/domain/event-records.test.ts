import avsc from "avsc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InternalError, recordAt, recordBatchOf } from "../base/index.ts";
import {
  BAR_INTERVALS,
  BAR_SCHEMA,
  BARS,
  type Bar,
  decodeBars,
  decodeGaps,
  decodeListings,
  decodeRefusals,
  EVENT_SCHEMAS,
  encodeBars,
  encodeGaps,
  encodeListings,
  encodeRefusals,
  GAP_SCHEMA,
  GAPS,
  type Gap,
  QUALITY,
  QUALITY_SCHEMA,
  QUARANTINE,
  QUOTE_QUALITY,
  QUOTE_QUALITY_SCHEMA,
  REFUSAL_SCHEMA,
  type Refusal,
  SOURCES,
  TOPICS,
  TRADE_SCHEMA,
  TRADES,
} from "./index.ts";

/** The largest long that avsc takes as a number. */
const LONG_MAX = 2 ** 53 - 2;
const timeUs = fc.integer({ min: 0, max: LONG_MAX });
const source = fc.nat(SOURCES.length - 1);
const text = fc.string({ unit: "binary", maxLength: 30 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const price = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n });
const volume = fc.oneof(
  fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
  fc.constantFrom(0n, -1n, 127n, 128n, -128n, -129n),
);
const order = fc.record({ timeUs, timeNanos: fc.nat(999), sequence: int64, frameIndex: fc.nat(65_535) });
const bar: fc.Arbitrary<Bar> = fc.record({
  listing: fc.nat(),
  interval: fc.constantFrom(...BAR_INTERVALS),
  startUs: timeUs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  quoteVolume: volume,
  buyVolume: volume,
  sellVolume: volume,
  trades: timeUs,
  first: order,
  last: order,
  revision: fc.nat(),
  knownAtUs: timeUs,
  cause: fc.constantFrom("closed" as const, "late" as const, "rederived" as const),
  complete: fc.constant(true),
  source,
});
const gap: fc.Arbitrary<Gap> = fc.record({
  gapId: text,
  venue: text,
  feed: text,
  connection: text,
  epoch: fc.nat(4_294_967_295),
  rawSymbols: fc.array(text, { maxLength: 5 }),
  cause: fc.constantFrom(
    "disconnect" as const,
    "stale" as const,
    "error" as const,
    "crash" as const,
    "shutdown" as const,
    "missed" as const,
  ),
  state: fc.constantFrom("open" as const, "closed" as const),
  fromUs: timeUs,
  toUs: fc.option(timeUs, { nil: undefined }),
  detail: text,
  resolution: fc.constantFrom(undefined, "reconnected" as const, "healed" as const, "partly healed" as const),
  source,
});
const refusal: fc.Arbitrary<Refusal> = fc.record({
  stage: fc.constantFrom("decode" as const, "validate" as const),
  reason: fc.constantFrom("malformed" as const, "inexact_price" as const),
  detail: text,
  feed: text,
  rawSymbol: fc.option(text, { nil: undefined }),
  frameIndex: fc.option(fc.nat(65_535), { nil: undefined }),
  rawPartition: fc.nat(65_535),
  rawOffset: timeUs,
  receiveTimeUs: timeUs,
  payload: fc.uint8Array({ maxLength: 300 }),
  source,
});
const listing = fc.record({
  index: fc.nat(),
  venue: text,
  rawSymbol: text,
  symbol: text,
  unitExponent: fc.constantFrom(0, 3, 6, 9, 12),
});

test("bars written and read are equal, their wide sums too", () => {
  fc.assert(
    fc.property(fc.array(bar, { maxLength: 8 }), (bars) => {
      expect(decodeBars(encodeBars(bars))).toEqual(bars);
    }),
  );
});

test("gaps written and read are equal, open ones without an end too", () => {
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 8 }), (gaps) => {
      expect(decodeGaps(encodeGaps(gaps))).toEqual(gaps);
    }),
  );
});

test("refusals written and read are equal, byte for byte", () => {
  fc.assert(
    fc.property(fc.array(refusal, { maxLength: 8 }), (refusals) => {
      expect(decodeRefusals(encodeRefusals(refusals))).toEqual(refusals);
    }),
  );
});

test("a refusal's bytes do not change with the batch they were read from", () => {
  const [value] = fc.sample(refusal, 1);
  if (value === undefined) throw new Error("no sample");
  const batch = encodeRefusals([{ ...value, payload: new Uint8Array([1, 2, 3]) }]);
  const [read] = decodeRefusals(batch);
  batch.bytes.fill(0);
  expect([...(read?.payload ?? [])]).toEqual([1, 2, 3]);
});

test("listings written and read are equal", () => {
  fc.assert(
    fc.property(fc.array(listing, { maxLength: 8 }), (listings) => {
      expect(decodeListings(encodeListings(listings))).toEqual(listings);
    }),
  );
});

test("reading may start at any record", () => {
  const listings = fc.sample(listing, 5);
  expect(decodeListings(encodeListings(listings), 3)).toEqual(listings.slice(3));
});

test("a bar that is not complete is never written", () => {
  const [value] = fc.sample(bar, 1);
  if (value === undefined) throw new Error("no sample");
  expect(() => encodeBars([{ ...value, complete: false }])).toThrow(InternalError);
});

test("values that the schema cannot hold are refused, not bent", () => {
  const [value] = fc.sample(bar, 1);
  if (value === undefined) throw new Error("no sample");
  expect(() => encodeBars([{ ...value, trades: 1.5 }])).toThrow(InternalError);
  expect(() => encodeBars([{ ...value, startUs: 2 ** 60 }])).toThrow(InternalError);
  expect(() => encodeBars([{ ...value, source: 99 }])).toThrow(InternalError);
  expect(() => encodeBars([{ ...value, open: 10n ** 18n }])).toThrow(InternalError);
  expect(() => encodeBars([{ ...value, volume: -(10n ** 38n) }])).toThrow(InternalError);
  expect(() => encodeBars([{ ...value, first: { ...value.first, sequence: 2n ** 63n } }])).toThrow(InternalError);
});

test("a record of another version, or with bytes too few or too many, is refused", () => {
  const [value] = fc.sample(listing, 1);
  if (value === undefined) throw new Error("no sample");
  const record = recordAt(encodeListings([value]), 0);
  expect(() => decodeListings(recordBatchOf([new Uint8Array([7, ...record.subarray(1)])]))).toThrow(/has version 7/);
  expect(() => decodeListings(recordBatchOf([record.subarray(0, -1)]))).toThrow(InternalError);
  expect(() => decodeListings(recordBatchOf([new Uint8Array([...record, 0])]))).toThrow(InternalError);
});

test("after its version byte a record is Avro that any library reads, decimals as big-endian two's complement", () => {
  const [value] = fc.sample(bar, 1);
  if (value === undefined) throw new Error("no sample");
  const record = recordAt(
    encodeBars([
      { ...value, volume: -129n, first: { ...value.first, sequence: 5n }, last: { ...value.last, sequence: 6n } },
    ]),
    0,
  );
  const plain = avsc.Type.forSchema(structuredClone(BAR_SCHEMA) as avsc.Schema);
  const read = plain.fromBuffer(Buffer.from(record.subarray(1)));
  expect(record[0]).toBe(1);
  expect([...read.volume]).toEqual([0xff, 0x7f]);
  expect(read.interval).toBe(value.interval);
  expect(read.first_sequence).toBe(5);
});

test("every event topic has one schema, every field of it a description", () => {
  expect(EVENT_SCHEMAS.map(({ topic }) => topic).sort()).toEqual(Object.values(TOPICS).sort());
  for (const { schema } of EVENT_SCHEMAS) {
    for (const field of schema.fields) expect(field.doc.length, `${schema.name}.${field.name}`).toBeGreaterThan(3);
  }
});

test.each([
  ["trades", TRADE_SCHEMA, TRADES, []],
  ["bars", BAR_SCHEMA, BARS, ["venue", "symbol", "raw_symbol", "unit"]],
  ["gaps", GAP_SCHEMA, GAPS, []],
  ["quarantine", REFUSAL_SCHEMA, QUARANTINE, []],
  ["quality", QUALITY_SCHEMA, QUALITY, ["venue", "symbol", "raw_symbol"]],
  ["quotes' quality", QUOTE_QUALITY_SCHEMA, QUOTE_QUALITY, ["venue", "symbol", "raw_symbol"]],
] as const)(
  "the fields of %s are the columns of their table; what a bar's listing says is not repeated",
  (_name, schema, table, fromListing: readonly string[]) => {
    const own = ["_topic", "_partition", "_offset"];
    const columns = table.columns
      .map((column) => column.name)
      .filter((name) => !own.includes(name) && !fromListing.includes(name));
    const fields = schema.fields.map((field) => field.name).filter((name) => name !== "listing");
    expect([...fields].sort()).toEqual([...columns].sort());
  },
);
