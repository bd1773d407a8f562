import type { VenueDataReader } from "../../domain/index.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { DecoderOptions } from "../feed.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";
import { readAdvancedCandle } from "./advanced-candle.ts";
import { type MessageHead, readAdvancedTicker } from "./advanced-ticker.ts";
import { readProduct } from "./status.ts";

interface Channel {
  /** The key of an event's records. */
  readonly list: string;
  put(sheet: Sheet, row: Row, head: MessageHead): void;
}

const CHANNELS: ReadonlyMap<string, Channel> = new Map<string, Channel>([
  ["ticker", tickers("ticker")],
  ["ticker_batch", tickers("ticker_batch")],
  [
    "candles",
    { list: "candles", put: (sheet, row, head) => sheet.candle(row, readAdvancedCandle(row, "candles", head)) },
  ],
  [
    "status",
    {
      list: "products",
      put(sheet, row, head) {
        if (sheet.isConfigured(String(row.raw("id")))) sheet.status(row, readProduct(row, "status", head));
      },
    },
  ],
]);

function tickers(channel: string): Channel {
  return { list: "tickers", put: (sheet, row, head) => sheet.ticker(row, readAdvancedTicker(row, channel, head)) };
}

/** Reads frames {"channel":…,"timestamp":…,"sequence_num":…,"events":[…]} of the chosen channels. */
export function createAdvancedVenueDataReader({ channels }: DecoderOptions): VenueDataReader {
  const chosen = new Map([...CHANNELS].filter(([name]) => channels.includes(name)));
  return createVenueDataReader({
    marks: { texts: [...chosen.keys()].map((name) => `"channel":"${name}"`) },
    read(message, sheet) {
      const name = isObject(message) ? message["channel"] : undefined;
      const channel = typeof name === "string" ? chosen.get(name) : undefined;
      if (!isObject(message) || channel === undefined) return "other";
      const whole = new Row(message);
      const head = { ...whole.rfc3339("timestamp"), sequence: whole.countIfAny("sequence_num") };
      const { events } = message;
      if (whole.problem !== undefined || !Array.isArray(events))
        return sheet.malformed(whole.problem ?? `a message of channel ${String(name)} without its events`);
      const lists = (events as readonly unknown[]).map((event) => (isObject(event) ? event[channel.list] : undefined));
      if (!lists.every((list) => Array.isArray(list)))
        return sheet.malformed(`an event of ${String(name)} without ${channel.list}`);
      for (const record of lists.flat() as readonly unknown[]) channel.put(sheet, new Row(record, sheet.count), head);
      return "venue-data";
    },
  });
}
