import { type ColumnType, type Listing, TABLES, type TableDefinition } from "../domain/index.ts";
import { LATENCY_ATLAS_VIEW } from "./latency-atlas.ts";
import type { Sources } from "./sources.ts";
import { naturalView, VENUE_DATA_VIEWS } from "./venue-data/venue-data-views.ts";

/*
 * What a session of `sql()` sees: silver.trades and the other tables as they are defined, and for people
 * `trades`, `bars` and `listings` with natural values, and `ops.latency_atlas`.
 */

/** SQL that makes the views of `tables`, over sources that must stay open while they are used; those not in `read` are empty. */
export async function sessionViews(
  tables: readonly TableDefinition[],
  sources: Sources,
  listings: readonly Listing[],
  read: ReadonlySet<TableDefinition>,
): Promise<string> {
  const schemas = new Set(TABLES.map(({ namespace }) => namespace));
  const statements = [...schemas].map((namespace) => `CREATE SCHEMA ${namespace}`);
  for (const table of tables) {
    const relation = (read.has(table) ? await sources.relation(table) : undefined) ?? emptyRelation(table);
    statements.push(`CREATE VIEW ${table.namespace}.${table.name} AS SELECT * FROM ${relation}`);
  }
  const names = new Set(tables.map(({ name }) => name));
  const largestUnit = Math.max(0, ...listings.map(({ unitExponent }) => unitExponent));
  if (names.has("trades")) statements.push(`CREATE VIEW trades AS ${naturalTrades(largestUnit)}`);
  if (names.has("bars")) statements.push(`CREATE VIEW bars AS ${naturalBars(largestUnit)}`);
  if (names.has("quality")) statements.push(LATENCY_ATLAS_VIEW);
  for (const [name, view] of Object.entries(VENUE_DATA_VIEWS)) {
    if (names.has(name)) statements.push(`CREATE VIEW ${name} AS ${naturalView(view)}`);
  }
  statements.push(`CREATE VIEW listings AS ${listingsView(listings)}`, ...MACROS);
  return statements.join(";\n");
}

/**
 * DuckDB keeps the product of two decimals of up to 18 digits in 18 digits, which overflows; one wide factor makes it
 * exact, or an error where even 38 digits do not do.
 */
const MACROS = [
  "CREATE MACRO notional(price, size) AS price * CAST(size AS DECIMAL(38,8))",
  "CREATE MACRO vwap(price, size) AS sum(price * CAST(size AS DECIMAL(38,8))) / nullif(sum(size), 0)",
];

/** Natural price = stored ÷ unit; size = stored × unit; the notional is the same in both. Exact: by multiplication. */
function naturalTrades(largestUnit: number): string {
  return `SELECT venue, symbol, raw_symbol, trade_id, ${price("price", largestUnit)} AS price, ${size("size", largestUnit)} AS size,
    price * CAST(size AS DECIMAL(38,8)) AS notional, side, ts_event AS "time", ts_event_nanos AS time_nanos,
    ts_recv AS received, executions, flags, source FROM silver.trades`;
}

function naturalBars(largestUnit: number): string {
  const prices = ["open", "high", "low", "close"].map((name) => `${price(name, largestUnit)} AS ${name}`);
  const sizes = ["volume", "buy_volume", "sell_volume"].map((name) => `${size(name, largestUnit)} AS ${name}`);
  return `SELECT venue, symbol, raw_symbol, "interval", "start", ${prices.join(", ")}, ${sizes.join(", ")}, quote_volume,
    CAST(quote_volume AS DOUBLE) / nullif(CAST(volume AS DOUBLE) * unit, 0) AS vwap, trades, revision, known_at, cause, source
    FROM gold.bars QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "interval", "start" ORDER BY revision DESC) = 1`;
}

function price(name: string, largestUnit: number): string {
  if (largestUnit === 0) return name;
  const whens = unitsUpTo(largestUnit).map(
    (exponent) => `WHEN ${10 ** exponent} THEN 1e-${exponent}::DECIMAL(${largestUnit + 1},${largestUnit})`,
  );
  return `CAST(${name} AS DECIMAL(${37 - largestUnit},8)) * (CASE unit ${whens.join(" ")} END)`;
}

function size(name: string, largestUnit: number): string {
  return largestUnit === 0 ? name : `CAST(${name} AS DECIMAL(38,8)) * CAST(unit AS DECIMAL(18,0))`;
}

function unitsUpTo(largest: number): readonly number[] {
  return Array.from({ length: largest + 1 }, (_, exponent) => exponent);
}

function listingsView(listings: readonly Listing[]): string {
  const columns = "(venue, symbol, raw_symbol, unit)";
  if (listings.length === 0) return `SELECT * FROM (VALUES ('', '', '', 1::BIGINT)) AS listing${columns} WHERE false`;
  const rows = listings.map(
    ({ venue, symbol, rawSymbol, unitExponent }) =>
      `(${[venue, symbol, rawSymbol].map(text).join(", ")}, ${10 ** unitExponent}::BIGINT)`,
  );
  return `SELECT * FROM (VALUES ${rows.join(", ")}) AS listing${columns}`;
}

function emptyRelation({ columns }: TableDefinition): string {
  return `(SELECT ${columns.map(({ name, type }) => `NULL::${duckdbType(type)} AS "${name}"`).join(", ")} WHERE false)`;
}

/** DuckDB's name of a column type. */
export function duckdbType(type: ColumnType): string {
  switch (type) {
    case "string":
      return "VARCHAR";
    case "int":
      return "INTEGER";
    case "long":
      return "BIGINT";
    case "timestamptz":
      return "TIMESTAMP WITH TIME ZONE";
    case "binary":
      return "BLOB";
    default:
      return type.toUpperCase();
  }
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
