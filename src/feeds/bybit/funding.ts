import type { FundingRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";
import type { MessageHead } from "./ticker.ts";

const FIELDS = [
  "markPrice",
  "indexPrice",
  "openInterest",
  "openInterestValue",
  "fundingRate",
  "nextFundingTime",
  "predictedDeliveryPrice",
] as const;

/** Whether a message tells any of these: a delta may be about the best bid alone. */
export function hasFunding(row: Row): boolean {
  return FIELDS.some((field) => row.has(field));
}

/*
 * Of topic "tickers.<symbol>" of contracts (ticker.ts), what a derivative has besides:
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 *
 *   markPrice, indexPrice                    fundingRate        of the running period; "" on contracts that expire
 *   openInterest       base currency;        nextFundingTime    when it is paid, ms; "" or "0" likewise
 *          contracts of 1 USD on inverse     predictedDeliveryPrice   in the last 30 minutes before delivery; "0.00"
 *   openInterestValue  quote currency;              before
 *          base currency on inverse
 *   fundingIntervalHour, fundingCap, singleOpenInterest, basis, basisRate, deliveryTime, …   not kept
 */
export function readFunding(row: Row, head: MessageHead): FundingRecord {
  return {
    ...head,
    rawSymbol: row.text("symbol"),
    frameIndex: row.frameIndex,
    fundingRate: row.numberIfAny("fundingRate"),
    nextFundingTimeUs: row.unixTimeUsIfAny("nextFundingTime"),
    markPrice: row.numberUnlessZero("markPrice"),
    indexPrice: row.numberUnlessZero("indexPrice"),
    settlePrice: row.numberUnlessZero("predictedDeliveryPrice"),
    openInterest: row.numberIfAny("openInterest"),
    openInterestValue: row.numberIfAny("openInterestValue"),
  };
}
