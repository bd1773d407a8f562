import { DuckDBDecimalValue, DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import {
  type Cell,
  type ColumnType,
  VENUE_DATA_TABLES,
  type VenueDataKind,
  type VenueDataRow,
  venueDataColumns,
} from "../../domain/index.ts";

/** The kind whose statements a topic holds; undefined for other topics. */
export function venueDataKindOf(topic: string): VenueDataKind | undefined {
  return Object.values(VENUE_DATA_TABLES).find((table) => table.topic === topic)?.kind;
}

/** In the order of the kind's layout. */
export function venueDataValues(
  kind: VenueDataKind,
  row: VenueDataRow,
  position: readonly DuckDBValue[],
): readonly DuckDBValue[] {
  const { definition } = VENUE_DATA_TABLES[kind];
  return [...venueDataColumns(definition).map(({ name, type }) => duckdbValue(row[name] ?? null, type)), ...position];
}

/** What a range of time means of the kind, microseconds. */
export function venueDataTimeUs(kind: VenueDataKind, row: VenueDataRow): number {
  return Number(row[kind === "candle" ? "start" : "ts_event"]);
}

function duckdbValue(cell: Cell, type: ColumnType): DuckDBValue {
  if (typeof cell === "bigint") {
    const [width, scale] = decimalOf(type);
    return new DuckDBDecimalValue(cell, width, scale);
  }
  if (typeof cell !== "number") return cell;
  if (type === "timestamptz") return new DuckDBTimestampTZValue(BigInt(cell));
  return type === "long" ? BigInt(cell) : cell;
}

const decimals = new Map<ColumnType, readonly [width: number, scale: number]>();

function decimalOf(type: ColumnType): readonly [width: number, scale: number] {
  const known = decimals.get(type);
  if (known !== undefined) return known;
  const [width = 18, scale = 8] = (type.match(/\d+/g) ?? []).map(Number);
  decimals.set(type, [width, scale]);
  return [width, scale];
}
