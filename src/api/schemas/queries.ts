import Type, { type TSchema } from "typebox";
import { BAR_INTERVALS } from "../../domain/index.ts";
import { FORMATS } from "../rest/formats.ts";

/** Rows of a page at the most. */
export const LIMIT_MAX = 10_000;

const SOME_TIME = "ISO 8601, or a Unix time in seconds, milliseconds, microseconds or nanoseconds; whole microseconds";

const range = {
  symbol: text("Canonical instrument id; several joined by commas", "instrument-ids", ["BTC-USDT-SPOT"]),
  venue: text("Venue; several joined by commas", "venues", ["binance", "binance,kraken"]),
  start: text(`Event time, inclusive. ${SOME_TIME}`, "instant", ["2026-11-21T08:30:00Z", "1795249800"]),
  end: text(`Event time, exclusive. ${SOME_TIME}`, "instant", ["2026-11-21T09:00:00Z", "1795251600000"]),
  order: choice(["asc", "desc"], "By event time. Default: asc where start is given, else desc, newest first"),
  limit: Type.Integer({ minimum: 1, maximum: LIMIT_MAX, default: 100, description: "Rows of a page at the most" }),
  cursor: Type.String({ description: "From the page before; continues exactly after it, whatever has arrived since" }),
  as_of: text(
    "A snapshot id, or an ISO 8601 time: answer from the lake as it was then, without what came later",
    "snapshot-or-instant",
    ["8154270938201552041", "2026-11-21T08:30:00Z"],
  ),
  format: choice(FORMATS, "Default: what the Accept header asks for, else json"),
};

/** Parameters of `GET /v1/quality` and `GET /v1/quality/quotes`: by the start of the minute, our clock. */
export const qualityQuerySchema: QuerySchema = query({
  ...range,
  start: text(`Start of the minute, inclusive, our clock. ${SOME_TIME}`, "instant", ["2026-11-21T08:30:00Z"]),
  end: text(`Start of the minute, exclusive, our clock. ${SOME_TIME}`, "instant", ["2026-11-21T09:00:00Z"]),
  order: choice(["asc", "desc"], "By the minute. Default: asc where start is given, else desc, newest first"),
});

/** Parameters of `GET /v1/trades`. */
export const tradesQuerySchema: QuerySchema = query(range);

/** Parameters of `GET /v1/bars`. */
export const barsQuerySchema: QuerySchema = query({
  ...range,
  interval: choice(BAR_INTERVALS, "Width of a bar", "1m"),
  open: Type.Boolean({
    default: true,
    description: "Also bars whose time has not passed; they say complete: false. Never with as_of",
  }),
  fill: choice(
    ["none", "previous"],
    "previous: an interval without a trade, after the first bar, gets the close before it and volume 0",
    "none",
  ),
});

/** Parameters of `GET /v1/tickers`, `/v1/funding`, `/v1/liquidations` and `/v1/status`. */
export const statementsQuerySchema: QuerySchema = query(range);

/** Parameters of `GET /v1/candles`. */
export const candlesQuerySchema: QuerySchema = query({
  ...range,
  start: text(`Opening time, inclusive. ${SOME_TIME}`, "instant", ["2026-11-21T08:30:00Z", "1795249800"]),
  end: text(`Opening time, exclusive. ${SOME_TIME}`, "instant", ["2026-11-21T09:00:00Z", "1795251600000"]),
  order: choice(["asc", "desc"], "By opening time. Default: asc where start is given, else desc, newest first"),
  interval: Type.String({
    pattern: "^[1-9][0-9]{0,3}(s|m|h|d|w|mo)$",
    default: "1m",
    description: "As the venue publishes it: 1s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w, 1mo or another",
  }),
});

/** Levels of a book at the most. */
const DEPTH_MAX = 5_000;

/** Parameters of `GET /v1/book`. */
export const bookQuerySchema: TSchema = Type.Object(
  {
    symbol: text("Canonical instrument id", "instrument-id", ["BTC-USDT-SPOT"]),
    venue: Type.Optional(text("Needed where several venues list the symbol", "venue", ["binance"])),
    at: Type.Optional(
      text(`Receive time, inclusive; default: now. ${SOME_TIME}`, "instant", ["2026-11-21T08:30:00Z", "1795249800"]),
    ),
    depth: Type.Optional(
      Type.Integer({ minimum: 1, maximum: DEPTH_MAX, default: 20, description: "Levels a side at the most" }),
    ),
  },
  { additionalProperties: false },
);

export interface BookQuery {
  readonly symbol: string;
  readonly venue?: string;
  readonly at?: string;
  readonly depth: number;
}

/** A query string whose parameters are all optional; of those with a default a handler always sees a value. */
export interface QuerySchema {
  readonly properties: Readonly<Record<string, TSchema>>;
}

export interface RangeQuery {
  readonly symbol?: string;
  readonly venue?: string;
  readonly start?: string;
  readonly end?: string;
  readonly order?: "asc" | "desc";
  readonly limit: number;
  readonly cursor?: string;
  readonly as_of?: string;
  readonly format?: (typeof FORMATS)[number];
}

export interface CandlesQuery extends RangeQuery {
  readonly interval: string;
}

export interface BarsQuery extends RangeQuery {
  readonly interval: (typeof BAR_INTERVALS)[number];
  readonly open: boolean;
  readonly fill: "none" | "previous";
}

function query(properties: Readonly<Record<string, TSchema>>): QuerySchema {
  const optional = Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)] as const);
  return Type.Object(Object.fromEntries(optional), { additionalProperties: false });
}

/** @param format one of INPUT_FORMATS */
function text(description: string, format: string, examples: readonly string[]): TSchema {
  return Type.String({ description, format, examples: [...examples] });
}

function choice(values: readonly string[], description: string, fallback?: string): TSchema {
  const options = { type: "string", description, ...(fallback === undefined ? {} : { default: fallback }) };
  return Type.Enum([...values], options);
}
