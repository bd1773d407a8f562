import type { Type } from "../core/types.ts";
import { sqlName, sqlType } from "./duckdb-sql.ts";

/**
 * DuckDB's type of a column that is read. Where it has no type of its own the nearest one that loses nothing:
 * `timestamptz_ns` is a TIMESTAMP_NS in UTC, and a column of type `unknown`, always null, an INTEGER.
 */
export function readType(type: Type): string {
  switch (type.kind) {
    case "timestamptz_ns":
      return "TIMESTAMP_NS";
    case "opaque":
      return type.text === "unknown" ? "INTEGER" : sqlType(type);
    case "struct":
      return `STRUCT(${type.fields.map((field) => `${sqlName(field.name)} ${readType(field.type)}`).join(", ")})`;
    case "list":
      return `${readType(type.element)}[]`;
    case "map":
      return `MAP(${readType(type.key)}, ${readType(type.value)})`;
    default:
      return sqlType(type);
  }
}
