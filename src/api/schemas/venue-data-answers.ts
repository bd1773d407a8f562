import Type, { type TProperties, type TSchema } from "typebox";
import type { VenueDataKind } from "../../domain/index.ts";
import { VENUE_DATA_FIELDS, type VenueDataField } from "../../query/index.ts";

/** How what venues publish beside trades and books is asked for, and what its answers are called. */
export interface VenueDataAnswer {
  readonly kind: VenueDataKind;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** Of a row's schema, and of a page's. */
  readonly name: string;
  readonly page: string;
  readonly description: string;
}

export const VENUE_DATA_ANSWERS: readonly VenueDataAnswer[] = [
  {
    kind: "ticker",
    path: "/v1/tickers",
    operationId: "tickers",
    summary: "Tickers as venues and vendors published them",
    name: "Ticker",
    page: "TickersPage",
    description: "A last price and what stands beside it, where it is not what was said last",
  },
  {
    kind: "candle",
    path: "/v1/candles",
    operationId: "candles",
    summary: "Candles as venues and vendors published them: the newest statement about each",
    name: "Candle",
    page: "CandlesPage",
    description: "The newest statement of a venue or vendor about one of its own candles; K2's own are bars",
  },
  {
    kind: "funding",
    path: "/v1/funding",
    operationId: "funding",
    summary: "Funding rates, mark and index prices and open interest",
    name: "Funding",
    page: "FundingPage",
    description: "What a venue said of a derivative; it may send parts, the others are null",
  },
  {
    kind: "liquidation",
    path: "/v1/liquidations",
    operationId: "liquidations",
    summary: "Positions that venues closed by force",
    name: "Liquidation",
    page: "LiquidationsPage",
    description: "One forced order, as the venue published it",
  },
  {
    kind: "status",
    path: "/v1/status",
    operationId: "status",
    summary: "Trading states and increments of instruments",
    name: "Status",
    page: "StatusPage",
    description: "A venue's statement about an instrument, or about itself where symbol is empty",
  },
];

/** In the order of a CSV's columns. */
export function venueDataColumns(kind: VenueDataKind): readonly string[] {
  return VENUE_DATA_FIELDS[kind].map(({ name }) => name);
}

export function venueDataProperties(kind: VenueDataKind): TProperties {
  return Object.fromEntries(VENUE_DATA_FIELDS[kind].map((field) => [field.name, schemaOf(field)]));
}

function schemaOf(field: VenueDataField): TSchema {
  const description = naturalDoc(field);
  if (field.type === "names") return Type.Array(Type.String(), { description });
  const value =
    field.type === "count"
      ? Type.Integer({ minimum: 0 })
      : field.type === "price" || field.type === "size" || field.type === "natural"
        ? Type.String({ pattern: "^-?\\d+(\\.\\d+)?$" })
        : Type.String();
  return field.isNullable ? Type.Union([value, Type.Null()], { description }) : { ...value, description };
}

/** Answers have natural values, whatever the unit that the table stores them in. */
function naturalDoc({ doc, type }: VenueDataField): string {
  if (type === "time") return `${doc.replace(", microseconds", "")}. ISO 8601 UTC`;
  return doc.replace(/natural (?:price × unit|size ÷ unit|÷ unit)/, type === "price" ? "exact" : "exact, natural");
}
