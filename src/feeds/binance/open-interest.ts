import type { VenueDataOutcome } from "../../domain/index.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";

/*
 * GET /fapi/v1/openInterest?symbol=BTCUSDT: {"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}
 * GET /dapi/v1/openInterest?symbol=BTCUSD_PERP: the same with "pair" and "contractType"
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Open-Interest
 *
 *   openInterest  base currency; contracts on COIN-M       time  what it is of, ms
 */
export function readOpenInterest(message: unknown, sheet: Sheet): VenueDataOutcome {
  const row = new Row(message);
  sheet.funding(row, {
    channel: "openInterest",
    rawSymbol: row.text("symbol"),
    eventTimeUs: row.unixTimeUs("time"),
    frameIndex: 0,
    openInterest: row.number("openInterest"),
    isSample: true,
  });
  return "venue-data";
}
