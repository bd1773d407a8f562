import { asArray, asText, parseJson } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannels } from "./book-channels.ts";
import { tradeChannel } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { KrakenV1Dialogue } from "./dialogue.ts";

/** The older WebSocket API. Source: https://docs.kraken.com/exchange/api-reference/spot-websocket-v1/trade */
export const krakenV1: VenueProtocol = {
  feed: "kraken-v1",
  path: "",
  documentation: "https://docs.kraken.com/exchange/api-reference/spot-websocket-v1/trade",
  channels: [tradeChannel],
  bookChannels,
  dataChannels,
  pricePattern: /(?<=\[)("\d+\.?\d*")(?=,")/g,
  open: (peer) => new KrakenV1Dialogue(peer),
  topicOf,
  tradesOf,
};

/** Data frames are arrays that end with the channel's name and the pair. */
function topicOf(text: string): string | undefined {
  const message = asArray(text.startsWith("[") ? parseJson(text) : undefined);
  const [channel, pair] = [asText(message.at(-2)), asText(message.at(-1))];
  return channel === undefined || pair === undefined ? undefined : `${channel}|${pair}`;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.startsWith("[") || !text.includes('"trade"')) return [];
  const message = asArray(parseJson(text));
  if (message.at(-2) !== "trade") return [];
  return asArray(message[1]).map((item) => {
    const [price, size, , side] = asArray(item);
    return {
      channel: "trade",
      symbol: String(message.at(-1)),
      id: undefined,
      price: String(price),
      size: String(size),
      side: side === "s" ? "sell" : "buy",
    };
  });
}
