import type { VenueDataOutcome, VenueDataReader } from "../../domain/index.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { createVenueDataReader } from "../venue-data/venue-data-format.ts";
import { readCandle } from "./candle.ts";
import { hasFunding, readFunding } from "./funding.ts";
import { readLiquidation } from "./liquidation.ts";
import { readInstrumentsInfo, readPriceLimit } from "./status.ts";
import { hasTicker, readTicker } from "./ticker.ts";

export interface BybitVenueDataOptions {
  /** Names of the chosen channels: topics without their symbol. */
  readonly channels: readonly string[];
  readonly category: "spot" | "linear" | "inverse";
}

/** Reads frames {"topic":…,"type":…,"ts":…,"data":…} of the chosen channels. */
export function createBybitVenueDataReader({ channels, category }: BybitVenueDataOptions): VenueDataReader {
  const chosen = channels.filter((name) => /^(?:tickers|kline\..*|allLiquidation|liquidation|priceLimit)$/.test(name));
  const isInverse = category === "inverse";
  return createVenueDataReader({
    marks: {
      texts: chosen.map((name) => `"topic":"${name}.`),
      // Frames of the older topic had their keys in alphabetical order.
      ...(chosen.includes("liquidation") ? { within: "ends" as const } : {}),
    },
    answers: channels.includes("instruments-info")
      ? [{ path: /\/v5\/market\/instruments-info$/, read: readInstrumentsInfo }]
      : [],
    read(message, sheet) {
      const topic = isObject(message) ? message["topic"] : undefined;
      if (!isObject(message) || typeof topic !== "string") return "other";
      const end = topic.lastIndexOf(".");
      const channel = topic.slice(0, end);
      if (!chosen.includes(channel)) return "other";
      if (channel === "tickers") return readTickers(message, sheet, { category, isInverse });
      if (channel === "priceLimit") return readPriceLimit(message, sheet);
      return readRecords(message, sheet, { channel, rawSymbol: topic.slice(end + 1), isInverse });
    },
  });
}

/** Candles, which the topic names the symbol of, and liquidations. */
function readRecords(
  { data }: JsonObject,
  sheet: Sheet,
  of: { readonly channel: string; readonly rawSymbol: string; readonly isInverse: boolean },
): VenueDataOutcome {
  const { channel } = of;
  if (data === undefined) return sheet.malformed(`a message of topic ${channel} without its data`);
  for (const record of Array.isArray(data) ? (data as readonly unknown[]) : [data]) {
    const row = new Row(record, sheet.count);
    if (channel === "allLiquidation" || channel === "liquidation")
      sheet.liquidation(row, readLiquidation(row, channel));
    else sheet.candle(row, readCandle(row, of));
  }
  return "venue-data";
}

/** One message is a ticker, funding, or both. */
function readTickers(
  message: JsonObject,
  sheet: Sheet,
  { category, isInverse }: { readonly category: string; readonly isInverse: boolean },
): VenueDataOutcome {
  const whole = new Row(message);
  const isDelta = message["type"] === "delta";
  if (!isDelta && message["type"] !== "snapshot") whole.fail("type is neither snapshot nor delta");
  const head = {
    channel: "tickers",
    eventTimeUs: whole.unixTimeUs("ts"),
    sequence: whole.countIfAny("cs"),
    isDelta,
  };
  const { data } = message;
  if (whole.problem !== undefined || !isObject(data))
    return sheet.malformed(whole.problem ?? "a message of tickers without its data");
  // What is neither, such as a change of the tick's direction, is still a message of this channel.
  const ticker = new Row(data, sheet.count);
  if (hasTicker(ticker)) sheet.ticker(ticker, readTicker(ticker, head, { isInverse }));
  const funding = new Row(data, sheet.count);
  if (category !== "spot" && hasFunding(funding)) sheet.funding(funding, readFunding(funding, head));
  return "venue-data";
}
