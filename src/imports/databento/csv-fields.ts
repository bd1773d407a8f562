import { parseDecimal, parseInstant, rescaled } from "../../domain/index.ts";
import { PRICE_SCALE, UNDEFINED_PRICE } from "./dbn-record.ts";
import { definitionFields, type FieldKind } from "./definition-layout.ts";
import { RECORD_TYPES } from "./record-types.ts";

/** A column of Databento's CSV, and where it stands in the record. */
export interface CsvField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly at: number;
  /** Files may lack it: nothing that K2 keeps depends on it. */
  readonly isOptional?: boolean;
}

const HEADER: readonly CsvField[] = [
  { name: "publisher_id", kind: "u16", at: 2, isOptional: true },
  { name: "instrument_id", kind: "u32", at: 4 },
  { name: "ts_event", kind: "ts", at: 8 },
];
const TRADE: readonly CsvField[] = [
  { name: "price", kind: "px", at: 16 },
  { name: "size", kind: "u32", at: 24 },
  { name: "action", kind: "char", at: 28 },
  { name: "side", kind: "char", at: 29 },
  { name: "flags", kind: "u8", at: 30, isOptional: true },
  { name: "depth", kind: "u8", at: 31, isOptional: true },
  { name: "ts_recv", kind: "ts", at: 32 },
  { name: "ts_in_delta", kind: "i32", at: 40, isOptional: true },
  { name: "sequence", kind: "u32", at: 44 },
];
const MBO: readonly CsvField[] = [
  { name: "order_id", kind: "u64", at: 16 },
  { name: "price", kind: "px", at: 24 },
  { name: "size", kind: "u32", at: 32 },
  { name: "flags", kind: "u8", at: 36 },
  { name: "channel_id", kind: "u8", at: 37, isOptional: true },
  { name: "action", kind: "char", at: 38 },
  { name: "side", kind: "char", at: 39 },
  { name: "ts_recv", kind: "ts", at: 40 },
  { name: "ts_in_delta", kind: "i32", at: 48, isOptional: true },
  { name: "sequence", kind: "u32", at: 52 },
];
const OHLCV: readonly CsvField[] = [
  { name: "open", kind: "px", at: 16 },
  { name: "high", kind: "px", at: 24 },
  { name: "low", kind: "px", at: 32 },
  { name: "close", kind: "px", at: 40 },
  { name: "volume", kind: "u64", at: 48 },
];
const LEVELS_AT = 48;
const LEVEL_BYTES = 32;

/** Of a sampled quote only the quote and when: the trade before it is not read. */
const BBO: readonly CsvField[] = TRADE.filter(({ name }) => ["flags", "ts_recv", "sequence"].includes(name));

function levels(depth: number): readonly CsvField[] {
  return Array.from({ length: depth }, (_, rank) => {
    const [at, number] = [LEVELS_AT + rank * LEVEL_BYTES, String(rank).padStart(2, "0")];
    const field = (name: string, kind: FieldKind, place: number): CsvField => ({
      name: `${name}_${number}`,
      kind,
      at: at + place,
    });
    return [field("bid_px", "px", 0), field("ask_px", "px", 8), field("bid_sz", "u32", 16), field("ask_sz", "u32", 20)];
  }).flat();
}

const DEFINITION_NEEDED: readonly string[] = ["ts_recv", "raw_symbol", "instrument_class", "security_update_action"];

const FIELDS: ReadonlyMap<number, { readonly bytes: number; readonly fields: readonly CsvField[] }> = new Map([
  [RECORD_TYPES.trade, { bytes: 48, fields: TRADE }],
  [RECORD_TYPES.mbp1, { bytes: 80, fields: [...TRADE, ...levels(1)] }],
  [RECORD_TYPES.mbp10, { bytes: 368, fields: [...TRADE, ...levels(10)] }],
  [RECORD_TYPES.mbo, { bytes: 56, fields: MBO }],
  ...[RECORD_TYPES.bbo1s, RECORD_TYPES.bbo1m].map(
    (type) => [type, { bytes: 80, fields: [...BBO, ...levels(1)] }] as const,
  ),
  ...[RECORD_TYPES.ohlcv1s, RECORD_TYPES.ohlcv1m, RECORD_TYPES.ohlcv1h, RECORD_TYPES.ohlcv1d].map(
    (type) => [type, { bytes: 56, fields: OHLCV }] as const,
  ),
  [
    RECORD_TYPES.definition,
    {
      bytes: 520,
      fields: definitionFields(3).map((field) => ({ ...field, isOptional: !DEFINITION_NEEDED.includes(field.name) })),
    },
  ],
]);

/** What a record of a kind has, in version 3 of DBN; undefined of kinds that K2 does not read out of CSV. */
export function csvFields(type: number): { readonly bytes: number; readonly fields: readonly CsvField[] } | undefined {
  const found = FIELDS.get(type);
  return found === undefined ? undefined : { bytes: found.bytes, fields: [...HEADER, ...found.fields] };
}

const WHOLE: Readonly<
  Record<"u64" | "u32" | "i32" | "u16" | "i16" | "u8" | "i8", readonly [least: bigint, most: bigint]>
> = {
  u64: [0n, 2n ** 64n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  u16: [0n, 65_535n],
  i16: [-32_768n, 32_767n],
  u8: [0n, 255n],
  i8: [-128n, 127n],
};
const NO_TIME = 2n ** 64n - 1n;
const PRICE_END = 2n ** 63n;
const NUMBER = /^-?\d{1,20}$/;
const encoder = new TextEncoder();

/**
 * Writes a cell of a CSV into a record. Prices are decimals where they have a point and whole numbers of 1e-9 where they
 * have none; times are ISO 8601, or nanoseconds where they are digits alone: the two forms that Databento writes.
 *
 * @returns what would be right; undefined when it is written
 */
export function writeCell(text: string, { kind, at }: CsvField, into: DataView): string | undefined {
  if (typeof kind === "number") return writeText(text, kind, at, into);
  if (kind === "px") return writePrice(text, at, into);
  if (kind === "ts") return writeTime(text, at, into);
  if (kind === "char") {
    if (text.length > 1 || text > "~") return "one character";
    into.setUint8(at, text === "" ? 0 : text.charCodeAt(0));
    return undefined;
  }
  return writeWhole(text, kind, at, into);
}

function writeWhole(text: string, kind: keyof typeof WHOLE, at: number, into: DataView): string | undefined {
  const [least, most] = WHOLE[kind];
  const value = NUMBER.test(text) ? BigInt(text) : most + 1n;
  if (value < least || value > most) return `a whole number from ${least} to ${most}`;
  if (kind === "u64") into.setBigUint64(at, value, true);
  else if (kind === "u32" || kind === "i32") into.setUint32(at, Number(BigInt.asUintN(32, value)), true);
  else if (kind === "u16" || kind === "i16") into.setUint16(at, Number(BigInt.asUintN(16, value)), true);
  else into.setUint8(at, Number(BigInt.asUintN(8, value)));
  return undefined;
}

function writePrice(text: string, at: number, into: DataView): string | undefined {
  let value: bigint | undefined = UNDEFINED_PRICE;
  if (NUMBER.test(text)) value = BigInt(text);
  else if (text !== "") value = /^-?\d+\.\d*$/.test(text) ? rescaled(parseDecimal(text), PRICE_SCALE) : undefined;
  if (value === undefined || value >= PRICE_END || value < -PRICE_END)
    return "a price: a decimal with a point and at most nine digits behind it, or a whole number of 1e-9";
  into.setBigInt64(at, value, true);
  return undefined;
}

function writeTime(text: string, at: number, into: DataView): string | undefined {
  let value = NO_TIME;
  if (NUMBER.test(text)) value = BigInt(text);
  else if (text !== "") {
    const instant = parseInstant(text);
    value = instant === undefined ? -1n : BigInt(instant.us) * 1000n + BigInt(instant.nanos);
  }
  if (value < 0n || value > NO_TIME) return "a time: ISO 8601, or nanoseconds since 1970";
  into.setBigUint64(at, value, true);
  return undefined;
}

/** Up to its field's length less the zero that ends it. */
function writeText(text: string, byteLength: number, at: number, into: DataView): string | undefined {
  const bytes = encoder.encode(text);
  if (bytes.byteLength >= byteLength) return `a text of at most ${byteLength - 1} characters`;
  new Uint8Array(into.buffer, into.byteOffset + at, byteLength).fill(0);
  new Uint8Array(into.buffer, into.byteOffset + at, byteLength).set(bytes);
  return undefined;
}
