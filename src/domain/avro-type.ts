import { createRequire } from "node:module";
import type avsc from "avsc";
import type { AvroSchema } from "./schema-fields.ts";

/** avsc and the types that we add to its own; loaded with the first schema, so that threads without one do not hold it. */
interface Types {
  readonly forSchema: typeof avsc.Type.forSchema;
  readonly int64: avsc.Type;
  readonly Decimal: new (schema: avsc.Schema, options?: unknown) => avsc.types.LogicalType;
}

let loaded: Types | undefined;

function load(): Types {
  const { Type, types } = createRequire(import.meta.url)("avsc") as typeof avsc;
  return { forSchema: Type.forSchema.bind(Type), int64: int64Type(types), Decimal: decimalBytes(types) };
}

/** Longs marked `range: "int64"`: read and written as BigInt, so that all 64 bits survive. */
function int64Type({ LongType }: typeof avsc.types): avsc.Type {
  return LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer(value: bigint) {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64LE(value);
      return buffer;
    },
    fromJSON: (value: number | string) => BigInt(value),
    toJSON: (value: bigint) => Number(value),
    isValid: (value: unknown) => typeof value === "bigint" && BigInt.asIntN(64, value) === value,
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  });
}

/** Avro's decimal on bytes: the mantissa as big-endian two's complement, as short as it goes, within the precision. */
function decimalBytes({ LogicalType }: typeof avsc.types): Types["Decimal"] {
  return class DecimalBytes extends LogicalType {
    readonly #limit: bigint;

    constructor(schema: avsc.Schema, options?: unknown) {
      super(schema, options);
      this.#limit = 10n ** BigInt((schema as { readonly precision?: number }).precision ?? 0);
    }
    protected override _fromValue(bytes: Buffer): bigint {
      return mantissaFromBytes(bytes);
    }
    /** Undefined where the value is not of the type, which avsc then refuses. */
    protected override _toValue(mantissa: unknown): Buffer | undefined {
      if (typeof mantissa !== "bigint" || mantissa >= this.#limit || mantissa <= -this.#limit) return undefined;
      return bytesFromMantissa(mantissa);
    }
  };
}

function mantissaFromBytes(bytes: Buffer): bigint {
  const { length } = bytes;
  if (length === 0) return 0n;
  if (length <= 6) return BigInt(bytes.readIntBE(0, length));
  const low = BigInt(bytes.readUIntBE(length - 6, 6));
  return (mantissaFromBytes(bytes.subarray(0, length - 6)) << 48n) | low;
}

const scratch = Buffer.alloc(16);

/** @param mantissa below 2^127 in magnitude, as every decimal of 38 digits is */
function bytesFromMantissa(mantissa: bigint): Buffer {
  const short = BigInt.asIntN(64, mantissa) === mantissa;
  if (!short) scratch.writeBigInt64BE(mantissa >> 64n, 0);
  scratch.writeBigUInt64BE(BigInt.asUintN(64, mantissa), 8);
  const filler = mantissa < 0n ? 0xff : 0;
  let start = short ? 8 : 0;
  while (start < 15 && scratch[start] === filler && ((scratch[start + 1] ?? 0) ^ filler) < 0x80) start += 1;
  const bytes = Buffer.allocUnsafe(16 - start);
  scratch.copy(bytes, 0, start);
  return bytes;
}

/** Compiles a schema of schemas.ts: decimals and `range: "int64"` longs are BigInt mantissas, other longs doubles. */
export function avroType(schema: AvroSchema): avsc.Type {
  loaded ??= load();
  const { forSchema, int64, Decimal } = loaded;
  return forSchema(structuredClone(schema) as avsc.Schema, {
    omitRecordMethods: true,
    logicalTypes: { decimal: Decimal },
    typeHook: (part) => (typeof part === "object" && "range" in part && part["range"] === "int64" ? int64 : undefined),
  });
}
