import type { VenueDataReader } from "../../domain/index.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { DecoderOptions } from "../feed.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";
import { readInstrument, readSystemStatus } from "./status.ts";
import { readV2Candle } from "./v2-candle.ts";
import { readV2Ticker } from "./v2-ticker.ts";

interface Put {
  readonly sheet: Sheet;
  readonly row: Row;
  /** The frame. */
  readonly message: JsonObject;
  readonly chosen: ReadonlySet<string>;
}

/** By the channel's name on the wire. */
const PUTS: Readonly<Record<string, (put: Put) => void>> = {
  ticker: ({ sheet, row }) => sheet.ticker(row, readV2Ticker(row, "ticker")),
  status: ({ sheet, row }) => sheet.status(row, readSystemStatus(row, "status", "system")),
  instrument({ sheet, row }) {
    if (sheet.isConfigured(String(row.raw("symbol")))) sheet.status(row, readInstrument(row, "instrument"));
  },
  ohlc({ sheet, row, message, chosen }) {
    const candle = readV2Candle(row, new Row(message, row.frameIndex));
    if (row.problem !== undefined || chosen.has(candle.channel)) sheet.candle(row, candle);
  },
};

/** Reads frames {"channel":…,"type":…,"data":…} of the chosen channels. */
export function createV2VenueDataReader({ channels }: DecoderOptions): VenueDataReader {
  const chosen = new Set(channels);
  const onTheWire = ["ticker", "instrument", "status"].filter((name) => chosen.has(name));
  if (channels.some((name) => name.startsWith("ohlc-"))) onTheWire.push("ohlc");
  return createVenueDataReader({
    marks: { texts: onTheWire.map((name) => `"channel":"${name}"`) },
    hasBareNumbers: true,
    read(message, sheet) {
      const channel = isObject(message) ? message["channel"] : undefined;
      if (!isObject(message) || typeof channel !== "string" || !onTheWire.includes(channel)) return "other";
      const { data } = message;
      const pairs = channel === "instrument" && isObject(data) ? data["pairs"] : data;
      if (!Array.isArray(pairs)) return sheet.malformed(`a message of channel ${channel} without its data`);
      for (const record of pairs as readonly unknown[])
        PUTS[channel]?.({ sheet, row: new Row(record, sheet.count), message, chosen });
      return "venue-data";
    },
  });
}
