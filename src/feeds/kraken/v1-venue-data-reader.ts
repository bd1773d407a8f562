import type { VenueDataReader } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { DecoderOptions } from "../feed.ts";
import { Row } from "../venue-data/row.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";
import { readSystemStatus } from "./status.ts";
import { readV1Candle } from "./v1-candle.ts";
import { readV1Ticker } from "./v1-ticker.ts";

/** Reads frames [channelID, record, channelName, pair] of the chosen channels, and the event systemStatus. */
export function createV1VenueDataReader({ channels }: DecoderOptions): VenueDataReader {
  const chosen = new Set(channels.filter((name) => name === "ticker" || name.startsWith("ohlc-")));
  const hasStatus = channels.includes("systemStatus");
  const marks = [...chosen].map((name) => `"${name}","`);
  return createVenueDataReader({
    // A list names its channel last.
    marks: { texts: hasStatus ? [...marks, '"event":"systemStatus"'] : marks, within: "ends" },
    read(message, sheet) {
      if (isObject(message)) {
        if (!hasStatus || message["event"] !== "systemStatus") return "other";
        const row = new Row(message);
        sheet.status(row, readSystemStatus(row, "systemStatus", "status"));
        return "venue-data";
      }
      if (!Array.isArray(message) || message.length < 4) return "other";
      const [, record, channel, pair] = message as readonly unknown[];
      if (typeof channel !== "string" || typeof pair !== "string" || !chosen.has(channel)) return "other";
      const row = new Row(record);
      if (channel === "ticker") sheet.ticker(row, readV1Ticker(row, channel, pair));
      else sheet.candle(row, readV1Candle(row, channel, pair));
      return "venue-data";
    },
  });
}
