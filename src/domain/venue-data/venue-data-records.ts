import type { NamedListing } from "../decoder.ts";

/*
 * What a venue publishes of its instruments beside trades and books, as a reader found it in a frame.
 *
 * A number is the text that stood in the frame, character for character ("0.00010000", "1e-7"): whoever takes the record
 * turns it into a decimal, exactly, in the listing's unit. A field that the message does not have is left out.
 */

/** Kinds of such records: each has a topic and a table of its own. */
export const VENUE_DATA_KINDS = ["ticker", "candle", "funding", "liquidation", "status"] as const;
export type VenueDataKind = (typeof VENUE_DATA_KINDS)[number];

/** A decimal or JSON number literal, as the venue wrote it. */
export type NumberText = string;

interface VenueDataRecord {
  /** The venue's channel, as configuration names it: what identical repeats and changed fields are found by. */
  readonly channel: string;
  /** The venue's own symbol, as its messages spell it. */
  readonly rawSymbol: string;
  /** Venue clock, microseconds since the Unix epoch; undefined where the message has no time. */
  readonly eventTimeUs: number | undefined;
  /** Nanoseconds beyond it, 0 to 999. */
  readonly eventTimeNanos?: number | undefined;
  /** The venue's number of the message; undefined where it has none. */
  readonly sequence?: number | undefined;
  /** Place of the record within its frame. */
  readonly frameIndex: number;
  /** Of a frame of an import, which says itself which market and instrument the symbol is: then the configuration is not asked. */
  readonly named?: NamedListing | undefined;
}

/**
 * A message that may name only what has changed: with `isDelta` a field that is left out is as the same channel told it
 * before, on the same socket; without, it is not published.
 */
interface MayBeDelta {
  readonly isDelta?: boolean | undefined;
}

/** Prices in quote currency, sizes and volume in base currency (contracts where the venue's market counts those). */
export interface TickerRecord extends VenueDataRecord, MayBeDelta {
  readonly last?: NumberText | undefined;
  readonly lastSize?: NumberText | undefined;
  readonly bid?: NumberText | undefined;
  readonly bidSize?: NumberText | undefined;
  readonly ask?: NumberText | undefined;
  readonly askSize?: NumberText | undefined;
  /** These are of `period`. */
  readonly open?: NumberText | undefined;
  readonly high?: NumberText | undefined;
  readonly low?: NumberText | undefined;
  readonly volume?: NumberText | undefined;
  readonly quoteVolume?: NumberText | undefined;
  readonly vwap?: NumberText | undefined;
  /** Executions. */
  readonly trades?: NumberText | undefined;
  /** Close of the period before, where the venue names it. */
  readonly previousClose?: NumberText | undefined;
  /** What `open` to `trades` are of: the last 24 hours, or the venue's day so far. Default "24h". */
  readonly period?: "24h" | "day" | undefined;
}

export interface CandleRecord extends VenueDataRecord {
  /** As in silver.candles: 1s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w, 1mo or what else the venue publishes, in this style. */
  readonly interval: string;
  /** Opening time, microseconds. */
  readonly startUs: number;
  readonly open: NumberText;
  readonly high: NumberText;
  readonly low: NumberText;
  readonly close: NumberText;
  /** Base currency, or contracts. */
  readonly volume: NumberText;
  readonly quoteVolume?: NumberText | undefined;
  readonly trades?: NumberText | undefined;
  /** Of `volume` and `quoteVolume`, what the aggressor bought. */
  readonly buyVolume?: NumberText | undefined;
  readonly buyQuoteVolume?: NumberText | undefined;
  readonly vwap?: NumberText | undefined;
  /** Ids of the first and the last trade in it. */
  readonly firstTradeId?: string | undefined;
  readonly lastTradeId?: string | undefined;
  /** Whether the venue says that it is final; undefined where it does not say. */
  readonly isClosed?: boolean | undefined;
}

/** Funding rate, mark price, index price and open interest of a derivative: venues send them together or in parts. */
export interface FundingRecord extends VenueDataRecord, MayBeDelta {
  /** Of the running period, as a fraction (0.0001 is one basis point); paid by longs where above zero. */
  readonly fundingRate?: NumberText | undefined;
  /** Forecast of the period after that. */
  readonly nextFundingRate?: NumberText | undefined;
  readonly nextFundingTimeUs?: number | undefined;
  readonly markPrice?: NumberText | undefined;
  readonly indexPrice?: NumberText | undefined;
  /** Estimate of the price that is settled at. */
  readonly settlePrice?: NumberText | undefined;
  /** As the venue counts it: base currency, or contracts. */
  readonly openInterest?: NumberText | undefined;
  /** The same in quote (or settlement) currency. */
  readonly openInterestValue?: NumberText | undefined;
  /** The answer to a question that was asked at a cadence: a row for each time of the venue's, also where no value has changed. */
  readonly isSample?: boolean | undefined;
}

export interface LiquidationRecord extends VenueDataRecord {
  /** Where the venue gives one: by it a record that came before is known. */
  readonly id?: string | undefined;
  /** Of the order that closes the position: "sell" ends a long one. (Bybit names the position's side: turn it.) */
  readonly side: "buy" | "sell";
  readonly price: NumberText;
  readonly size: NumberText;
  /** What `price` is: the order's limit, the price of bankruptcy, or that of the executions. */
  readonly priceKind: "order" | "bankruptcy" | "execution";
  readonly averagePrice?: NumberText | undefined;
  readonly filledSize?: NumberText | undefined;
  /** In the venue's words, such as "LIMIT". */
  readonly orderType?: string | undefined;
  readonly orderStatus?: string | undefined;
}

export const INSTRUMENT_STATES = [
  "trading",
  /** Nothing is matched, for the moment. */
  "halted",
  "auction",
  /** Listed, not open yet. */
  "pre-open",
  "post-only",
  "limit-only",
  "cancel-only",
  /** Positions may only become smaller. */
  "reduce-only",
  "maintenance",
  /** For good: delisted, expired, settled. */
  "closed",
  /** A word that K2 does not know: see the raw text. */
  "unknown",
] as const;
export type InstrumentState = (typeof INSTRUMENT_STATES)[number];

/** Where the venue speaks of itself as a whole (Kraken's systemStatus), `rawSymbol` is "". */
export interface StatusRecord extends VenueDataRecord, MayBeDelta {
  /** Left out where the message is about the increments alone: with `isDelta` it is as before. */
  readonly state?: InstrumentState | undefined;
  /** In the venue's words. */
  readonly rawState?: string | undefined;
  /** Prices are multiples of it. */
  readonly tickSize?: NumberText | undefined;
  /** Sizes are multiples of it. */
  readonly lotSize?: NumberText | undefined;
  readonly minSize?: NumberText | undefined;
  readonly maxSize?: NumberText | undefined;
  /** Least price × size of an order, quote currency. */
  readonly minNotional?: NumberText | undefined;
  /** Base (or quote) currency of one contract. */
  readonly contractSize?: NumberText | undefined;
  /** Below it no order to sell (on some venues no order at all) may be. */
  readonly priceMin?: NumberText | undefined;
  /** Above it no order to buy (on some venues no order at all) may be. */
  readonly priceMax?: NumberText | undefined;
  /** What the venue says besides, for people. */
  readonly detail?: string | undefined;
}
