import type { InstrumentState, StatusRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

const INSTRUMENT_STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["live", "trading"],
  ["suspend", "halted"],
  ["rebase", "halted"],
  ["post_only", "post-only"],
  ["preopen", "pre-open"],
  ["test", "pre-open"],
  ["expired", "closed"],
  ["settled", "closed"],
]);

/** What the steps of a maintenance mean for the venue. */
const VENUE_STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["scheduled", "trading"],
  ["ongoing", "maintenance"],
  ["pre_open", "pre-open"],
  ["completed", "trading"],
  ["canceled", "trading"],
]);

/*
 * Channel "instruments": {"arg":{"channel":"instruments","instType":"SPOT"},"data":[record, …]}; first of all instruments of
 * the kind, then of those that change.
 * https://www.okx.com/docs-v5/en/#public-data-websocket-instruments-channel
 *
 *   instId, state   see above                        minSz      least size of an order
 *   tickSz          prices are multiples of it       maxLmtSz   largest of a limit order; both as sizes are counted
 *   lotSz           sizes are multiples of it        ctVal      currency (ctValCcy) of one contract; "" on spot
 *
 * The message has no time.
 */
export function readInstrument(row: Row): StatusRecord {
  const rawState = row.text("state");
  const currency = row.textIfAny("ctValCcy");
  return {
    channel: "instruments",
    rawSymbol: row.text("instId"),
    eventTimeUs: undefined,
    frameIndex: row.frameIndex,
    state: INSTRUMENT_STATES.get(rawState) ?? "unknown",
    rawState,
    tickSize: row.numberUnlessZero("tickSz"),
    lotSize: row.numberUnlessZero("lotSz"),
    minSize: row.numberIfAny("minSz"),
    maxSize: row.numberIfAny("maxLmtSz"),
    contractSize: row.numberUnlessZero("ctVal"),
    detail: currency === undefined ? undefined : `contracts count ${currency}`,
  };
}

/*
 * Channel "status": {"arg":{"channel":"status"},"data":[record]}, of the venue's maintenance.
 * https://www.okx.com/docs-v5/en/#status-ws-status-channel
 *
 *   title   for people          state       scheduled, ongoing, pre_open, completed, canceled
 *   ts      ms                  serviceType which of the venue's services; begin, end, href, scheDesc: not kept
 */
export function readSystemStatus(row: Row): StatusRecord {
  const rawState = row.text("state");
  return {
    channel: "status",
    rawSymbol: "",
    eventTimeUs: row.unixTimeUs("ts"),
    frameIndex: row.frameIndex,
    state: VENUE_STATES.get(rawState) ?? "unknown",
    rawState,
    detail: row.textIfAny("title"),
  };
}
