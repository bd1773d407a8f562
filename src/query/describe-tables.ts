import { TABLES } from "../domain/index.ts";
import { duckdbType } from "./session-views.ts";
import { describeVenueDataViews } from "./venue-data/venue-data-views.ts";

export interface TableDescription {
  /** As `sql()` knows it: silver.trades, or trades. */
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly doc: string }[];
}

/** Views for people, beside the tables: natural values. */
const VIEWS: readonly TableDescription[] = [
  {
    name: "trades",
    doc: "silver.trades with natural prices and sizes, and their product",
    columns: view(
      ["venue", "VARCHAR", "market with its own trade ids"],
      ["symbol", "VARCHAR", "canonical instrument id"],
      ["raw_symbol", "VARCHAR", "the venue's own symbol"],
      ["trade_id", "VARCHAR", "the venue's id"],
      ["price", "DECIMAL", "quote currency per unit of base"],
      ["size", "DECIMAL", "base currency"],
      ["notional", "DECIMAL(38,16)", "price × size, exact"],
      ["side", "VARCHAR", "aggressor: buy, sell or unknown"],
      ["time", "TIMESTAMP WITH TIME ZONE", "venue clock"],
      ["time_nanos", "INTEGER", "nanoseconds beyond time"],
      ["received", "TIMESTAMP WITH TIME ZONE", "our clock"],
      ["executions", "INTEGER", "1 unless aggregated"],
      ["flags", "VARCHAR", "names joined by commas"],
      ["source", "VARCHAR", "live, simulated, replay, backfill or import"],
    ),
  },
  {
    name: "bars",
    doc: "The latest revision of each closed bar of gold.bars, with natural values and vwap",
    columns: view(
      ["venue", "VARCHAR", "market"],
      ["symbol", "VARCHAR", "canonical instrument id"],
      ["raw_symbol", "VARCHAR", "the venue's own symbol"],
      ["interval", "VARCHAR", "1s, 1m, 5m, 15m, 30m, 1h, 4h or 1d"],
      ["start", "TIMESTAMP WITH TIME ZONE", "opening time"],
      ["open", "DECIMAL", "first price"],
      ["high", "DECIMAL", "highest price"],
      ["low", "DECIMAL", "lowest price"],
      ["close", "DECIMAL", "last price"],
      ["volume", "DECIMAL", "base currency"],
      ["buy_volume", "DECIMAL", "volume whose aggressor bought"],
      ["sell_volume", "DECIMAL", "volume whose aggressor sold"],
      ["quote_volume", "DECIMAL(38,16)", "quote currency, exact"],
      ["vwap", "DOUBLE", "quote_volume ÷ volume, rounded"],
      ["trades", "BIGINT", "executions"],
      ["revision", "INTEGER", "from 0; one more each time the bar was corrected"],
      ["known_at", "TIMESTAMP WITH TIME ZONE", "when this revision became known"],
      ["cause", "VARCHAR", "closed, late or rederived"],
      ["source", "VARCHAR", "live, simulated, replay, backfill or import"],
    ),
  },
  ...describeVenueDataViews(),
  {
    name: "listings",
    doc: "Instruments at venues, with the unit of their stored prices and sizes",
    columns: view(
      ["venue", "VARCHAR", "market"],
      ["symbol", "VARCHAR", "canonical instrument id"],
      ["raw_symbol", "VARCHAR", "the venue's own symbol"],
      ["unit", "BIGINT", "natural price = stored ÷ unit, natural size = stored × unit"],
    ),
  },
];

/** Everything that `sql()` can name: the tables of the lake and the views over them. */
export function describeTables(): readonly TableDescription[] {
  const tables = TABLES.map(({ namespace, name, doc, columns }) => ({
    name: `${namespace}.${name}`,
    doc,
    columns: columns.map((column) => ({ name: column.name, type: duckdbType(column.type), doc: column.doc })),
  }));
  return [...VIEWS, ...tables];
}

function view(
  ...columns: readonly (readonly [name: string, type: string, doc: string])[]
): TableDescription["columns"] {
  return columns.map(([name, type, doc]) => ({ name, type, doc }));
}
