import fc from "fast-check";
import type { PrimitiveType } from "./types.ts";
import type { Value } from "./value.ts";

/** Any primitive type whose values are read here. */
export const anyType: fc.Arbitrary<PrimitiveType> = fc.oneof(
  fc
    .constantFrom<
      | "boolean"
      | "int"
      | "long"
      | "float"
      | "double"
      | "date"
      | "time"
      | "timestamp"
      | "timestamptz"
      | "timestamp_ns"
      | "timestamptz_ns"
      | "string"
      | "uuid"
      | "binary"
    >(
      "boolean",
      "int",
      "long",
      "float",
      "double",
      "date",
      "time",
      "timestamp",
      "timestamptz",
      "timestamp_ns",
      "timestamptz_ns",
      "string",
      "uuid",
      "binary",
    )
    .map((kind): PrimitiveType => ({ kind })),
  fc.integer({ min: 1, max: 20 }).map((length): PrimitiveType => ({ kind: "fixed", length })),
  fc
    .integer({ min: 1, max: 38 })
    .chain((precision) =>
      fc.integer({ min: 0, max: precision }).map((scale): PrimitiveType => ({ kind: "decimal", precision, scale })),
    ),
);

/** Any value of the type, with many near zero and at the ends. Floats may be NaN, −0 and infinite. */
export function anyValue(type: PrimitiveType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "boolean":
      return fc.boolean();
    case "int":
      return within(-(2n ** 31n), 2n ** 31n - 1n);
    case "date":
      return within(-719_528n, 2_932_896n); // Years 0 to 9999.
    case "time":
      return within(0n, 86_399_999_999n);
    case "timestamp":
    case "timestamptz":
      return within(-62_000_000_000_000_000n, 253_402_300_799_999_999n);
    case "float":
      return fc.float();
    case "double":
      return fc.double();
    case "decimal":
      return within(1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n);
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 24 });
    case "uuid":
      return fc.uuid();
    case "fixed":
      return fc.uint8Array({ minLength: type.length, maxLength: type.length });
    case "binary":
      return fc.uint8Array({ maxLength: 24 });
    default:
      return within(-(2n ** 63n), 2n ** 63n - 1n);
  }
}

function within(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  const near = { min: min > -100n ? min : -100n, max: max < 100n ? max : 100n };
  return fc.oneof(fc.bigInt({ min, max }), fc.bigInt(near), fc.constantFrom(min, max));
}
