import { parseWithNumberTexts } from "../../number-text.ts";
import { asArray, asObject, asText, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { trade } from "./channels.ts";
import { BybitV2Dialogue } from "./dialogue.ts";

/** v2 public inverse, which Bybit retired: for old recordings. */
export const bybitV2: VenueProtocol = {
  feed: "bybit-v2",
  path: "",
  documentation: "https://bybit-exchange.github.io/docs/v5/intro",
  channels: [trade],
  pricePattern: /"price":([\d.]+)/g,
  open: (peer) => new BybitV2Dialogue(peer),
  topicOf: (text) => asText(parseObject(text)?.["topic"]),
  tradesOf,
};

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.startsWith('{"topic":"trade.')) return [];
  return asArray(asObject(parseWithNumberTexts(text))?.["data"]).map((item) => {
    const record = asObject(item) ?? {};
    return {
      channel: "trade",
      symbol: String(record["symbol"]),
      id: String(record["trade_id"]),
      price: String(record["price"]),
      size: String(record["size"]),
      side: record["side"] === "Sell" ? "sell" : "buy",
    };
  });
}
