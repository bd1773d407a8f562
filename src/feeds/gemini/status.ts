import type { InstrumentState, VenueDataOutcome } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { FeedVenueData } from "../feed.ts";
import { requestEach } from "../polling/polled-channel.ts";
import { channelsOf } from "../venue-data/channels-by-kind.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";

const CHANNEL = "symbol-details";
const PATH = "/v1/symbols/details/";

const STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["open", "trading"],
  ["closed", "halted"],
  ["cancel_only", "cancel-only"],
  ["post_only", "post-only"],
  ["limit_only", "limit-only"],
]);

/*
 * GET /v1/symbols/details/BTCUSD: {"symbol":"BTCUSD","status":"open","tick_size":1E-8,"quote_increment":0.01,…}, without a time
 * https://developer.gemini.com/trading/rest-api/market-data/get-symbol-details
 *
 *   status           of the order book               tick_size        sizes are multiples of it (the base currency's)
 *   min_order_size   base currency                   quote_increment  prices are multiples of it
 *   product_type     spot or swap                    base_currency, contract_type, wrap_enabled, …: not kept
 */
function readDetails(message: unknown, sheet: Sheet): VenueDataOutcome {
  if (!isObject(message)) return sheet.malformed("details are not an object");
  const row = new Row(message);
  const rawState = row.text("status");
  sheet.status(row, {
    ...{ channel: CHANNEL, rawSymbol: row.text("symbol").toUpperCase(), eventTimeUs: undefined, frameIndex: 0 },
    state: STATES.get(rawState) ?? "unknown",
    rawState,
    tickSize: row.numberUnlessZero("quote_increment"),
    lotSize: row.numberUnlessZero("tick_size"),
    minSize: row.numberIfAny("min_order_size"),
    detail: row.textIfAny("product_type"),
  });
  return "venue-data";
}

/** Status and increments are told over HTTP alone, of one symbol at a time: once a minute. */
export const GEMINI_VENUE_DATA: FeedVenueData = {
  channels: channelsOf("status", [CHANNEL]),
  polled: [
    {
      name: CHANNEL,
      everyMs: 60_000,
      requests: (rawSymbols) => requestEach(rawSymbols, (symbol) => PATH + symbol),
    },
  ],
  createReader: ({ channels }) =>
    createVenueDataReader({
      marks: { texts: [] },
      hasBareNumbers: true,
      answers: channels.includes(CHANNEL) ? [{ path: /\/v1\/symbols\/details\/[^/]+$/, read: readDetails }] : [],
      read: () => "other",
    }),
};
