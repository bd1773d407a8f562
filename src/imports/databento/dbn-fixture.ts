import { HEADER_BYTES, LENGTH_UNIT_BYTES } from "./dbn-record.ts";

/** What a made stream begins with; texts are cut to their fields' length. */
export interface FixtureHead {
  readonly version: 1 | 2 | 3;
  readonly dataset?: string;
  /** Databento's number of the schema; 0xffff for none. */
  readonly schema?: number;
  readonly hasSendTimes?: boolean;
  readonly mappings?: readonly (readonly [symbol: string, start: number, end: number, instrument: string])[];
}

/** A field of a record: where it lies, how it is written, and what. */
export type FixtureField = readonly [
  at: number,
  kind: "u8" | "u16" | "u32" | "u64" | "i64" | "text",
  value: number | bigint | string,
];

/** Makes a DBN stream, for tests and benchmarks: as the documentation lays it out, field by field. */
export function dbnStream(head: FixtureHead, records: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([dbnHead(head), ...records]);
}

export function dbnHead({
  version,
  dataset = "GLBX.MDP3",
  schema = 0xffff,
  hasSendTimes = false,
  mappings = [],
}: FixtureHead): Uint8Array {
  const symbolBytes = version === 1 ? 22 : 71;
  const symbols = mappings.map(([symbol]) => text(symbol, symbolBytes));
  const body = Buffer.concat([
    text(dataset, 16),
    number(2, schema),
    number(8, 1n),
    number(8, 0xffff_ffff_ffff_ffffn),
    number(8, 0n),
    ...(version === 1 ? [number(8, 0xffff_ffff_ffff_ffffn)] : []),
    number(1, 1),
    number(1, 0),
    number(1, hasSendTimes ? 1 : 0),
    ...(version === 1 ? [] : [number(2, symbolBytes)]),
    Buffer.alloc(version === 1 ? 47 : 53),
    number(4, 0),
    number(4, symbols.length),
    ...symbols,
    number(4, 0),
    number(4, 0),
    number(4, mappings.length),
    ...mappings.map(([symbol, start, end, instrument]) =>
      Buffer.concat([
        text(symbol, symbolBytes),
        number(4, 1),
        number(4, start),
        number(4, end),
        text(instrument, symbolBytes),
      ]),
    ),
  ]);
  return Buffer.concat([text("DBN", 3), number(1, version), number(4, body.length), body]);
}

export interface FixtureRecord {
  readonly type: number;
  readonly byteLength: number;
  readonly instrument?: number;
  readonly eventTimeNs?: bigint;
  readonly fields?: readonly FixtureField[];
}

export function dbnRecord({
  type,
  byteLength,
  instrument = 1,
  eventTimeNs = 0n,
  fields = [],
}: FixtureRecord): Uint8Array {
  const bytes = Buffer.alloc(Math.max(byteLength, HEADER_BYTES));
  bytes[0] = byteLength / LENGTH_UNIT_BYTES;
  bytes[1] = type;
  bytes.writeUInt16LE(1, 2);
  bytes.writeUInt32LE(instrument, 4);
  bytes.writeBigUInt64LE(eventTimeNs, 8);
  for (const [at, kind, value] of fields) {
    if (kind === "u8") bytes.writeUInt8(typeof value === "string" ? value.charCodeAt(0) : Number(value), at);
    else if (kind === "u16") bytes.writeUInt16LE(Number(value), at);
    else if (kind === "u32") bytes.writeUInt32LE(Number(value), at);
    else if (kind === "u64") bytes.writeBigUInt64LE(BigInt(value), at);
    else if (kind === "i64") bytes.writeBigInt64LE(BigInt(value), at);
    else bytes.write(String(value), at);
  }
  return bytes;
}

export interface FixtureOrder {
  readonly action: string;
  readonly side: string;
  readonly order?: bigint;
  readonly price?: bigint;
  readonly size?: number;
  readonly flags?: number;
  readonly instrument?: number;
  readonly sequence?: number;
  readonly eventTimeNs?: bigint;
}

/** An MBO record. */
export function mboRecord({
  action,
  side,
  order = 0n,
  price = 0x7fff_ffff_ffff_ffffn,
  size = 0,
  flags = 128,
  instrument = 1,
  sequence = 0,
  eventTimeNs = 1_700_000_000_000_000_000n,
}: FixtureOrder): Uint8Array {
  return dbnRecord({
    type: 0xa0,
    byteLength: 56,
    instrument,
    eventTimeNs,
    fields: [
      [16, "u64", order],
      [24, "i64", price],
      [32, "u32", size],
      [36, "u8", flags],
      [38, "u8", action],
      [39, "u8", side],
      [40, "u64", eventTimeNs + 1500n],
      [52, "u32", sequence],
    ],
  });
}

/** A record of the schema trades. */
export function tradeRecord({
  side,
  price = 0x7fff_ffff_ffff_ffffn,
  size = 0,
  ...rest
}: Omit<FixtureOrder, "action">): Uint8Array {
  const { flags = 128, instrument = 1, sequence = 0, eventTimeNs = 1_700_000_000_000_000_000n } = rest;
  return dbnRecord({
    type: 0,
    byteLength: 48,
    instrument,
    eventTimeNs,
    fields: [
      [16, "i64", price],
      [24, "u32", size],
      [28, "u8", "T"],
      [29, "u8", side],
      [30, "u8", flags],
      [32, "u64", eventTimeNs + 1500n],
      [44, "u32", sequence],
    ],
  });
}

function text(value: string, byteLength: number): Buffer {
  const field = Buffer.alloc(byteLength);
  field.write(value);
  return field;
}

function number(byteLength: 1 | 2 | 4 | 8, value: number | bigint): Buffer {
  const field = Buffer.alloc(byteLength);
  if (byteLength === 8) field.writeBigUInt64LE(BigInt(value));
  else field.writeUIntLE(Number(value), 0, byteLength);
  return field;
}
