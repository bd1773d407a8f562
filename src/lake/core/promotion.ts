import { sameType, type Type } from "./types.ts";

const PROMOTIONS_V3_DATE: ReadonlySet<string> = new Set(["timestamp", "timestamp_ns"]);

/**
 * Whether a column of one type may become the other, with every value kept and no file written anew.
 *
 * @see https://iceberg.apache.org/spec/#schema-evolution
 */
export function mayPromote(from: Type, to: Type, formatVersion: number): boolean {
  if (sameType(from, to)) return true;
  switch (from.kind) {
    case "int":
      return to.kind === "long";
    case "float":
      return to.kind === "double";
    case "decimal":
      return to.kind === "decimal" && to.scale === from.scale && to.precision > from.precision;
    case "date":
      return formatVersion >= 3 && PROMOTIONS_V3_DATE.has(to.kind);
    case "opaque":
      return (
        formatVersion >= 3 && from.text === "unknown" && to.kind !== "struct" && to.kind !== "list" && to.kind !== "map"
      );
    default:
      return false;
  }
}
