import { parseWithNumberTexts } from "../../number-text.ts";
import { asArray, asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { isoTimeUs } from "../time-text.ts";
import { bookChannels } from "./book-channels.ts";
import { tradeChannel } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { KrakenDialogue } from "./dialogue.ts";

/** WebSocket API v2. Source: https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/trade */
export const kraken: VenueProtocol = {
  feed: "kraken",
  path: "",
  documentation: "https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/trade",
  channels: [tradeChannel],
  bookChannels,
  dataChannels,
  pricePattern: /"price":([0-9.eE+-]+)/g,
  open: (peer) => new KrakenDialogue(peer),
  topicOf,
  tradesOf,
};

function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const channel = asText(message?.["channel"]);
  const symbol = asText(asObject(asArray(message?.["data"])[0])?.["symbol"]);
  return channel === undefined || symbol === undefined ? undefined : `${channel}|${symbol}`;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('"channel":"trade"')) return [];
  // Prices and sizes are JSON numbers here: their texts count, not what a double makes of them.
  const message = asObject(parseWithNumberTexts(text));
  return asArray(message?.["data"]).map((item) => {
    const trade = asObject(item) ?? {};
    return {
      channel: "trade",
      symbol: String(trade["symbol"]),
      id: String(trade["trade_id"]),
      price: String(trade["price"]),
      size: String(trade["qty"]),
      side: trade["side"] === "sell" ? "sell" : "buy",
      timeUs: isoTimeUs(String(trade["timestamp"])),
    };
  });
}
