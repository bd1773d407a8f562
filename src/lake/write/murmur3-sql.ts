import type { PrimitiveType } from "../core/types.ts";
import { decimalSql, microsSql } from "./value-sql.ts";

const MASK = "4294967295";

/**
 * The 32-bit hash of the bucket transform, of a value that is not null, as an unsigned number in DuckDB's SQL. Products of
 * two 32-bit numbers fit 64 bits without a sign, so nothing overflows.
 *
 * @param name the column, quoted
 * @see https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements
 */
export function hashSql(name: string, source: PrimitiveType): string {
  switch (source.kind) {
    case "string":
      return hexHashSql(`hex(encode(${name}))`);
    case "binary":
    case "fixed":
      return hexHashSql(`hex(${name})`);
    case "uuid":
      return hexHashSql(`upper(replace(CAST(${name} AS VARCHAR), '-', ''))`);
    case "decimal":
      return hexHashSql(unscaledHexSql(name, source.scale));
    case "timestamp_ns":
    case "timestamptz_ns": // Hashed as microseconds, rounded down.
      return longHashSql(bound(microsSql(name, source), (ns) => `(${ns} // 1000 - CAST(${ns} % 1000 < 0 AS BIGINT))`));
    default:
      return longHashSql(microsSql(name, source));
  }
}

/** Of eight bytes, least significant first. */
function longHashSql(value: string): string {
  const low = `CAST(${value} & ${MASK} AS UBIGINT)`;
  const high = `CAST((${value} >> 32) & ${MASK} AS UBIGINT)`;
  return finishSql(stepSql(stepSql("0::UBIGINT", low), high), "8::UBIGINT");
}

/** Of bytes given as hexadecimal text. */
function hexHashSql(hex: string): string {
  const blocks = `list_transform(range(0, length(h) // 8), lambda i: ${wordSql("h", "i * 8 + 1")})`;
  const hash = `list_reduce(list_prepend(0::UBIGINT, ${blocks}), lambda a, b: ${stepSql("a", "b")})`;
  // The last bytes, fewer than four, with zeros behind; of none it is 0, and changes nothing.
  const tail = wordSql("rpad(substr(h, length(h) - length(h) % 8 + 1), 8, '0')", "1");
  const whole = finishSql(`xor(${hash}, ${mixSql(tail)})`, "CAST(length(h) // 2 AS UBIGINT)");
  return `list_transform([${hex}], lambda h: ${whole})[1]`;
}

/** Four bytes of hexadecimal text from `at`, least significant first. */
function wordSql(hex: string, at: string): string {
  const bytes = [6, 4, 2, 0].map((offset) => `substr(${hex}, ${at} + ${offset}, 2)`);
  return `CAST('0x' || ${bytes.join(" || ")} AS UBIGINT)`;
}

function mixSql(block: string): string {
  return bound(`(${block} * 3432918353) & ${MASK}`, (x) => `(${rotateSql(x, 15)} * 461845907) & ${MASK}`);
}

function stepSql(hash: string, block: string): string {
  return bound(`xor(${hash}, ${mixSql(block)})`, (x) => `(${rotateSql(x, 13)} * 5 + 3864292196) & ${MASK}`);
}

function finishSql(hash: string, byteLength: string): string {
  const first = bound(`xor(${hash}, ${byteLength})`, (x) => `(xor(${x}, ${x} >> 16) * 2246822507) & ${MASK}`);
  const second = bound(first, (x) => `(xor(${x}, ${x} >> 13) * 3266489909) & ${MASK}`);
  return bound(second, (x) => `xor(${x}, ${x} >> 16)`);
}

function rotateSql(value: string, bits: number): string {
  return `(((${value} << ${bits}) & ${MASK}) | (${value} >> ${32 - bits}))`;
}

let depth = 0;

/** Names a value that is used more than once, which SQL expressions have no other way for. */
export function bound(value: string, use: (name: string) => string): string {
  depth += 1;
  const name = `v${depth}`;
  const sql = `list_transform([${value}], lambda ${name}: ${use(name)})[1]`;
  depth -= 1;
  return sql;
}

/** The unscaled value in as few bytes as hold it in two's complement, most significant first. */
function unscaledHexSql(name: string, scale: number): string {
  const inverted = "translate(lpad(m, n, '0'), '0123456789ABCDEF', 'FEDCBA9876543210')";
  const digits =
    "CAST(CASE WHEN length(m) % 2 = 1 THEN length(m) + 1 WHEN m[1] >= '8' THEN length(m) + 2 ELSE length(m) END AS INTEGER)";
  // A negative value's bytes are those of its complement, inverted.
  return (
    `list_transform([${decimalSql(name, scale)}], lambda u: ` +
    "list_transform([hex(CASE WHEN u < 0 THEN -(u + 1) ELSE u END)], lambda m: " +
    `list_transform([${digits}], lambda n: CASE WHEN u < 0 THEN ${inverted} ELSE lpad(m, n, '0') END)[1])[1])[1]`
  );
}
