import { asArray, asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannel } from "./book-channels.ts";
import { tradeChannel } from "./channels.ts";
import { GeminiDialogue } from "./dialogue.ts";

/** Market data v2. Source: https://docs.gemini.com/websocket/market-data/v2/level-2 */
export const gemini: VenueProtocol = {
  feed: "gemini",
  path: "",
  documentation: "https://docs.gemini.com/websocket/market-data/v2/level-2",
  channels: [tradeChannel],
  bookChannels: [bookChannel],
  pricePattern: /"price":("[^"]*")/g,
  open: (peer) => new GeminiDialogue(peer),
  topicOf,
  tradesOf,
};

/** All that `l2` brings of a symbol; the simulated market keeps its two parts apart. */
function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const symbol = asText(message?.["symbol"]);
  if (symbol === undefined) return undefined;
  return message?.["type"] === "l2_updates" ? `l2|${symbol}` : `trades|${symbol}`;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('"type":"trade"')) return [];
  const message = parseObject(text);
  const records = message?.["type"] === "trade" ? [message] : asArray(message?.["trades"]).toReversed();
  return records.map((item) => {
    const trade = asObject(item) ?? {};
    return {
      channel: "trades",
      symbol: String(trade["symbol"]),
      id: String(trade["event_id"]),
      price: String(trade["price"]),
      size: String(trade["quantity"]),
      side: trade["side"] === "sell" ? "sell" : "buy",
      timeUs: Number(trade["timestamp"]) * 1000,
    };
  });
}
