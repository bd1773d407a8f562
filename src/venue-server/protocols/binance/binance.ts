import type { TakerSide } from "../../../domain/index.ts";
import { asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannels } from "./book-channels.ts";
import { RAW_PREFIX, tradeChannels } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { BinanceDialogue, type BinanceLimits } from "./dialogue.ts";

/** Spot streams. Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams */
export const binance: VenueProtocol = protocol({
  feed: "binance",
  limits: { messagesPerSecondMax: 5, streamsMax: 1024, pingEveryMs: 20_000, pongWithinMs: 60_000 },
  documentation: "https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams",
});

/** USD-margined futures. Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams */
export const binanceUsdm: VenueProtocol = protocol({
  feed: "binance-usdm",
  limits: { messagesPerSecondMax: 10, streamsMax: 1024, pingEveryMs: 180_000, pongWithinMs: 600_000 },
  documentation: "https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams",
});

/** Coin-margined futures. Source: https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams */
export const binanceCoinm: VenueProtocol = protocol({
  feed: "binance-coinm",
  limits: { messagesPerSecondMax: 10, streamsMax: 1024, pingEveryMs: 180_000, pongWithinMs: 600_000 },
  documentation: "https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams",
});

function protocol({
  feed,
  limits,
  documentation,
}: {
  readonly feed: string;
  readonly limits: BinanceLimits;
  readonly documentation: string;
}): VenueProtocol {
  return {
    feed,
    path: "/stream",
    documentation,
    channels: tradeChannels(feed === "binance"),
    bookChannels: bookChannels(feed),
    dataChannels: dataChannels(feed),
    pricePattern: /"p":("[^"]*")/g,
    open: (peer) => new BinanceDialogue(peer, limits),
    topicOf,
    tradesOf,
    variant: rawVariant,
  };
}

function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const stream = asText(message?.["stream"]);
  if (stream !== undefined) return stream;
  const [event, symbol] = [asText(message?.["e"]), asText(message?.["s"])];
  return event === undefined || symbol === undefined ? undefined : `${symbol.toLowerCase()}@${event}`;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('rade"')) return []; // Neither "trade" nor "aggTrade": not worth parsing.
  const message = parseObject(text);
  const event = asObject(message?.["data"]) ?? message;
  const channel = asText(event?.["e"]);
  if (event === undefined || (channel !== "trade" && channel !== "aggTrade")) return [];
  const id = event[channel === "trade" ? "t" : "a"];
  // `m`: the buyer was the maker, so the taker sold.
  const side: TakerSide = event["m"] === true ? "sell" : "buy";
  return [
    {
      channel,
      symbol: String(event["s"]),
      id: String(id),
      price: String(event["p"]),
      size: String(event["q"]),
      side,
      ...(channel === "trade" ? { timeUs: Number(event["T"]) * 1000 } : {}),
    },
  ];
}

const DATA_START = Buffer.from('"data":');

/** A raw stream's frame is the combined stream's `data`, byte for byte. */
function rawVariant(topic: string, payload: Uint8Array): { readonly topic: string; readonly payload: Uint8Array } {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const start = bytes.indexOf(DATA_START);
  const isCombined = bytes.subarray(0, 10).toString("latin1") === '{"stream":' && start > 0;
  return {
    topic: RAW_PREFIX + topic,
    payload: isCombined ? bytes.subarray(start + DATA_START.byteLength, -1) : bytes,
  };
}
