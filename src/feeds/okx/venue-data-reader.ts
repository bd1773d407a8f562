import type { VenueDataReader } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { DecoderOptions } from "../feed.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";
import { readCandle } from "./candle.ts";
import { readFunding } from "./funding.ts";
import { readLiquidation } from "./liquidation.ts";
import { readInstrument, readSystemStatus } from "./status.ts";
import { readTicker } from "./ticker.ts";
import { CANDLES, VENUE_DATA } from "./venue-data-channels.ts";

/** Reads frames {"arg":{"channel":…, …},"data":[…]} of the chosen channels. */
export function createOkxVenueDataReader({ channels }: DecoderOptions): VenueDataReader {
  const chosen = new Set(VENUE_DATA.map(({ name }) => name).filter((name) => channels.includes(name)));
  return createVenueDataReader({
    marks: { texts: [...chosen].map((name) => `"channel":"${name}"`) },
    read(message, sheet) {
      const arg = isObject(message) ? message["arg"] : undefined;
      const channel = isObject(arg) ? arg["channel"] : undefined;
      if (!isObject(message) || !isObject(arg) || typeof channel !== "string" || !chosen.has(channel)) return "other";
      if ("event" in message) return "other"; // An answer to a request for the channel.
      const { data } = message;
      if (!Array.isArray(data)) return sheet.malformed(`a message of channel ${channel} without its data`);
      const instId = typeof arg["instId"] === "string" ? arg["instId"] : "";
      for (const record of data as readonly unknown[]) put(sheet, record, { channel, instId });
      return "venue-data";
    },
  });
}

function put(
  sheet: Sheet,
  record: unknown,
  { channel, instId }: { readonly channel: string; readonly instId: string },
): void {
  const row = new Row(record, sheet.count);
  switch (channel) {
    case "tickers":
      sheet.ticker(row, readTicker(row));
      return;
    case "funding-rate":
    case "mark-price":
    case "open-interest":
      sheet.funding(row, readFunding(row, channel));
      return;
    case "index-tickers": {
      const funding = readFunding(row, channel);
      if (row.problem !== undefined || sheet.isConfigured(funding.rawSymbol)) sheet.funding(row, funding);
      return;
    }
    case "liquidation-orders":
      putLiquidations(sheet, row);
      return;
    case "instruments":
      if (sheet.isConfigured(String(row.raw("instId")))) sheet.status(row, readInstrument(row));
      return;
    case "status":
      sheet.status(row, readSystemStatus(row));
      return;
    default: {
      const interval = CANDLES.find(({ name }) => name === channel)?.interval ?? "";
      sheet.candle(row, readCandle(row, { channel, rawSymbol: instId, interval }));
    }
  }
}

/** Of an instrument at once, perhaps several; of instruments that nobody asked for, none. */
function putLiquidations(sheet: Sheet, row: Row): void {
  const rawSymbol = String(row.raw("instId"));
  if (!sheet.isConfigured(rawSymbol)) return;
  const details = row.raw("details");
  for (const detail of Array.isArray(details) ? (details as readonly unknown[]) : [details]) {
    const inner = new Row(detail, sheet.count);
    sheet.liquidation(inner, readLiquidation(inner, rawSymbol));
  }
}
