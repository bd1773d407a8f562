import { STORED_SCALE } from "./unit.ts";

/** An Avro schema as plain JSON data. */
export type AvroSchema = string | readonly AvroSchema[] | AvroDefinition;

export interface AvroDefinition {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly default?: string;
  readonly logicalType?: string;
  readonly precision?: number;
  readonly scale?: number;
  /** Not of Avro: "int64" marks longs that need all 64 bits, where a reader must not use a double. */
  readonly range?: "int64";
}

export interface AvroField {
  readonly name: string;
  readonly doc: string;
  readonly type: AvroSchema;
  readonly default?: null | string | number;
}

/** An event: the record that a topic holds. */
export interface EventSchema extends AvroDefinition {
  readonly type: "record";
  readonly name: string;
  readonly namespace: "k2.market";
  readonly doc: string;
  readonly fields: readonly AvroField[];
}

export const TIME: AvroDefinition = { type: "long", logicalType: "timestamp-micros" };
export const INT64: AvroDefinition = { type: "long", range: "int64" };
export const PRICE: AvroDefinition = { type: "bytes", logicalType: "decimal", precision: 18, scale: STORED_SCALE };
export const VOLUME: AvroDefinition = { type: "bytes", logicalType: "decimal", precision: 38, scale: STORED_SCALE };
/** Price × size: the natural notional, whatever the listing's unit. */
export const NOTIONAL: AvroDefinition = {
  type: "bytes",
  logicalType: "decimal",
  precision: 38,
  scale: 2 * STORED_SCALE,
};

export function field(name: string, type: AvroSchema, doc: string): AvroField {
  return { name, type, doc };
}

export function nullable(name: string, type: AvroSchema, doc: string): AvroField {
  return { name, type: ["null", type], default: null, doc };
}

export function symbols(name: string, values: readonly string[], fallback: string): AvroDefinition {
  return { type: "enum", name, symbols: values, default: fallback };
}

/** In the order of SOURCES (trade.ts). A reader that does not know a later one reads `import`. */
export const SOURCE: AvroField = field(
  "source",
  symbols("Source", ["live", "simulated", "replay", "backfill", "import"], "import"),
  "where the row came from; simulated rows say so for ever",
);

export const LISTING_INDEX: AvroField = field("listing", "int", "the listing: its offset in the topic market.listings");
