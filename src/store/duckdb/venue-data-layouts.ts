import {
  type ColumnType,
  SOURCES,
  VENUE_DATA_KINDS,
  VENUE_DATA_TABLES,
  type VenueDataTable,
  venueDataColumns,
} from "../../domain/index.ts";
import { enumType, type Layout, POSITION, system } from "./layout-parts.ts";

/** Tables that are asked by the time of opening; the others by that of the venue's message. */
const START = "start";

/** Rows are whole by themselves: what they say of their listing stands in them. */
function layoutOf({ topic, definition }: VenueDataTable): Layout {
  const time = definition.columns.some(({ name }) => name === START) ? START : "ts_event";
  return {
    topic,
    definition,
    prefix: definition.name,
    columns: [
      ...venueDataColumns(definition).map(
        ({ name, type, required }) => [name, `${storedType(name, type)}${required ? " NOT NULL" : ""}`] as const,
      ),
      ...POSITION,
    ],
    hasListing: false,
    time,
    sealedOrder: `symbol, "${time}"`,
    expressions: system(topic),
  };
}

function storedType(name: string, type: ColumnType): string {
  if (name === "source") return enumType(SOURCES);
  if (type === "string") return "VARCHAR";
  if (type === "long") return "BIGINT";
  return type === "int" ? "INTEGER" : type.toUpperCase();
}

export const VENUE_DATA_LAYOUTS: readonly Layout[] = VENUE_DATA_KINDS.map((kind) => layoutOf(VENUE_DATA_TABLES[kind]));
