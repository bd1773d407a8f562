import type { Json } from "../core/json.ts";
import type { Literal, Predicate } from "../core/predicate.ts";
import { literalValue } from "../core/predicate.ts";
import { columnNamed, type Schema } from "../core/schema.ts";
import { isPrimitive, type PrimitiveType, type Type, typeText } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { formatValue } from "../core/value-text.ts";
import { LakeUnsupportedError } from "../errors.ts";

/** DuckDB's spelling of types, names, literals and predicates. */
export function sqlType(type: Type): string {
  switch (type.kind) {
    case "boolean":
    case "float":
    case "double":
    case "date":
    case "time":
    case "timestamp":
    case "timestamp_ns":
    case "uuid":
      return type.kind.toUpperCase();
    case "int":
      return "INTEGER";
    case "long":
      return "BIGINT";
    case "timestamptz":
      return "TIMESTAMP WITH TIME ZONE";
    case "string":
      return "VARCHAR";
    case "binary":
    case "fixed":
      return "BLOB";
    case "decimal":
      return `DECIMAL(${type.precision},${type.scale})`;
    case "struct":
      return `STRUCT(${type.fields.map((field) => `${sqlName(field.name)} ${sqlType(field.type)}`).join(", ")})`;
    case "list":
      return `${sqlType(type.element)}[]`;
    case "map":
      return `MAP(${sqlType(type.key)}, ${sqlType(type.value)})`;
    default:
      throw new LakeUnsupportedError(
        `Cannot read or write a column of type ${typeText(type)}: DuckDB has none that holds it exactly`,
      );
  }
}

export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A literal of exactly the type; of a `timestamptz_ns`, which DuckDB has not, the TIMESTAMP_NS in UTC as which it is read. */
export function sqlValue(type: PrimitiveType, value: Value): string {
  if (type.kind === "timestamptz_ns") return sqlValue({ kind: "timestamp_ns" }, value);
  return `CAST(${sqlText(castText(type, value))} AS ${sqlType(type)})`;
}

/** Text that DuckDB casts to the type without loss, whatever its time zone setting. */
export function castText(type: PrimitiveType, value: Value): string {
  if (value instanceof Uint8Array)
    return [...value].map((byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
  const text = formatValue(type, value);
  const isDated = type.kind === "date" || type.kind.startsWith("timestamp");
  if (!isDated || !text.startsWith("-")) {
    return isDated && text.startsWith("0000") ? beforeChrist(text) : text;
  }
  return beforeChrist(text);
}

/** Year 0 is 1 BC: DuckDB writes the era behind the value, and nothing behind the era. */
function beforeChrist(text: string): string {
  const [, year = "0", rest = ""] = /^-?(\d+)(-.*)$/.exec(text) ?? [];
  const christian = 1 + Number(year);
  const [, date = "", clock = ""] = /^(-\d\d-\d\d)(.*)$/.exec(rest) ?? [];
  return `${String(christian).padStart(4, "0")}${date} (BC)${clock.replace("T", " ")}`;
}

/** A default value of Appendix D's JSON form, as text that DuckDB casts to the type. */
export function defaultText(type: Type, json: Json): string {
  if (!isPrimitive(type) || typeof json === "object") {
    throw new LakeUnsupportedError(`Cannot read a column with a default of type ${typeText(type)}`);
  }
  const text = String(json);
  if (type.kind === "double" || type.kind === "float") return text;
  return castText(type, literalValue(type, text));
}

const OPERATORS = { eq: "=", notEq: "<>", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;

export function predicateSql(schema: Schema, predicate: Predicate): string {
  if ("and" in predicate) return joined(schema, predicate.and, " AND ", "true");
  if ("or" in predicate) return joined(schema, predicate.or, " OR ", "false");
  if ("not" in predicate) return `(NOT ${predicateSql(schema, predicate.not)})`;
  const name = sqlName(predicate.column);
  if (!("value" in predicate || "values" in predicate))
    return `(${name} IS ${predicate.is === "null" ? "" : "NOT "}NULL)`;
  const { type } = columnNamed(schema, predicate.column);
  if (!isPrimitive(type)) throw new LakeUnsupportedError(`Cannot compare a column of type ${typeText(type)}`);
  const literal = (each: Literal): string => sqlValue(type, literalValue(type, each));
  if ("value" in predicate) return `(${name} ${OPERATORS[predicate.is]} ${literal(predicate.value)})`;
  if (predicate.values.length === 0) return predicate.is === "in" ? "false" : "true";
  return `(${name} ${predicate.is === "in" ? "IN" : "NOT IN"} (${predicate.values.map(literal).join(", ")}))`;
}

function joined(schema: Schema, parts: readonly Predicate[], operator: string, none: string): string {
  return parts.length === 0 ? none : `(${parts.map((part) => predicateSql(schema, part)).join(operator)})`;
}
