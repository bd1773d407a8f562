import Type from "typebox";
import { BAR_INTERVALS } from "../domain/index.ts";
import { FORMATS } from "./rest/formats.ts";

/*
 * What requests and answers look like. The same schemas validate requests, serialise answers and make
 * the OpenAPI document, so that they cannot disagree. Decimals and 64-bit integers are text.
 */
const decimal = (description: string) => Type.String({ description, pattern: "^-?\\d+(\\.\\d+)?$" });
const time = (description: string) => Type.String({ description: `${description}. ISO 8601 UTC` });
const list = (description: string, examples: readonly string[]) =>
  Type.Optional(Type.String({ description: `${description}; several joined by commas`, examples: [...examples] }));

export const LIMIT_MAX = 10_000;

const range = {
  symbol: list("Canonical instrument id", ["BTC-USDT-SPOT"]),
  venue: list("Venue", ["binance", "kraken"]),
  start: Type.Optional(
    Type.String({ description: "Event time, inclusive. ISO 8601, or a Unix time in s, ms, µs or ns" }),
  ),
  end: Type.Optional(
    Type.String({ description: "Event time, exclusive. ISO 8601, or a Unix time in s, ms, µs or ns" }),
  ),
  order: Type.Optional(
    Type.Union([Type.Literal("asc"), Type.Literal("desc")], {
      description: "Default: desc, newest first; asc when start is given",
    }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: LIMIT_MAX, default: 100, description: "Rows a page" }),
  cursor: Type.Optional(Type.String({ description: "From the page before; continues exactly after it" })),
  as_of: Type.Optional(Type.String({ description: "A snapshot id, or a time: answer from the lake as it was then" })),
  format: Type.Optional(
    Type.Union(
      FORMATS.map((format) => Type.Literal(format)),
      { description: "Default: by the Accept header, else json" },
    ),
  ),
};

export const tradesQuerySchema: object = Type.Object(range, { additionalProperties: false });
export const barsQuerySchema: object = Type.Object(
  {
    ...range,
    interval: Type.Union(
      BAR_INTERVALS.map((interval) => Type.Literal(interval)),
      { default: "1m", description: "Width of a bar" },
    ),
    open: Type.Boolean({
      default: true,
      description: "Include bars whose time has not passed; they say complete: false",
    }),
    fill: Type.Union([Type.Literal("none"), Type.Literal("previous")], {
      default: "none",
      description: "previous: intervals without a trade get the previous close and volume 0",
    }),
  },
  { additionalProperties: false },
);

export interface RangeQuery {
  readonly symbol?: string;
  readonly venue?: string;
  readonly start?: string;
  readonly end?: string;
  readonly order?: "asc" | "desc";
  readonly limit: number;
  readonly cursor?: string;
  readonly as_of?: string;
  readonly format?: "json" | "ndjson" | "csv";
}

export interface BarsQuery extends RangeQuery {
  readonly interval: (typeof BAR_INTERVALS)[number];
  readonly open: boolean;
  readonly fill: "none" | "previous";
}

const receiptSchema = Type.Object(
  {
    snapshots: Type.Record(Type.String(), Type.String(), { description: "Iceberg snapshot id by table" }),
    lakeOffsets: Type.Record(Type.String(), Type.Array(Type.String())),
    tailOffsets: Type.Record(Type.String(), Type.Array(Type.String())),
  },
  { description: "What the answer was made of: enough to ask again and get the same" },
);

const page = (rows: ReturnType<typeof Type.Object>, description: string): object =>
  Type.Object(
    {
      rows: Type.Array(rows),
      cursor: Type.Union([Type.String(), Type.Null()], {
        description: "Pass it to get the next page; null at the end",
      }),
      receipt: receiptSchema,
    },
    { description },
  );

const tradeProperties = {
  venue: Type.String(),
  symbol: Type.String({ description: "Canonical instrument id" }),
  rawSymbol: Type.String({ description: "The venue's own symbol" }),
  tradeId: Type.String({ description: "The venue's id" }),
  price: decimal("Quote currency per unit of base, exact"),
  size: decimal("Base currency, exact"),
  side: Type.Union([Type.Literal("buy"), Type.Literal("sell"), Type.Literal("unknown")], { description: "Aggressor" }),
  eventTime: time("Venue clock"),
  receiveTime: time("Our clock"),
  executions: Type.Integer({ description: "1, unless the venue aggregated several" }),
  flags: Type.Array(Type.String()),
  source: Type.String({ description: "live, simulated, replay, backfill or import" }),
};
export const TRADE_COLUMNS: readonly string[] = Object.keys(tradeProperties);
export const tradesPageSchema: object = page(Type.Object(tradeProperties), "Trades");

const barProperties = {
  venue: Type.String(),
  symbol: Type.String(),
  rawSymbol: Type.String(),
  interval: Type.String(),
  start: time("Opening time"),
  open: decimal("First price"),
  high: decimal("Highest price"),
  low: decimal("Lowest price"),
  close: decimal("Last price"),
  volume: decimal("Base currency"),
  quoteVolume: decimal("Quote currency"),
  buyVolume: decimal("Volume whose aggressor bought"),
  sellVolume: decimal("Volume whose aggressor sold"),
  vwap: Type.Union([decimal("quoteVolume ÷ volume, rounded"), Type.Null()]),
  trades: Type.Integer({ description: "Executions" }),
  revision: Type.Integer({ description: "From 0; one more each time the bar was corrected" }),
  knownAt: time("When this revision became known"),
  cause: Type.String({ description: "closed, late or rederived" }),
  complete: Type.Boolean({ description: "False while the bar's time has not passed" }),
  source: Type.String(),
};
export const BAR_COLUMNS: readonly string[] = Object.keys(barProperties);
export const barsPageSchema: object = page(Type.Object(barProperties), "Bars");

export const instrumentsSchema: object = Type.Object({
  rows: Type.Array(
    Type.Object({
      venue: Type.String(),
      symbol: Type.String(),
      rawSymbol: Type.String(),
      unit: Type.String({
        description: "Power of ten by which stored prices are multiplied and stored sizes divided; 1 for nearly all",
      }),
    }),
  ),
});

export const problemSchema: object = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What failed, what was seen, and what to do" }),
    code: Type.Optional(Type.String()),
    remedy: Type.Optional(Type.String({ description: "retry, resync, fix-input or report" })),
    requestId: Type.String(),
  },
  { description: "RFC 9457 problem" },
);
