import { InvalidInputError } from "../../base/index.ts";
import { LakeUnsupportedError } from "../errors.ts";
import { civilFromDays, floorDivide } from "./calendar.ts";
import { murmur3 } from "./murmur3.ts";
import { encodeUnscaled, encodeValue, uuidBytes } from "./single-value.ts";
import { type PrimitiveType, typeText } from "./types.ts";
import type { Value } from "./value.ts";

/** How a partition or sort value is made from a column's. @see https://iceberg.apache.org/spec/#partition-transforms */
export type Transform =
  | { readonly kind: "identity" | "year" | "month" | "day" | "hour" | "void" }
  | { readonly kind: "bucket"; readonly buckets: number }
  | { readonly kind: "truncate"; readonly width: number }
  /** Of a later format version: kept word for word; files are never pruned by it and never written with it. */
  | { readonly kind: "opaque"; readonly text: string };

const PLAIN = /^(identity|year|month|day|hour|void)$/;
const WITH_NUMBER = /^(bucket|truncate)\[(\d+)\]$/;

export function parseTransform(text: string): Transform {
  const word = text.toLowerCase();
  const plain = PLAIN.exec(word);
  if (plain !== null) return { kind: plain[1] as "identity" };
  const [, kind, number] = WITH_NUMBER.exec(word) ?? [];
  const size = Number(number);
  if (kind !== undefined && size >= 1 && size <= 0x7fff_ffff) {
    return kind === "bucket" ? { kind, buckets: size } : { kind: "truncate", width: size };
  }
  return { kind: "opaque", text };
}

export function transformText(transform: Transform): string {
  switch (transform.kind) {
    case "bucket":
      return `bucket[${transform.buckets}]`;
    case "truncate":
      return `truncate[${transform.width}]`;
    case "opaque":
      return transform.text;
    default:
      return transform.kind;
  }
}

const CALENDAR: ReadonlySet<string> = new Set(["date", "timestamp", "timestamptz", "timestamp_ns", "timestamptz_ns"]);
const TRUNCATED: ReadonlySet<string> = new Set(["int", "long", "decimal", "string", "binary"]);
const UNHASHED: ReadonlySet<string> = new Set(["boolean", "float", "double", "opaque"]);

export function transformAccepts(transform: Transform, source: PrimitiveType): boolean {
  switch (transform.kind) {
    case "identity":
      return source.kind !== "opaque";
    case "void":
    case "opaque":
      return true;
    case "bucket":
      return !UNHASHED.has(source.kind);
    case "truncate":
      return TRUNCATED.has(source.kind);
    case "hour":
      return CALENDAR.has(source.kind) && source.kind !== "date";
    default:
      return CALENDAR.has(source.kind);
  }
}

/** Type of the transform's results. Days are dates, as every implementation writes them, though the text says int. */
export function transformResult(transform: Transform, source: PrimitiveType): PrimitiveType {
  switch (transform.kind) {
    case "day":
      return { kind: "date" };
    case "bucket":
    case "year":
    case "month":
    case "hour":
      return { kind: "int" };
    default:
      return source;
  }
}

/** @throws {LakeUnsupportedError} for a transform of a later format version */
export function applyTransform(transform: Transform, source: PrimitiveType, value: Value): Value | undefined {
  switch (transform.kind) {
    case "identity":
      return value;
    case "void":
      return undefined;
    case "bucket":
      return BigInt((hashValue(source, value) & 0x7fff_ffff) % transform.buckets);
    case "truncate":
      return truncateValue(source, value, transform.width);
    case "opaque":
      throw new LakeUnsupportedError(`Cannot apply the partition transform ${transform.text}: it is not known here`);
    default:
      return calendarPart(transform.kind, source, value as bigint);
  }
}

/** The 32-bit hash of the bucket transform. */
export function hashValue(type: PrimitiveType, value: Value): number {
  switch (type.kind) {
    case "boolean":
      return murmur3(encodeValue({ kind: "long" }, value ? 1n : 0n));
    case "float":
    case "double":
      return murmur3(encodeValue({ kind: "double" }, (value as number) + 0)); // −0 + 0 is +0.
    case "decimal":
      return murmur3(encodeUnscaled(value as bigint));
    case "uuid":
      return murmur3(uuidBytes(value as string));
    case "string":
    case "fixed":
    case "binary":
      return murmur3(encodeValue(type, value));
    case "timestamp_ns":
    case "timestamptz_ns": // Hashed as microseconds, so that both kinds of timestamp share their buckets.
      return murmur3(encodeValue({ kind: "long" }, floorDivide(value as bigint, 1_000n)));
    case "opaque":
      throw new InvalidInputError(`Cannot hash a value of type ${typeText(type)}`);
    default:
      return murmur3(encodeValue({ kind: "long" }, value));
  }
}

function truncateValue(source: PrimitiveType, value: Value, width: number): Value {
  if (typeof value === "bigint") return wrapped(source, floorDivide(value, BigInt(width)) * BigInt(width));
  if (typeof value === "string") return truncateText(value, width);
  if (value instanceof Uint8Array) return value.subarray(0, width);
  throw new InvalidInputError(`Cannot truncate a value of type ${typeText(source)}`);
}

/**
 * Where the least whole numbers are cut off below what their type holds, they begin again at its other end: so Java, whose
 * arithmetic does, and who writes and looks for them there.
 */
function wrapped(source: PrimitiveType, value: bigint): bigint {
  const bits = source.kind === "int" ? 32 : source.kind === "long" ? 64 : undefined;
  return bits === undefined || value >= -(1n << BigInt(bits - 1)) ? value : BigInt.asIntN(bits, value);
}

/**
 * The partition of those whole numbers which {@link applyTransform} cuts off below the least of their type; undefined where
 * there are none, since the width divides it.
 */
export function wrappedPartition(source: PrimitiveType, width: number): bigint | undefined {
  if (source.kind !== "int" && source.kind !== "long") return undefined;
  const least = source.kind === "int" ? -(1n << 31n) : -(1n << 63n);
  return least % BigInt(width) === 0n ? undefined : (truncateValue(source, least, width) as bigint);
}

/** The first `codePoints` code points. */
export function truncateText(text: string, codePoints: number): string {
  if (text.length <= codePoints) return text;
  let end = 0;
  for (let taken = 0; taken < codePoints && end < text.length; taken += 1) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

function calendarPart(part: "year" | "month" | "day" | "hour", source: PrimitiveType, value: bigint): bigint {
  const hour = hoursLength(source);
  if (part === "hour") return floorDivide(value, hour);
  const days = source.kind === "date" ? value : floorDivide(value, hour * 24n);
  if (part === "day") return days;
  const { year, month } = civilFromDays(days);
  return part === "year" ? year - 1970n : (year - 1970n) * 12n + month - 1n;
}

function hoursLength(source: PrimitiveType): bigint {
  return source.kind === "timestamp_ns" || source.kind === "timestamptz_ns" ? 3_600_000_000_000n : 3_600_000_000n;
}

/** Hive-style folder text of a partition value, as other writers spell it: 2024-01-31, 2024-01, 2024-01-31-05. */
export function partitionText(
  transform: Transform,
  result: PrimitiveType,
  value: Value,
  format: (type: PrimitiveType, value: Value) => string,
): string {
  switch (transform.kind) {
    case "year":
      return String((value as bigint) + 1970n).padStart(4, "0");
    case "month": {
      const year = floorDivide(value as bigint, 12n);
      return `${String(year + 1970n).padStart(4, "0")}-${String((value as bigint) - year * 12n + 1n).padStart(2, "0")}`;
    }
    case "hour": {
      const day = floorDivide(value as bigint, 24n);
      return `${format({ kind: "date" }, day)}-${String((value as bigint) - day * 24n).padStart(2, "0")}`;
    }
    default:
      return format(result, value);
  }
}
