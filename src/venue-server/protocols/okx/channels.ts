import { type Fill, shortest } from "../../market/index.ts";
import type { FeedListing, FrameSink, TradeChannel } from "../protocol.ts";

/** Books share the sequence with trades, so that numbers are not contiguous over trades. */
const SEQUENCES_PER_ORDER = 5;

/** Fills of one taker order at one price are one record, under the last one's id. */
export const trades: TradeChannel = {
  name: "trades",
  aggregatedUnder: "last",
  topic: (instId) => `trades|${instId}`,
  write(order, listing, sink) {
    for (let from = 0; from < order.fills.length; ) {
      const { price } = order.fills[from] as Fill;
      let to = from;
      let size = 0;
      while (order.fills[to]?.price === price) {
        size += order.fills[to]?.size ?? 0;
        to += 1;
      }
      const last = order.fills[to - 1] as Fill;
      const more = `,"count":"${to - from}","source":"0","seqId":${listing.sequence(order.number * SEQUENCES_PER_ORDER)}`;
      send(sink, { channel: "trades", listing, fill: { ...last, size }, before: "", more, from, to });
      from = to;
    }
  },
};

/** One frame an execution. */
export const allTrades: TradeChannel = {
  name: "trades-all",
  topic: (instId) => `trades-all|${instId}`,
  write(order, listing, sink) {
    order.fills.forEach((fill, from) => {
      send(sink, { channel: "trades-all", listing, fill, before: ',"source":"0"', more: "", from, to: from + 1 });
    });
  },
};

interface OkxRecord {
  readonly channel: string;
  readonly listing: FeedListing;
  readonly fill: Fill;
  /** Fields before the time, and after it. */
  readonly before: string;
  readonly more: string;
  readonly from: number;
  readonly to: number;
}

function send(sink: FrameSink, { channel, listing, fill, before, more, from, to }: OkxRecord): void {
  const { symbol, market } = listing;
  const record =
    `{"instId":"${symbol}","tradeId":"${listing.tradeId(fill.ordinal)}","px":"${shortest(fill.price, market.priceScale)}",` +
    `"sz":"${shortest(fill.size, market.sizeScale)}","side":"${fill.isBuy ? "buy" : "sell"}"${before},` +
    `"ts":"${Math.floor(fill.timeUs / 1000)}"${more}}`;
  sink.frame(`{"arg":{"channel":"${channel}","instId":"${symbol}"},"data":[${record}]}`, from, to);
}
