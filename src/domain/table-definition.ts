/**
 * The tables of K2, defined once: the lake makes its Iceberg schemas from this, the store its DuckDB tables,
 * the API and `k2 tables` their descriptions. Field ids are for ever: a column is added with the next id, never renumbered.
 */
export interface TableDefinition {
  readonly namespace: "bronze" | "silver" | "gold" | "ops";
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly ColumnDefinition[];
  readonly partition: readonly PartitionDefinition[];
  /** Rows of a file are in this order, ascending, nulls first. */
  readonly sort: readonly string[];
}

export interface ColumnDefinition {
  /** Iceberg field id. */
  readonly id: number;
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
  readonly doc: string;
}

export type ColumnType = "string" | "int" | "long" | "timestamptz" | "binary" | `decimal(${number},${number})`;

export interface PartitionDefinition {
  readonly column: string;
  readonly transform: "identity" | "day";
}

/** A column as the tables below name it: its id follows from its place. */
export type ColumnSpec = readonly [name: string, type: ColumnType, doc: string, nullable?: "nullable"];

/** Columns numbered from 1 in the order given. */
export function columns(...specs: readonly ColumnSpec[]): readonly ColumnDefinition[] {
  return specs.map(([name, type, doc, nullable], index) => ({
    id: index + 1,
    name,
    type,
    required: nullable === undefined,
    doc,
  }));
}

/** On every row that came through the event log. */
export const SYSTEM: readonly ColumnSpec[] = [
  ["source", "string", "live, simulated, replay, backfill or import"],
  ["_topic", "string", "event log topic of the row"],
  ["_partition", "int", "partition in it"],
  ["_offset", "long", "offset in it; with topic and partition, the row's identity in the log"],
];

/** What a row says of its listing. */
export const LISTING: readonly ColumnSpec[] = [
  ["venue", "string", "market with its own trade ids, such as binance or binance-usdm"],
  ["symbol", "string", "canonical instrument id, such as BTC-USDT-SPOT"],
  ["raw_symbol", "string", "the venue's own symbol"],
];
