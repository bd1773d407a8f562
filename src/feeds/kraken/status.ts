import type { InstrumentState, StatusRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/** What the words of pairs and of the venue mean. @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/instrument */
const STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["online", "trading"],
  ["post_only", "post-only"],
  ["limit_only", "limit-only"],
  ["cancel_only", "cancel-only"],
  ["reduce_only", "reduce-only"],
  ["maintenance", "maintenance"],
  ["work_in_progress", "pre-open"],
  ["delisted", "closed"],
]);

/*
 * A pair of channel "instrument", v2: {"channel":"instrument","type":…,"data":{"assets":[…],"pairs":[pair, …]}}.
 * https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/instrument
 *
 *   symbol           "BTC/USD"                     price_increment  prices are multiples of it (tick_size: the same, old)
 *   status           see above                     qty_increment    sizes are multiples of it
 *   cost_min         least price × size of an order, quote currency
 *   qty_min          least size of an order, base currency
 *   base, quote, precisions, margins, position limits: not kept
 *
 * The message has no time.
 */
export function readInstrument(row: Row, channel: string): StatusRecord {
  const rawState = row.text("status");
  return {
    channel,
    rawSymbol: row.text("symbol"),
    eventTimeUs: undefined,
    frameIndex: row.frameIndex,
    state: STATES.get(rawState) ?? "unknown",
    rawState,
    tickSize: row.numberUnlessZero(row.has("price_increment") ? "price_increment" : "tick_size"),
    lotSize: row.numberUnlessZero("qty_increment"),
    minSize: row.numberIfAny("qty_min"),
    minNotional: row.numberIfAny("cost_min"),
  };
}

/*
 * The venue as a whole.
 *
 *   v2, channel "status": {"channel":"status","type":"update","data":[{"system":"online","version":…, …}]}
 *   https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/status
 *   v1: {"event":"systemStatus","status":"online","version":…,"connectionID":…}
 *   https://docs.kraken.com/api/docs/websocket-v1/systemstatus
 */
/** @param key where the word stands */
export function readSystemStatus(row: Row, channel: string, key: "system" | "status"): StatusRecord {
  const rawState = row.text(key);
  const version = row.textIfAny("version");
  return {
    channel,
    rawSymbol: "",
    eventTimeUs: undefined,
    frameIndex: row.frameIndex,
    state: STATES.get(rawState) ?? "unknown",
    rawState,
    detail: version === undefined ? undefined : `version ${version}`,
  };
}
