import type { VenueDataReader } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { DecoderOptions } from "../feed.ts";
import { Row } from "../venue-data/row.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";
import { readExchangeTicker } from "./exchange-ticker.ts";
import { readProduct } from "./status.ts";

/** Reads frames {"type":"ticker",…} and {"type":"status","products":[…]}. */
export function createExchangeVenueDataReader({ channels }: DecoderOptions): VenueDataReader {
  // Frames of both channels are the same: one that is chosen alone is what they are of.
  const ticker = ["ticker", "ticker_batch"].find((name) => channels.includes(name));
  const hasStatus = channels.includes("status");
  return createVenueDataReader({
    marks: { texts: [...(ticker === undefined ? [] : ['"type":"ticker"']), ...(hasStatus ? ['"type":"status"'] : [])] },
    read(message, sheet) {
      if (!isObject(message)) return "other";
      if (message["type"] === "ticker" && ticker !== undefined) {
        const row = new Row(message);
        sheet.ticker(row, readExchangeTicker(row, ticker));
        return "venue-data";
      }
      if (message["type"] !== "status" || !hasStatus) return "other";
      if (!Array.isArray(message["products"])) return sheet.malformed("a message of type status without its products");
      for (const record of message["products"] as readonly unknown[]) {
        const row = new Row(record, sheet.count);
        if (sheet.isConfigured(String(row.raw("id"))))
          sheet.status(row, readProduct(row, "status", { eventTimeUs: undefined }));
      }
      return "venue-data";
    },
  });
}
