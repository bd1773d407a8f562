import type { EventTopic, TableDefinition } from "../../domain/index.ts";

/** How one event topic lies in DuckDB: tables of the same columns (segments), and how a row of the definition is read. */
export interface Layout {
  readonly topic: EventTopic;
  readonly definition: TableDefinition;
  /** Segments are named `<prefix>_<number>`. */
  readonly prefix: string;
  /** Column name and DuckDB type, in the order of appending. */
  readonly columns: readonly (readonly [name: string, type: string])[];
  /** Rows carry a listing's number; its text and unit come from the table `listings` as `l`. */
  readonly hasListing: boolean;
  /** The stored column that RelationFilter's times mean. */
  readonly time: string;
  /** Order within a sealed segment. */
  readonly sealedOrder: string;
  /** SQL for each column of the definition that is not a stored column of the same name; `r` is the row. */
  readonly expressions: Readonly<Record<string, string>>;
}

export const POSITION = [
  ["partition", "USMALLINT NOT NULL"],
  ["offset", "BIGINT NOT NULL"],
] as const;

/** What the listing `l` of a row says. */
export const LISTING_TEXT: Readonly<Record<string, string>> = {
  venue: "l.venue",
  symbol: "l.symbol",
  raw_symbol: "l.raw_symbol",
  unit: "l.unit",
};
export const RAW_POSITION: Readonly<Record<string, string>> = {
  _raw_partition: "r.raw_partition::INTEGER",
  _raw_offset: "r.raw_offset",
};

export function system(topic: string): Readonly<Record<string, string>> {
  return {
    source: "r.source::VARCHAR",
    _topic: `'${topic}'`,
    _partition: "r.partition::INTEGER",
    _offset: 'r."offset"',
  };
}

export function enumType(values: readonly string[]): string {
  return `ENUM(${values.map((value) => `'${value}'`).join(",")})`;
}
