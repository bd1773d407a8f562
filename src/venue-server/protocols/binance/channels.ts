import { type Fill, fixed, type Order } from "../../market/index.ts";
import type { FeedListing, FrameSink, TradeChannel } from "../protocol.ts";

/** Streams of connections that get bare events, without the name of the stream around them. */
export const RAW_PREFIX = "raw:";

/** The venue sends an event about this long after it happened. */
const SENT_AFTER_MS = 1;

/** `trade` and `aggTrade`, each combined and raw. Spot events have `M`; futures have `X` on trades. */
export function tradeChannels(isSpot: boolean): readonly TradeChannel[] {
  const writers = [
    { name: "trade", aggregatedUnder: undefined, write: writeTrades },
    { name: "aggTrade", aggregatedUnder: "first" as const, write: writeAggregates },
  ];
  return writers.flatMap(({ name, aggregatedUnder, write }) =>
    [true, false].map((isCombined) => ({
      name,
      aggregatedUnder,
      topic: (symbol: string) => `${isCombined ? "" : RAW_PREFIX}${symbol.toLowerCase()}@${name}`,
      write: (order: Order, listing: FeedListing, sink: FrameSink) =>
        write({ order, listing, sink, isCombined, isSpot }),
    })),
  );
}

interface Writing {
  readonly order: Order;
  readonly listing: FeedListing;
  readonly sink: FrameSink;
  readonly isCombined: boolean;
  readonly isSpot: boolean;
}

function writeTrades({ order, listing, sink, isCombined, isSpot }: Writing): void {
  const { symbol } = listing;
  order.fills.forEach((fill, index) => {
    const time = Math.floor(fill.timeUs / 1000);
    const { price, size } = numbers(fill, listing);
    const id = listing.tradeId(fill.ordinal);
    const maker = !fill.isBuy;
    const event = isSpot
      ? `{"e":"trade","E":${time + SENT_AFTER_MS},"s":"${symbol}","t":${id},"p":"${price}","q":"${size}","T":${time},"m":${maker},"M":true}`
      : `{"e":"trade","E":${time + SENT_AFTER_MS},"T":${time},"s":"${symbol}","t":${id},"p":"${price}","q":"${size}","X":"MARKET","m":${maker}}`;
    sink.frame(isCombined ? combined(symbol, "trade", event) : event, index, index + 1);
  });
}

/** Fills of one taker order at one price are one event. Their ids count them. */
function writeAggregates({ order, listing, sink, isCombined, isSpot }: Writing): void {
  const { symbol } = listing;
  for (let from = 0; from < order.fills.length; ) {
    const first = order.fills[from] as Fill;
    let to = from;
    let size = 0;
    while (order.fills[to]?.price === first.price) {
      size += order.fills[to]?.size ?? 0;
      to += 1;
    }
    const time = Math.floor(first.timeUs / 1000);
    const text = numbers({ ...first, size }, listing);
    const ids = `"f":${listing.tradeId(first.ordinal)},"l":${listing.tradeId(first.ordinal + to - from - 1)}`;
    const event =
      `{"e":"aggTrade","E":${time + SENT_AFTER_MS},"s":"${symbol}","a":${listing.tradeId(first.aggregate)},"p":"${text.price}","q":"${text.size}",` +
      `${ids},"T":${time},"m":${!first.isBuy}${isSpot ? ',"M":true' : ""}}`;
    sink.frame(isCombined ? combined(symbol, "aggTrade", event) : event, from, to);
    from = to;
  }
}

function numbers(
  { price, size }: { readonly price: number; readonly size: number },
  { market }: FeedListing,
): { readonly price: string; readonly size: string } {
  return { price: fixed(price, market.priceScale), size: fixed(size, market.sizeScale) };
}

function combined(symbol: string, name: string, event: string): string {
  return `{"stream":"${symbol.toLowerCase()}@${name}","data":${event}}`;
}
