import {
  formatInstant,
  formatShortest,
  type Listing,
  naturalPrice,
  naturalSize,
  QUOTE_FLAGS,
  type QuoteRows,
  SOURCES,
} from "../../domain/index.ts";

/** What one source says of a listing's best bid and ask, in stored mantissas. */
export interface QuoteState {
  readonly listing: number;
  /** Bits of QUOTE_FLAGS. */
  readonly flags: number;
  readonly bidPrice: bigint;
  readonly bidSize: bigint;
  readonly askPrice: bigint;
  readonly askSize: bigint;
  readonly eventTimeUs: number;
  readonly eventTimeNanos: number;
  readonly receiveTimeUs: number;
  readonly receiveTimeNanos: number;
  readonly connection: string;
  readonly source: number;
  /** False from when its book could not be proven any more. */
  readonly isProven: boolean;
}

export function quoteStateAt(rows: QuoteRows, row: number): QuoteState {
  return {
    listing: rows.listing[row] ?? 0,
    flags: rows.flags[row] ?? 0,
    bidPrice: rows.bidPrice.get(row),
    bidSize: rows.bidSize.get(row),
    askPrice: rows.askPrice.get(row),
    askSize: rows.askSize.get(row),
    eventTimeUs: rows.eventTimeUs.getNumber(row),
    eventTimeNanos: rows.eventTimeNanos[row] ?? 0,
    receiveTimeUs: rows.receiveTimeUs.getNumber(row),
    receiveTimeNanos: rows.receiveTimeNanos[row] ?? 0,
    connection: rows.connection[row] ?? "",
    source: rows.source[row] ?? 0,
    isProven: true,
  };
}

/** The same source, of whose book nobody knows. */
export function withdrawn(state: QuoteState): QuoteState {
  const flags = (state.flags & QUOTE_FLAGS.derived) | QUOTE_FLAGS.noBid | QUOTE_FLAGS.noAsk;
  return { ...state, flags: flags | (state.flags & QUOTE_FLAGS.noEventTime), isProven: false };
}

/** As the stream shows it. */
export function quoteText(state: QuoteState, { venue, symbol, rawSymbol, unitExponent }: Listing): string {
  const has = (name: keyof typeof QUOTE_FLAGS): boolean => (state.flags & QUOTE_FLAGS[name]) !== 0;
  const price = (mantissa: bigint): string => formatShortest(naturalPrice(mantissa, unitExponent));
  const size = (mantissa: bigint): string => formatShortest(naturalSize(mantissa, unitExponent));
  return JSON.stringify({
    venue,
    symbol,
    rawSymbol,
    bidPrice: has("noBid") ? null : price(state.bidPrice),
    bidSize: has("noBid") ? null : size(state.bidSize),
    askPrice: has("noAsk") ? null : price(state.askPrice),
    askSize: has("noAsk") ? null : size(state.askSize),
    eventTime: has("noEventTime") ? null : formatInstant(state.eventTimeUs, state.eventTimeNanos),
    receiveTime: formatInstant(state.receiveTimeUs, state.receiveTimeNanos),
    origin: has("derived") ? "book" : "channel",
    connection: state.connection,
    flags: [
      ...(state.isProven ? [] : ["unproven"]),
      ...(has("locked") ? ["locked"] : []),
      ...(has("crossed") ? ["crossed"] : []),
    ],
    source: SOURCES[state.source] ?? "import",
  });
}
