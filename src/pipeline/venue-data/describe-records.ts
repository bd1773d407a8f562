import type {
  CandleRecord,
  Cell,
  FundingRecord,
  LiquidationRecord,
  StatusRecord,
  TickerRecord,
} from "../../domain/index.ts";
import type { NumberColumn, RowNumbers } from "./row-numbers.ts";

/*
 * What each kind of record says, as cells of its table: numbers go to `numbers`, the rest is returned. Where a record came
 * from is not part of it: by these cells an identical repeat is known.
 */

type Cells = Readonly<Record<string, Cell>>;
/** What a record says: without where in the stream it was said. */
export type Said<Record> = Omit<
  Record,
  | "channel"
  | "rawSymbol"
  | "eventTimeUs"
  | "eventTimeNanos"
  | "sequence"
  | "frameIndex"
  | "named"
  | "isDelta"
  | "isSample"
>;

const PRICE: NumberColumn = { sign: "notNegative" };
const SIZE: NumberColumn = { grid: "size", sign: "notNegative" };
const VOLUME: NumberColumn = { grid: "volume", precision: 38, sign: "notNegative" };
const QUOTE_VOLUME: NumberColumn = { grid: "natural", precision: 38, scale: 16, sign: "notNegative" };
const NATURAL: NumberColumn = { grid: "natural", precision: 38, scale: 18, sign: "notNegative" };
const RATE: NumberColumn = { grid: "natural", precision: 38, scale: 24, sign: "any" };
const COUNT: NumberColumn = { grid: "natural", precision: 15, scale: 0, sign: "notNegative" };
const TEXT_LENGTH_MAX = 500;

export function describeTicker(ticker: Said<TickerRecord>, numbers: RowNumbers): Cells {
  numbers.add("price", ticker.last, PRICE);
  numbers.add("open", ticker.open, PRICE);
  numbers.add("high", ticker.high, PRICE);
  numbers.add("low", ticker.low, PRICE);
  numbers.add("previous_close", ticker.previousClose, PRICE);
  numbers.add("volume", ticker.volume, VOLUME);
  numbers.add("last_size", ticker.lastSize, SIZE);
  numbers.add("bid", ticker.bid, PRICE);
  numbers.add("bid_size", ticker.bidSize, SIZE);
  numbers.add("ask", ticker.ask, PRICE);
  numbers.add("ask_size", ticker.askSize, SIZE);
  numbers.add("quote_volume", ticker.quoteVolume, QUOTE_VOLUME);
  numbers.add("vwap", ticker.vwap, NATURAL);
  numbers.add("trades", ticker.trades, COUNT);
  return { period: ticker.period ?? "24h" };
}

export function describeCandle(candle: Said<CandleRecord>, numbers: RowNumbers): Cells {
  const needed = { ...PRICE, isNeeded: true };
  numbers.add("open", candle.open, needed);
  numbers.add("high", candle.high, needed);
  numbers.add("low", candle.low, needed);
  numbers.add("close", candle.close, needed);
  numbers.add("volume", candle.volume, { ...VOLUME, isNeeded: true });
  numbers.add("quote_volume", candle.quoteVolume, QUOTE_VOLUME);
  numbers.add("trades", candle.trades, COUNT);
  numbers.add("buy_volume", candle.buyVolume, VOLUME);
  numbers.add("buy_quote_volume", candle.buyQuoteVolume, QUOTE_VOLUME);
  numbers.add("vwap", candle.vwap, NATURAL);
  const { isClosed } = candle;
  return {
    interval: candle.interval,
    start: candle.startUs,
    first_trade_id: candle.firstTradeId ?? null,
    last_trade_id: candle.lastTradeId ?? null,
    state: isClosed === undefined ? null : isClosed ? "closed" : "open",
    adjustment: "none",
  };
}

export function describeFunding(funding: Said<FundingRecord>, numbers: RowNumbers): Cells {
  numbers.add("funding_rate", funding.fundingRate, RATE);
  numbers.add("next_funding_rate", funding.nextFundingRate, RATE);
  numbers.add("mark_price", funding.markPrice, NATURAL);
  numbers.add("index_price", funding.indexPrice, NATURAL);
  numbers.add("settle_price", funding.settlePrice, NATURAL);
  numbers.add("open_interest", funding.openInterest, NATURAL);
  numbers.add("open_interest_value", funding.openInterestValue, NATURAL);
  return { next_funding_time: funding.nextFundingTimeUs ?? null };
}

export function describeLiquidation(liquidation: Said<LiquidationRecord>, numbers: RowNumbers): Cells {
  numbers.add("price", liquidation.price, { isNeeded: true });
  numbers.add("size", liquidation.size, { grid: "size", isNeeded: true });
  numbers.add("average_price", liquidation.averagePrice, NATURAL);
  numbers.add("filled_size", liquidation.filledSize, SIZE);
  return {
    liquidation_id: liquidation.id ?? null,
    side: liquidation.side,
    price_kind: liquidation.priceKind,
    order_type: liquidation.orderType ?? null,
    order_status: liquidation.orderStatus ?? null,
  };
}

export function describeStatus(status: Said<StatusRecord>, numbers: RowNumbers): Cells {
  numbers.add("tick_size", status.tickSize, NATURAL);
  numbers.add("lot_size", status.lotSize, NATURAL);
  numbers.add("min_size", status.minSize, NATURAL);
  numbers.add("max_size", status.maxSize, NATURAL);
  numbers.add("min_notional", status.minNotional, NATURAL);
  numbers.add("contract_size", status.contractSize, NATURAL);
  numbers.add("price_min", status.priceMin, NATURAL);
  numbers.add("price_max", status.priceMax, NATURAL);
  return {
    state: status.state ?? null,
    raw_state: status.rawState ?? null,
    detail: status.detail?.slice(0, TEXT_LENGTH_MAX) ?? null,
  };
}
