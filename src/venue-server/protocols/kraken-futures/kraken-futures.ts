import { parseWithNumberTexts } from "../../number-text.ts";
import { asArray, asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannel } from "./book-channels.ts";
import { tradeChannel } from "./channels.ts";
import { KrakenFuturesDialogue } from "./dialogue.ts";

/** WebSocket v1. Source: https://docs.kraken.com/exchange/api-reference/futures-websocket/trade */
export const krakenFutures: VenueProtocol = {
  feed: "kraken-futures",
  path: "",
  documentation: "https://docs.kraken.com/exchange/api-reference/futures-websocket/trade",
  channels: [tradeChannel],
  bookChannels: [bookChannel],
  pricePattern: /"price":([0-9.eE+-]+)/g,
  open: (peer) => new KrakenFuturesDialogue(peer),
  topicOf,
  tradesOf,
};

/** Snapshots belong to the feed that they begin. */
function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const feed = asText(message?.["feed"]);
  const product = asText(message?.["product_id"]);
  if (feed === undefined || product === undefined || message?.["event"] !== undefined) return undefined;
  return `${feed.replace(/_snapshot$/, "")}|${product}`;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.startsWith('{"feed":"trade')) return [];
  // Prices and sizes are JSON numbers here: their texts count, not what a double makes of them.
  const message = asObject(parseWithNumberTexts(text)) ?? {};
  const records = message["feed"] === "trade" ? [message] : asArray(message["trades"]).toReversed();
  return records.map((item) => {
    const trade = asObject(item) ?? {};
    return {
      channel: "trade",
      symbol: String(trade["product_id"]),
      id: String(trade["uid"]),
      price: String(trade["price"]),
      size: String(trade["qty"]),
      side: trade["side"] === "sell" ? "sell" : "buy",
      timeUs: Number(trade["time"]) * 1000,
      sequence: String(trade["seq"]),
    };
  });
}
