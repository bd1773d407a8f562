import type { VenueDataOutcome } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { FeedVenueData } from "../feed.ts";
import { channelsOf } from "../venue-data/channels-by-kind.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { stepOfDigits } from "../venue-data/step-of-digits.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";

const CHANNEL = "trading-pairs-info";
const PATH = "/api/v2/trading-pairs-info/";
const MINIMUM = /^(\d+(?:\.\d+)?) [A-Z0-9]+$/;

/*
 * GET /api/v2/trading-pairs-info/: [record, …], without a time
 * https://www.bitstamp.net/api/#tag/Market-info/operation/GetTradingPairsInfo
 *
 *   url_symbol        "btcusd"                          base_decimals     digits of sizes
 *   trading           Enabled or Disabled               counter_decimals  digits of prices
 *   minimum_order     "10.00 USD": least price × size   instant_and_market_orders   Enabled or Disabled
 *   name, description, instant_order_counter_decimals: not kept
 */
function readPairs(message: unknown, sheet: Sheet): VenueDataOutcome {
  if (!Array.isArray(message)) return sheet.malformed("trading pairs are no list");
  for (const [index, record] of (message as readonly unknown[]).entries()) {
    const symbol = isObject(record) ? record["url_symbol"] : undefined;
    if (typeof symbol === "string" && !sheet.isConfigured(symbol)) continue;
    const row = new Row(record, index);
    const rawState = row.text("trading");
    const orders = row.textIfAny("instant_and_market_orders");
    sheet.status(row, {
      ...{ channel: CHANNEL, rawSymbol: row.text("url_symbol"), eventTimeUs: undefined, frameIndex: index },
      state: rawState === "Enabled" ? "trading" : rawState === "Disabled" ? "halted" : "unknown",
      rawState,
      tickSize: stepOfDigits(row, "counter_decimals"),
      lotSize: stepOfDigits(row, "base_decimals"),
      minNotional: MINIMUM.exec(row.textIfAny("minimum_order") ?? "")?.[1],
      detail: orders === undefined ? undefined : `instant and market orders ${orders}`,
    });
  }
  return "venue-data";
}

/** Status and increments are told over HTTP alone, of all pairs together: once a minute. */
export const BITSTAMP_VENUE_DATA: FeedVenueData = {
  channels: channelsOf("status", [CHANNEL]),
  polled: [{ name: CHANNEL, everyMs: 60_000, requests: () => [{ path: PATH, weight: 1, rawSymbols: [] }] }],
  createReader: ({ channels }) =>
    createVenueDataReader({
      marks: { texts: [] },
      hasBareNumbers: true,
      answers: channels.includes(CHANNEL) ? [{ path: /\/api\/v2\/trading-pairs-info\/$/, read: readPairs }] : [],
      read: () => "other",
    }),
};
