import type { FundingRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Streams `<symbol>@markPrice` and `<symbol>@markPrice@1s` (e "markPriceUpdate"), of futures.
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams/Mark-Price-Stream
 *
 *   E  when the message was made, ms     r  funding rate of the running period; "" or 0 on contracts that expire
 *   s  symbol                            T  when it is paid, ms; 0 on contracts that expire: then there is no rate
 *   p  mark price                        P  estimated settle price; means something only in the last hour before it
 *   i  index price (from 2020 on)        ap moving average of the mark price (from 2026 on); not kept
 */
export function readMarkPrice(row: Row, channel: string): FundingRecord {
  const nextFundingTimeUs = row.unixTimeUsIfAny("T");
  return {
    channel,
    rawSymbol: row.text("s"),
    eventTimeUs: row.unixTimeUs("E"),
    frameIndex: row.frameIndex,
    markPrice: row.number("p"),
    indexPrice: row.numberUnlessZero("i"),
    settlePrice: row.numberUnlessZero("P"),
    fundingRate: nextFundingTimeUs === undefined ? undefined : row.numberIfAny("r"),
    nextFundingTimeUs,
  };
}
