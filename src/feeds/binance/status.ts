import type { InstrumentState, StatusRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/**
 * What the venue's words mean.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition (contractStatus)
 */
export const CONTRACT_STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["TRADING", "trading"],
  ["PENDING_TRADING", "pre-open"],
  ["PRE_DELIVERING", "reduce-only"],
  ["DELIVERING", "halted"],
  ["DELIVERED", "closed"],
  ["PRE_SETTLE", "reduce-only"],
  ["SETTLING", "halted"],
  ["CLOSE", "closed"],
]);

/*
 * Stream `!contractInfo` (e "contractInfo"), of all futures: sent when one is listed, settled or changes its brackets.
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Contract-Info-Stream
 *
 *   E  when the message was made, ms         cs  contract status
 *   s  symbol                                ct  contract type
 *   dt delivery, ms                          ot  listing, ms
 *   ps pair, bks brackets of leverage: not kept
 */
export function readContractInfo(row: Row, channel: string): StatusRecord {
  const rawState = row.text("cs");
  return {
    channel,
    rawSymbol: row.text("s"),
    eventTimeUs: row.unixTimeUs("E"),
    frameIndex: row.frameIndex,
    state: CONTRACT_STATES.get(rawState) ?? "unknown",
    rawState,
    detail: row.textIfAny("ct"),
  };
}
