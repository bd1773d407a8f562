import type { InstrumentState, StatusRecord, VenueDataOutcome } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { CONTRACT_STATES } from "./status.ts";

const CHANNEL = "exchangeInfo";

/** @see https://developers.binance.com/docs/binance-spot-api-docs/enums#symbol-status-status (the last three until 2024) */
const SPOT_STATES: ReadonlyMap<string, InstrumentState> = new Map<string, InstrumentState>([
  ["TRADING", "trading"],
  ["HALT", "halted"],
  ["BREAK", "halted"],
  ["END_OF_DAY", "halted"],
  ["POST_TRADING", "halted"],
  ["PRE_TRADING", "pre-open"],
  ["AUCTION_MATCH", "auction"],
]);

/*
 * GET /api/v3/exchangeInfo, /fapi/v1/exchangeInfo, /dapi/v1/exchangeInfo:
 * {"timezone":"UTC","serverTime":…,"rateLimits":[…],…,"symbols":[record, …]}
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api/Exchange-Information
 *
 *   serverTime   ms; of futures documented as to be ignored (and seen a day behind): there is no time then
 *   symbol       status, on COIN-M contractStatus       contractType, contractSize   futures; COIN-M
 *   filters      PRICE_FILTER   minPrice, maxPrice, tickSize: 0 is no limit
 *                LOT_SIZE       minQty, maxQty, stepSize: base currency; contracts on COIN-M
 *                NOTIONAL.minNotional; before 2023, and on futures, MIN_NOTIONAL.minNotional or .notional
 *                others         of market orders, of numbers of orders, moving with the market: not kept
 *
 * A symbol that is not in an answer is not told of: an answer that is cut short delists nothing.
 */
export function readExchangeInfo(
  message: unknown,
  sheet: Sheet,
  { isSpot }: { readonly isSpot: boolean },
): VenueDataOutcome {
  const symbols = isObject(message) ? message["symbols"] : undefined;
  if (!isObject(message) || !Array.isArray(symbols)) return sheet.malformed("exchange information without its symbols");
  const head = new Row(message);
  const eventTimeUs = isSpot ? head.unixTimeUs("serverTime") : undefined;
  if (head.problem !== undefined) return sheet.malformed(head.problem);
  for (const [index, record] of (symbols as readonly unknown[]).entries()) {
    const symbol = isObject(record) ? record["symbol"] : undefined;
    if (typeof symbol === "string" && !sheet.isConfigured(symbol)) continue;
    const row = new Row(record, index);
    sheet.status(row, readSymbol(row, { eventTimeUs, isSpot }));
  }
  return "venue-data";
}

function readSymbol(
  row: Row,
  { eventTimeUs, isSpot }: { readonly eventTimeUs: number | undefined; readonly isSpot: boolean },
): StatusRecord {
  const rawState = row.text(row.has("contractStatus") ? "contractStatus" : "status");
  const filters = row.raw("filters");
  const filter = (...types: readonly string[]): Row => {
    const all: readonly unknown[] = Array.isArray(filters) ? filters : [];
    return new Row(all.find((one) => isObject(one) && types.includes(String(one["filterType"]))) ?? {}, row.frameIndex);
  };
  const [price, lot, notional] = [filter("PRICE_FILTER"), filter("LOT_SIZE"), filter("NOTIONAL", "MIN_NOTIONAL")];
  const told: StatusRecord = {
    channel: CHANNEL,
    rawSymbol: row.text("symbol"),
    eventTimeUs,
    frameIndex: row.frameIndex,
    state: (isSpot ? SPOT_STATES : CONTRACT_STATES).get(rawState) ?? "unknown",
    rawState,
    tickSize: price.numberUnlessZero("tickSize"),
    lotSize: lot.numberUnlessZero("stepSize"),
    minSize: lot.numberIfAny("minQty"),
    maxSize: lot.numberIfAny("maxQty"),
    minNotional: notional.numberIfAny(notional.has("minNotional") ? "minNotional" : "notional"),
    contractSize: row.numberUnlessZero("contractSize"),
    priceMin: price.numberUnlessZero("minPrice"),
    priceMax: price.numberUnlessZero("maxPrice"),
    detail: row.textIfAny("contractType"),
  };
  for (const one of [price, lot, notional]) row.adopt(one);
  return told;
}
