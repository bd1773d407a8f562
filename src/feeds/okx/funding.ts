import type { FundingRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

const INDEX_CHANNEL = "index-tickers";

/*
 * Four channels {"arg":{…},"data":[record]} tell of a derivative, each a part of it: a record has what its channel has.
 *
 *   funding-rate   https://www.okx.com/docs-v5/en/#public-data-websocket-funding-rate-channel
 *     fundingRate      of the running period        fundingTime      when it is paid, ms
 *     nextFundingRate  forecast of the one after;   ts               when the message was made, ms (from 2023 on)
 *                      "" where there is none       nextFundingTime, min and max, premium, settled rate: not kept
 *   mark-price     https://www.okx.com/docs-v5/en/#public-data-websocket-mark-price-channel
 *     markPx, ts
 *   open-interest  https://www.okx.com/docs-v5/en/#public-data-websocket-open-interest-channel
 *     oi               contracts                    oiUsd            US dollars: kept where those are the quote currency
 *     oiCcy            base currency, not kept      ts
 *   index-tickers  https://www.okx.com/docs-v5/en/#public-data-websocket-index-tickers-channel
 *     instId           the index: BTC-USDT          idxPx, ts; open, high and low of the index are not kept
 *     Told of the swap that follows it, BTC-USDT-SWAP; futures follow the same index.
 */
export function readFunding(row: Row, channel: string): FundingRecord {
  const instId = row.text("instId");
  const isInDollars = instId.split("-")[1] === "USD";
  return {
    channel,
    rawSymbol: channel === INDEX_CHANNEL ? `${instId}-SWAP` : instId,
    eventTimeUs: channel === "funding-rate" && !row.has("ts") ? undefined : row.unixTimeUs("ts"),
    frameIndex: row.frameIndex,
    fundingRate: row.numberIfAny("fundingRate"),
    nextFundingRate: row.numberIfAny("nextFundingRate"),
    nextFundingTimeUs: row.unixTimeUsIfAny("fundingTime"),
    markPrice: row.numberIfAny("markPx"),
    indexPrice: row.numberIfAny("idxPx"),
    openInterest: row.numberIfAny("oi"),
    openInterestValue: isInDollars ? row.numberIfAny("oiUsd") : undefined,
  };
}
