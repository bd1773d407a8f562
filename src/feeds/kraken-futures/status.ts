import type { StatusRecord, VenueDataOutcome } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { FeedVenueData } from "../feed.ts";
import { channelsOf } from "../venue-data/channels-by-kind.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { stepOfDigits } from "../venue-data/step-of-digits.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";

const CHANNEL = "instruments";
const PATH = "/derivatives/api/v3/instruments";
const SHOWN_MAX = 120;

/*
 * GET /derivatives/api/v3/instruments: {"result":"success","instruments":[record, …],"serverTime":"2021-04-17T16:48:21.082Z"}
 * https://docs.kraken.com/api-reference/instrument-details/get-instruments
 *
 *   symbol        in lower case until 2022      tickSize                     prices are multiples of it
 *   tradeable     false: no orders              contractValueTradePrecision  digits of sizes; -1 counts in tens
 *   postOnly      true: no matching             contractSize                 USD on inverse contracts, base currency else
 *   type          of contract; indices have no tick
 */
function readInstruments(message: unknown, sheet: Sheet): VenueDataOutcome {
  // The venue's refusals have status 200 as well.
  if (isObject(message) && message["result"] === "error") return "other";
  const instruments = isObject(message) ? message["instruments"] : undefined;
  if (!isObject(message) || !Array.isArray(instruments)) return sheet.malformed("instruments without their list");
  const head = new Row(message);
  const time = head.rfc3339("serverTime");
  if (head.problem !== undefined) return sheet.malformed(head.problem);
  for (const [index, record] of (instruments as readonly unknown[]).entries()) {
    const symbol = isObject(record) ? record["symbol"] : undefined;
    if (typeof symbol === "string" && !sheet.isConfigured(symbol.toUpperCase())) continue;
    const row = new Row(record, index);
    sheet.status(row, { ...readInstrument(row), ...time });
  }
  return "venue-data";
}

function readInstrument(row: Row): StatusRecord {
  const isTradeable = row.raw("tradeable");
  if (typeof isTradeable !== "boolean") row.fail("tradeable is neither true nor false");
  const isPostOnly = row.raw("postOnly") === true;
  return {
    channel: CHANNEL,
    rawSymbol: row.text("symbol").toUpperCase(),
    eventTimeUs: undefined,
    frameIndex: row.frameIndex,
    state: isTradeable !== true ? "halted" : isPostOnly ? "post-only" : "trading",
    rawState: [isTradeable === true ? "tradeable" : "not tradeable", ...(isPostOnly ? ["postOnly"] : [])].join(" "),
    tickSize: row.numberUnlessZero("tickSize"),
    lotSize: stepOfDigits(row, "contractValueTradePrecision"),
    contractSize: row.numberUnlessZero("contractSize"),
    detail: row.textIfAny("type"),
  };
}

/** Status and increments are told over HTTP alone, of the whole market: every five minutes. */
export const KRAKEN_FUTURES_VENUE_DATA: FeedVenueData = {
  channels: channelsOf("status", [CHANNEL]),
  polled: [
    {
      name: CHANNEL,
      everyMs: 300_000,
      requests: () => [{ path: PATH, weight: 1, rawSymbols: [] }],
      refusal(body) {
        const start = new TextDecoder().decode(body.subarray(0, SHOWN_MAX));
        return start.includes('"result":"error"') ? start : undefined;
      },
    },
  ],
  createReader: ({ channels }) =>
    createVenueDataReader({
      marks: { texts: [] },
      hasBareNumbers: true,
      answers: channels.includes(CHANNEL)
        ? [{ path: /\/derivatives\/api\/v3\/instruments$/, read: readInstruments }]
        : [],
      read: () => "other",
    }),
};
