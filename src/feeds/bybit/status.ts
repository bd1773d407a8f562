import type { InstrumentState, StatusRecord, VenueDataOutcome } from "../../domain/index.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";

/** @see https://bybit-exchange.github.io/docs/v5/enum#status */
const STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["PreLaunch", "pre-open"],
  ["PendingOpen", "pre-open"],
  ["Trading", "trading"],
  ["Settling", "halted"],
  ["Delivering", "halted"],
  ["Closed", "closed"],
]);

/*
 * Topic "priceLimit.<symbol>", every 300 ms: {"topic":…,"ts":…,"data":record}
 * https://bybit-exchange.github.io/docs/v5/websocket/public/order-price-limit
 *
 *   symbol
 *   buyLmt   highest price of an order to buy          ts  ms
 *   sellLmt  lowest price of an order to sell
 */
export function readPriceLimit({ ts, data }: JsonObject, sheet: Sheet): VenueDataOutcome {
  if (!isObject(data)) return sheet.malformed("a message of priceLimit without its data");
  const row = new Row({ ...data, ts }, sheet.count);
  sheet.status(row, {
    channel: "priceLimit",
    rawSymbol: row.text("symbol"),
    eventTimeUs: row.unixTimeUs("ts"),
    frameIndex: row.frameIndex,
    priceMin: row.number("sellLmt"),
    priceMax: row.number("buyLmt"),
  });
  return "venue-data";
}

/*
 * GET /v5/market/instruments-info?category=linear&symbol=BTCUSDT:
 * {"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[record, …],"nextPageCursor":""},"retExtInfo":{},"time":…}
 * https://bybit-exchange.github.io/docs/v5/market/instrument
 *
 *   symbol, status                            lotSizeFilter  minOrderQty, maxOrderQty (spot: maxLimitOrderQty); steps:
 *   contractType  contracts                                  qtyStep, on spot basePrecision; least notional:
 *   priceFilter   tickSize; contracts:                       minNotionalValue, on spot minOrderAmt
 *                 minPrice, maxPrice          time           when it was answered, ms
 *
 * Sizes are base currency; contracts of 1 USD on inverse. Fields of the filter that are not kept: of orders at market.
 * An answer without the symbol tells nothing of it: the venue lists by default only what trades or is about to.
 */
export function readInstrumentsInfo(message: unknown, sheet: Sheet): VenueDataOutcome {
  if (!isObject(message)) return sheet.malformed("instruments are not an object");
  // The venue's refusals have status 200 as well.
  if (String(message["retCode"]) !== "0") return "other";
  const result = message["result"];
  const list = isObject(result) ? result["list"] : undefined;
  if (!Array.isArray(list)) return sheet.malformed("instruments without their list");
  const head = new Row(message);
  const eventTimeUs = head.unixTimeUsIfAny("time");
  if (head.problem !== undefined) return sheet.malformed(head.problem);
  for (const [index, record] of (list as readonly unknown[]).entries()) {
    const symbol = isObject(record) ? record["symbol"] : undefined;
    if (typeof symbol === "string" && !sheet.isConfigured(symbol)) continue;
    const row = new Row(record, index);
    sheet.status(row, readInstrument(row, eventTimeUs));
  }
  return "venue-data";
}

function readInstrument(row: Row, eventTimeUs: number | undefined): StatusRecord {
  const rawState = row.text("status");
  const [price, lot] = [row.row("priceFilter"), row.row("lotSizeFilter")];
  const told: StatusRecord = {
    channel: "instruments-info",
    rawSymbol: row.text("symbol"),
    eventTimeUs,
    frameIndex: row.frameIndex,
    state: STATES.get(rawState) ?? "unknown",
    rawState,
    tickSize: price.numberUnlessZero("tickSize"),
    lotSize: lot.numberUnlessZero(lot.has("qtyStep") ? "qtyStep" : "basePrecision"),
    minSize: lot.numberIfAny("minOrderQty"),
    maxSize: lot.numberIfAny(lot.has("maxLimitOrderQty") ? "maxLimitOrderQty" : "maxOrderQty"),
    minNotional: lot.numberIfAny(lot.has("minNotionalValue") ? "minNotionalValue" : "minOrderAmt"),
    priceMin: price.numberUnlessZero("minPrice"),
    priceMax: price.numberUnlessZero("maxPrice"),
    detail: row.textIfAny("contractType"),
  };
  for (const one of [price, lot]) row.adopt(one);
  return told;
}
