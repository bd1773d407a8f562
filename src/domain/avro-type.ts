import avsc from "avsc";
import type { AvroSchema } from "./schemas.ts";

/** Longs marked `range: "int64"`: read and written as BigInt, so that all 64 bits survive. */
const int64Type = avsc.types.LongType.__with({
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

/** Avro's decimal on bytes: the mantissa as big-endian two's complement, as short as it goes. */
class DecimalBytes extends avsc.types.LogicalType {
  protected override _fromValue(bytes: Buffer): bigint {
    return mantissaFromBytes(bytes);
  }
  protected override _toValue(mantissa: unknown): Buffer | undefined {
    return typeof mantissa === "bigint" ? bytesFromMantissa(mantissa) : undefined;
  }
  protected override _resolve(type: avsc.Type): unknown {
    return avsc.Type.isType(type, "logical:decimal") ? (mantissa: bigint) => mantissa : undefined;
  }
}

/** Big-endian two's complement, up to 16 bytes in K2's events; none is zero. */
export function mantissaFromBytes(bytes: Buffer): bigint {
  const length = bytes.length;
  if (length === 0) return 0n;
  if (length <= 6) return BigInt(bytes.readIntBE(0, length));
  let value = BigInt(bytes.readInt8(0));
  for (let index = 1; index < length; index += 1) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}

/** The shortest big-endian two's complement of a whole number, at least one byte. */
export function bytesFromMantissa(mantissa: bigint): Buffer {
  let length = 1;
  while (BigInt.asIntN(8 * length, mantissa) !== mantissa) length += 1;
  const bytes = Buffer.alloc(length);
  let rest = mantissa;
  for (let index = length - 1; index >= 0; index -= 1) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Compiles a schema of schemas.ts: decimals and `range: "int64"` longs are BigInt mantissas, other longs doubles. */
export function avroType(schema: AvroSchema): avsc.Type {
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, {
    omitRecordMethods: true,
    logicalTypes: { decimal: DecimalBytes },
    typeHook: (part) =>
      typeof part === "object" && "range" in part && part["range"] === "int64" ? int64Type : undefined,
  });
}
