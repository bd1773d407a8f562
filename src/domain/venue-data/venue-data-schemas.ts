import { type AvroField, type AvroSchema, type EventSchema, field, nullable, SOURCE, TIME } from "../schema-fields.ts";
import type { ColumnDefinition, ColumnType, TableDefinition } from "../table-definition.ts";
import { CANDLES, TICKERS } from "../tables.ts";
import { type EventTopic, TOPICS } from "../topics.ts";
import type { VenueDataKind } from "./venue-data-records.ts";
import { FUNDING, LIQUIDATIONS, STATUS } from "./venue-data-tables.ts";

/** Where the statements of one kind go. The event's fields are the table's columns: one list says both. */
export interface VenueDataTable {
  readonly kind: VenueDataKind;
  readonly topic: EventTopic;
  readonly definition: TableDefinition;
  readonly schema: EventSchema;
}

const IN_THE_LOG: ReadonlySet<string> = new Set(["_topic", "_partition", "_offset"]);

/** The columns that a row has of itself, in their order: what it says, then where it came from. */
export function venueDataColumns({ columns }: TableDefinition): readonly ColumnDefinition[] {
  return columns.filter(({ name }) => !IN_THE_LOG.has(name));
}

function schemaOf(name: string, definition: TableDefinition): EventSchema {
  const fields = venueDataColumns(definition).map(fieldOf);
  return { type: "record", name, namespace: "k2.market", doc: definition.doc, fields };
}

function fieldOf({ name, type, doc, required }: ColumnDefinition): AvroField {
  if (name === "source") return SOURCE;
  return required ? field(name, avroOf(type), doc) : nullable(name, avroOf(type), doc);
}

function avroOf(type: ColumnType): AvroSchema {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined)
    return { type: "bytes", logicalType: "decimal", precision: Number(precision), scale: Number(scale) };
  if (type === "timestamptz") return TIME;
  return type === "binary" ? "bytes" : type;
}

function table(kind: VenueDataKind, name: string, topic: EventTopic, definition: TableDefinition): VenueDataTable {
  return { kind, topic, definition, schema: schemaOf(name, definition) };
}

/** By kind, in the order of VENUE_DATA_KINDS. */
export const VENUE_DATA_TABLES: Readonly<Record<VenueDataKind, VenueDataTable>> = {
  ticker: table("ticker", "Ticker", TOPICS.tickers, TICKERS),
  candle: table("candle", "Candle", TOPICS.candles, CANDLES),
  funding: table("funding", "Funding", TOPICS.funding, FUNDING),
  liquidation: table("liquidation", "Liquidation", TOPICS.liquidations, LIQUIDATIONS),
  status: table("status", "Status", TOPICS.status, STATUS),
};
