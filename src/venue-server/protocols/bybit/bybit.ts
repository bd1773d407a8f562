import { asArray, asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannels } from "./book-channels.ts";
import { publicTrade } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { BybitDialogue } from "./dialogue.ts";

/** v5 public spot. Source: https://bybit-exchange.github.io/docs/v5/ws/connect */
export const bybit: VenueProtocol = protocol("bybit", 10);
/** v5 public linear: perpetuals and futures that settle in USDT or USDC. */
export const bybitLinear: VenueProtocol = protocol("bybit-linear", undefined);
/** v5 public inverse: perpetuals and futures that settle in the coin; sizes count contracts of 1 USD. */
export const bybitInverse: VenueProtocol = protocol("bybit-inverse", undefined);

function protocol(feed: string, argumentsMax: number | undefined): VenueProtocol {
  return {
    feed,
    path: "",
    documentation: "https://bybit-exchange.github.io/docs/v5/websocket/public/trade",
    channels: [publicTrade(feed !== "bybit")],
    bookChannels,
    dataChannels: dataChannels(feed),
    pricePattern: /"p":("[^"]*")/g,
    open: (peer) => new BybitDialogue(peer, { argumentsMax }),
    topicOf: (text) => asText(parseObject(text)?.["topic"]),
    tradesOf,
  };
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('"publicTrade.')) return [];
  const message = parseObject(text);
  if (asText(message?.["topic"])?.startsWith("publicTrade.") !== true) return [];
  return asArray(message?.["data"]).map((item) => {
    const trade = asObject(item) ?? {};
    return {
      channel: "publicTrade",
      symbol: String(trade["s"]),
      id: String(trade["i"]),
      price: String(trade["p"]),
      size: String(trade["v"]),
      side: trade["S"] === "Sell" ? "sell" : "buy",
      timeUs: Number(trade["T"]) * 1000,
      ...(trade["seq"] === undefined ? {} : { sequence: String(trade["seq"]) }),
    };
  });
}
