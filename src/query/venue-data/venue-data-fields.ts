import { VENUE_DATA_TABLES, type VenueDataKind } from "../../domain/index.ts";

/**
 * What a field of an answer is made of. price, size: stored in the row's unit. natural: as it stands. time: with the
 * nanoseconds of the column `nanos`.
 */
export type FieldType = "text" | "price" | "size" | "natural" | "count" | "time" | "names";

export interface VenueDataField {
  /** In answers. */
  readonly name: string;
  readonly column: string;
  readonly type: FieldType;
  readonly nanos?: string;
  /** Of the table's column. */
  readonly doc: string;
  readonly isNullable: boolean;
}

type Spec = readonly [name: string, type: FieldType, column?: string, nanos?: string];

const LISTING: readonly Spec[] = [
  ["venue", "text"],
  ["symbol", "text"],
  ["rawSymbol", "text"],
];
const SOCKET: readonly Spec[] = [
  ["sequence", "count"],
  ["channel", "text"],
  ["connection", "text"],
];
const TIMES: readonly Spec[] = [
  ["eventTime", "time", "ts_event", "ts_event_nanos"],
  ["receiveTime", "time", "ts_recv", "ts_recv_nanos"],
];
const FLAGS: Spec = ["flags", "names"];
const SOURCE: Spec = ["source", "text"];

const SPECS: Readonly<Record<VenueDataKind, readonly Spec[]>> = {
  ticker: [
    ...LISTING,
    ["last", "price", "price"],
    ["lastSize", "size"],
    ["bid", "price"],
    ["bidSize", "size"],
    ["ask", "price"],
    ["askSize", "size"],
    ["period", "text"],
    ["open", "price"],
    ["high", "price"],
    ["low", "price"],
    ["previousClose", "price"],
    ["volume", "size"],
    ["quoteVolume", "natural"],
    ["vwap", "natural"],
    ["trades", "count"],
    ["currency", "text"],
    ...TIMES,
    ...SOCKET,
    FLAGS,
    SOURCE,
  ],
  candle: [
    ...LISTING,
    ["interval", "text"],
    ["start", "time"],
    ["open", "price"],
    ["high", "price"],
    ["low", "price"],
    ["close", "price"],
    ["volume", "size"],
    ["quoteVolume", "natural"],
    ["trades", "count"],
    ["buyVolume", "size"],
    ["buyQuoteVolume", "natural"],
    ["vwap", "natural"],
    ["firstTradeId", "text"],
    ["lastTradeId", "text"],
    ["state", "text"],
    ["currency", "text"],
    ["adjustment", "text"],
    ["revision", "count"],
    ["knownAt", "time", "known_at", "known_at_nanos"],
    ["eventTime", "time", "ts_event", "ts_event_nanos"],
    ...SOCKET,
    SOURCE,
  ],
  funding: [
    ...LISTING,
    ["fundingRate", "natural"],
    ["nextFundingRate", "natural"],
    ["nextFundingTime", "time"],
    ["markPrice", "natural"],
    ["indexPrice", "natural"],
    ["settlePrice", "natural"],
    ["openInterest", "natural"],
    ["openInterestValue", "natural"],
    ...TIMES,
    ...SOCKET,
    FLAGS,
    SOURCE,
  ],
  liquidation: [
    ...LISTING,
    ["liquidationId", "text"],
    ["side", "text"],
    ["price", "price"],
    ["size", "size"],
    ["priceKind", "text"],
    ["averagePrice", "natural"],
    ["filledSize", "size"],
    ["orderType", "text"],
    ["orderStatus", "text"],
    ...TIMES,
    ...SOCKET,
    FLAGS,
    SOURCE,
  ],
  status: [
    ...LISTING,
    ["state", "text"],
    ["rawState", "text"],
    ["tickSize", "natural"],
    ["lotSize", "natural"],
    ["minSize", "natural"],
    ["maxSize", "natural"],
    ["minNotional", "natural"],
    ["contractSize", "natural"],
    ["priceMin", "natural"],
    ["priceMax", "natural"],
    ["detail", "text"],
    ...TIMES,
    ...SOCKET,
    FLAGS,
    SOURCE,
  ],
};

/** The fields of an answer's row, in their order. */
export const VENUE_DATA_FIELDS: Readonly<Record<VenueDataKind, readonly VenueDataField[]>> = {
  ticker: fieldsOf("ticker"),
  candle: fieldsOf("candle"),
  funding: fieldsOf("funding"),
  liquidation: fieldsOf("liquidation"),
  status: fieldsOf("status"),
};

function fieldsOf(kind: VenueDataKind): readonly VenueDataField[] {
  const { columns } = VENUE_DATA_TABLES[kind].definition;
  return SPECS[kind].map(([name, type, column = snakeCase(name), nanos]) => {
    const found = columns.find((each) => each.name === column);
    if (found === undefined) throw new Error(`${kind} has no column ${column}`);
    return {
      name,
      column,
      type,
      doc: found.doc,
      isNullable: !found.required,
      ...(nanos === undefined ? {} : { nanos }),
    };
  });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
