import { asArray, asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { bookChannels } from "./book-channels.ts";
import { allTrades, trades } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { OkxDialogue } from "./dialogue.ts";

/** v5 public: spot, swaps and futures. Source: https://www.okx.com/docs-v5/en/#overview-websocket */
export const okx: VenueProtocol = {
  feed: "okx",
  path: "",
  documentation: "https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-trades-channel",
  channels: [trades, allTrades],
  bookChannels,
  dataChannels,
  pricePattern: /"px":("[^"]*")/g,
  open: (peer) => new OkxDialogue(peer),
  topicOf,
  tradesOf,
};

/** Answers have "arg" too, but no "data". */
function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const arg = asObject(message?.["arg"]);
  const channel = asText(arg?.["channel"]);
  const instId = asText(arg?.["instId"]);
  if (message?.["data"] === undefined || channel === undefined || instId === undefined) return undefined;
  return `${channel}|${instId}`;
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('"channel":"trades')) return [];
  const message = parseObject(text);
  const channel = asText(asObject(message?.["arg"])?.["channel"]);
  if (channel !== "trades" && channel !== "trades-all") return [];
  return asArray(message?.["data"]).map((item) => {
    const trade = asObject(item) ?? {};
    return {
      channel,
      symbol: String(trade["instId"]),
      id: String(trade["tradeId"]),
      price: String(trade["px"]),
      size: String(trade["sz"]),
      side: trade["side"] === "sell" ? "sell" : "buy",
      // What stands for several executions is not what the venue tells over HTTP.
      ...(trade["count"] === undefined || trade["count"] === "1" ? { timeUs: Number(trade["ts"]) * 1000 } : {}),
    };
  });
}
