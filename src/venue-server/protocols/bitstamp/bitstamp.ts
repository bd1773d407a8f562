import { asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannels } from "./book-channels.ts";
import { liveTrades } from "./channels.ts";
import { BitstampDialogue } from "./dialogue.ts";

/** WebSocket v2. Source: https://www.bitstamp.net/websocket/v2/ */
export const bitstamp: VenueProtocol = {
  feed: "bitstamp",
  path: "",
  documentation: "https://www.bitstamp.net/websocket/v2/",
  channels: [liveTrades],
  bookChannels,
  pricePattern: /"price_str":("[^"]*")/g,
  open: (peer) => new BitstampDialogue(peer),
  topicOf,
  tradesOf,
};

/** The channel's name holds the pair. Answers have "channel" too. */
function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const event = asText(message?.["event"]) ?? "bts:";
  return event.startsWith("bts:") ? undefined : asText(message?.["channel"]);
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('"event":"trade"')) return [];
  const message = parseObject(text);
  const [, pair] = /^live_trades_(.+)$/.exec(asText(message?.["channel"]) ?? "") ?? [];
  const trade = asObject(message?.["data"]);
  if (pair === undefined || trade === undefined) return [];
  return [
    {
      channel: "live_trades",
      symbol: pair,
      id: String(trade["id"]),
      price: String(trade["price_str"]),
      size: String(trade["amount_str"]),
      side: trade["type"] === 1 ? "sell" : "buy",
      timeUs: Number(trade["microtimestamp"]),
    },
  ];
}
