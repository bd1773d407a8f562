import { asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { isoTimeUs } from "../time-text.ts";
import { bookChannels } from "./book-channels.ts";
import { matches } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { CoinbaseExchangeDialogue } from "./dialogue.ts";
import { fullChannel } from "./full-channel.ts";

/** Exchange market data. Source: https://docs.cdp.coinbase.com/exchange/websocket-feed/channels */
export const coinbaseExchange: VenueProtocol = {
  feed: "coinbase-exchange",
  path: "",
  documentation: "https://docs.cdp.coinbase.com/exchange/websocket-feed/channels",
  channels: [matches],
  bookChannels: [...bookChannels, fullChannel],
  dataChannels,
  pricePattern: /"price":("[^"]*")/g,
  open: (peer) => new CoinbaseExchangeDialogue(peer),
  topicOf,
  tradesOf,
  variant,
};

/** The channel that carries each type of message. */
const CHANNEL_OF: Readonly<Record<string, string>> = {
  match: "matches",
  last_match: "matches",
  ticker: "ticker",
  snapshot: "level2",
  l2update: "level2",
  received: "full",
  open: "full",
  done: "full",
  change: "full",
  activate: "full",
};

function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const channel = CHANNEL_OF[String(message?.["type"])];
  const product = asText(message?.["product_id"]);
  return channel === undefined || product === undefined ? undefined : `${channel}|${product}`;
}

/** Matches are told on `full` too. */
function variant(topic: string, payload: Uint8Array): ReturnType<NonNullable<VenueProtocol["variant"]>> {
  return topic.startsWith("matches|") ? { topic: `full|${topic.slice("matches|".length)}`, payload } : undefined;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('match"')) return [];
  const message = parseObject(text);
  if (message?.["type"] !== "match" && message?.["type"] !== "last_match") return [];
  return [
    {
      channel: "matches",
      symbol: String(message["product_id"]),
      id: String(message["trade_id"]),
      price: String(message["price"]),
      size: String(message["size"]),
      side: message["side"] === "sell" ? "buy" : "sell", // The maker's side.
      timeUs: isoTimeUs(String(message["time"])),
    },
  ];
}
