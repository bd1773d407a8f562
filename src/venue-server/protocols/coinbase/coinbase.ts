import { asArray, asObject, asText, type JsonObject, parseObject } from "../json.ts";
import type { RecordedTrade, VenueProtocol } from "../protocol.ts";
import { isoTimeUs } from "../time-text.ts";
import { level2 } from "./book-channels.ts";
import { marketTrades } from "./channels.ts";
import { dataChannels } from "./data-channels.ts";
import { CoinbaseDialogue } from "./dialogue.ts";

/** Advanced Trade market data. Source: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels */
export const coinbase: VenueProtocol = {
  feed: "coinbase",
  path: "",
  documentation: "https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels",
  channels: [marketTrades],
  bookChannels: [level2],
  dataChannels,
  pricePattern: /"price":("[^"]*")/g,
  open: (peer) => new CoinbaseDialogue(peer),
  topicOf,
  tradesOf,
};

/** The channel that clients subscribe where frames name it differently. */
const SUBSCRIBED_AS: Readonly<Record<string, string>> = { l2_data: "level2" };
const CONTROL = ["heartbeats", "subscriptions"];

function topicOf(text: string): string | undefined {
  const message = parseObject(text);
  const channel = asText(message?.["channel"]);
  if (channel === undefined || CONTROL.includes(channel)) return undefined;
  const event = asObject(asArray(message?.["events"])[0]);
  const product = event === undefined ? undefined : productOf(event);
  return product === undefined ? undefined : `${SUBSCRIBED_AS[channel] ?? channel}|${product}`;
}

/** The product of an event, or of the first item in its first list. */
function productOf(event: JsonObject): string | undefined {
  const own = asText(event["product_id"]);
  if (own !== undefined) return own;
  const list = Object.values(event).find((value) => Array.isArray(value));
  return asText(asObject(asArray(list)[0])?.["product_id"]);
}

function tradesOf(text: string): readonly RecordedTrade[] {
  if (!text.includes('"market_trades"')) return [];
  const message = parseObject(text);
  if (message?.["channel"] !== "market_trades") return [];
  return asArray(message["events"])
    .flatMap((event) => asArray(asObject(event)?.["trades"]))
    .map((item) => {
      const trade = asObject(item) ?? {};
      return {
        channel: "market_trades",
        symbol: String(trade["product_id"]),
        id: String(trade["trade_id"]),
        price: String(trade["price"]),
        size: String(trade["size"]),
        // The maker's side: trades at the ask are marked SELL.
        side: trade["side"] === "SELL" ? "buy" : "sell",
        timeUs: isoTimeUs(String(trade["time"])),
      };
    });
}
