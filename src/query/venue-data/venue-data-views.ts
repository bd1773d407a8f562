import { VENUE_DATA_TABLES, type VenueDataKind } from "../../domain/index.ts";
import { VENUE_DATA_FIELDS, type VenueDataField } from "./venue-data-fields.ts";

/** A view for people over one of the tables whose values are stored in units: the same with natural values. */
export interface VenueDataView {
  readonly kind: VenueDataKind;
  readonly doc: string;
  /** Only the newest statement about each thing. */
  readonly newest?: string;
}

/** By name. funding and status are natural as they stand. */
export const VENUE_DATA_VIEWS: Readonly<Record<string, VenueDataView>> = {
  tickers: { kind: "ticker", doc: "silver.tickers with natural prices and sizes" },
  candles: {
    kind: "candle",
    doc: "The newest statement about each of venues' and vendors' own candles of silver.candles, with natural values",
    newest: `QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "interval", start
      ORDER BY known_at DESC, coalesce(known_at_nanos, 0) DESC, revision DESC, _offset DESC) = 1`,
  },
  liquidations: { kind: "liquidation", doc: "silver.liquidations with natural prices and sizes" },
};

const NATURAL = "DECIMAL(38,18)";

/**
 * Natural price = stored ÷ unit; size = stored × unit: exact in 18 fractional digits, or an error where they do not do.
 */
export function naturalView({ kind, newest = "" }: VenueDataView): string {
  const { namespace, name } = VENUE_DATA_TABLES[kind].definition;
  const columns = VENUE_DATA_FIELDS[kind].map((field) => `${expressionOf(field)} AS "${viewColumn(field)}"`);
  return `SELECT ${columns.join(", ")} FROM ${namespace}.${name} ${newest}`;
}

function expressionOf({ column, type }: VenueDataField): string {
  if (type === "price") return `CASE unit WHEN 1 THEN CAST("${column}" AS ${NATURAL}) ELSE ${divided(column)} END`;
  if (type === "size") return `CAST(CAST("${column}" AS DECIMAL(38,8)) * CAST(unit AS DECIMAL(18,0)) AS DECIMAL(38,8))`;
  return `"${column}"`;
}

/** By multiplication with a power of ten: a division would be a rounded one. */
function divided(column: string): string {
  const whens = [3, 6, 9, 12].map((digits) => `WHEN ${10 ** digits} THEN 1e-${digits}::DECIMAL(13,12)`);
  return `CAST(CAST("${column}" AS DECIMAL(25,8)) * (CASE unit ${whens.join(" ")} END) AS ${NATURAL})`;
}

function viewColumn({ column, type }: VenueDataField): string {
  return type === "time" ? (VIEW_TIMES[column] ?? column) : column;
}

/** As in the views of trades and bars. */
const VIEW_TIMES: Readonly<Record<string, string>> = { ts_event: "time", ts_recv: "received" };

/** What `k2 tables` says of the views. */
export function describeVenueDataViews(): readonly {
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly doc: string }[];
}[] {
  return Object.entries(VENUE_DATA_VIEWS).map(([name, { kind, doc }]) => ({
    name,
    doc,
    columns: VENUE_DATA_FIELDS[kind].map((field) => ({
      name: viewColumn(field),
      type: typeOf(field, kind),
      doc: field.doc.replace(/natural (?:price × unit|size ÷ unit|÷ unit)/, "natural"),
    })),
  }));
}

function typeOf({ type, column }: VenueDataField, kind: VenueDataKind): string {
  if (type === "price") return NATURAL;
  if (type === "size") return "DECIMAL(38,8)";
  const found = VENUE_DATA_TABLES[kind].definition.columns.find(({ name }) => name === column)?.type ?? "string";
  if (found === "timestamptz") return "TIMESTAMP WITH TIME ZONE";
  if (found === "string") return "VARCHAR";
  if (found === "long") return "BIGINT";
  return found === "int" ? "INTEGER" : found.toUpperCase();
}
