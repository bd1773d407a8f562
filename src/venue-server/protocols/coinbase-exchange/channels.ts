import { type Fill, type MarketListing, shortest } from "../../market/index.ts";
import type { FeedListing, TradeChannel } from "../protocol.ts";
import { pseudoUuid } from "../pseudo-uuid.ts";
import { isoMicroseconds } from "../time-text.ts";

/** Orders rest and leave between trades, so that sequence numbers are not contiguous over trades. */
const SEQUENCES_PER_TRADE = 7;

/** One frame a trade. */
export const matches: TradeChannel = {
  name: "matches",
  topic: (symbol) => `matches|${symbol}`,
  write(order, listing, sink) {
    order.fills.forEach((fill, index) => {
      sink.frame(matchFrame("match", fill, { listing, order: order.number }), index, index + 1);
    });
  },
};

/** `side` is the maker's. */
export function matchFrame(
  type: "match" | "last_match",
  fill: Fill,
  { listing, order }: { readonly listing: FeedListing; readonly order: number },
): string {
  const { priceScale, sizeScale } = listing.market;
  return (
    `{"type":"${type}","trade_id":${listing.tradeId(fill.ordinal)},"maker_order_id":"${makerId(listing.market, fill)}",` +
    `"taker_order_id":"${takerId(listing.market, order)}","side":"${fill.isBuy ? "sell" : "buy"}","size":"${shortest(fill.size, sizeScale)}",` +
    `"price":"${shortest(fill.price, priceScale)}","product_id":"${listing.symbol}","sequence":${sequenceOf(fill, listing)},"time":"${isoMicroseconds(fill.timeUs)}"}`
  );
}

export function makerId({ index }: MarketListing, { ordinal }: Fill): string {
  return pseudoUuid(index, ordinal, 1);
}

export function takerId({ index }: MarketListing, order: number): string {
  return pseudoUuid(index, order, 2);
}

/** Of `matches`, `ticker` and `heartbeat`; `full`, whose messages are counted, has numbers of its own here. */
export function sequenceOf(fill: Fill, listing: FeedListing): number {
  return listing.sequence(fill.ordinal * SEQUENCES_PER_TRADE);
}
