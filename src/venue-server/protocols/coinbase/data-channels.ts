import { fixed } from "../../market/index.ts";
import { candlesOf, isDue, spanTexts, steps } from "../data-text.ts";
import type { BookFrame, DataChannel, DataMoment } from "../protocol.ts";
import { isoShortest } from "../time-text.ts";

/** The venue stamps a frame about this long after what it tells of. */
const STAMPED_AFTER_US = 800;
const BATCH_SECONDS = 5;

/** `ticker` with each order, `ticker_batch` every 5 seconds, `candles` of five minutes, and `status`. */
export const dataChannels: readonly DataChannel[] = [
  tickers("ticker", () => true),
  tickers("ticker_batch", (moment) => isDue(moment, BATCH_SECONDS)),
  {
    name: "candles",
    topic: (symbol) => `candles|${symbol}`,
    snapshot: (moment) => candles("snapshot", moment),
    change(moment) {
      const frame = candles("update", moment);
      return frame === undefined ? [] : [frame];
    },
  },
  { name: "status", topic: (symbol) => `status|${symbol}`, snapshot: status },
];

function tickers(name: string, isTold: (moment: DataMoment) => boolean): DataChannel {
  return {
    name,
    topic: (symbol) => `${name}|${symbol}`,
    snapshot: (moment) => ticker(name, "snapshot", moment),
    change(moment) {
      const frame = isTold(moment) ? ticker(name, "update", moment) : undefined;
      return frame === undefined ? [] : [frame];
    },
  };
}

function ticker(name: string, type: "snapshot" | "update", moment: DataMoment): BookFrame | undefined {
  const { book, listing, tape } = moment;
  const { priceScale, sizeScale } = listing.market;
  if (tape.day === undefined) return undefined;
  const texts = spanTexts(tape.day, listing.market);
  const [bid] = book.bids;
  const [ask] = book.asks;
  const quote =
    name === "ticker_batch"
      ? ""
      : `,"best_bid":"${fixed(bid?.price ?? 0, priceScale)}","best_ask":"${fixed(ask?.price ?? 0, priceScale)}",` +
        `"best_bid_quantity":"${fixed(bid?.size ?? 0, sizeScale)}","best_ask_quantity":"${fixed(ask?.size ?? 0, sizeScale)}"`;
  const record =
    `{"type":"ticker","product_id":"${listing.symbol}","price":"${texts.close}","volume_24_h":"${texts.volume}","low_24_h":"${texts.low}","high_24_h":"${texts.high}",` +
    `"low_52_w":"${texts.low}","high_52_w":"${texts.high}","price_percent_chg_24_h":"0"${quote}}`;
  return frame(name, moment, `{"type":"${type}","tickers":[${record}]}`);
}

function candles(type: "snapshot" | "update", moment: DataMoment): BookFrame | undefined {
  const { listing } = moment;
  const records = candlesOf(moment, "5m").map(({ candle }) => {
    const texts = spanTexts(candle, listing.market);
    return (
      `{"start":"${candle.startUs / 1e6}","high":"${texts.high}","low":"${texts.low}","open":"${texts.open}","close":"${texts.close}",` +
      `"volume":"${texts.volume}","product_id":"${listing.symbol}"}`
    );
  });
  return records.length === 0
    ? undefined
    : frame("candles", moment, `{"type":"${type}","candles":[${records.join(",")}]}`);
}

function status(moment: DataMoment): BookFrame {
  const { listing } = moment;
  const [base, quote] = listing.symbol.split("-");
  const { price, size } = steps(listing.market);
  return frame(
    "status",
    moment,
    `{"type":"snapshot","products":[{"product_type":"SPOT","id":"${listing.symbol}","base_currency":"${base}","quote_currency":"${quote}",` +
      `"base_increment":"${size}","quote_increment":"${price}","display_name":"${base}/${quote}","status":"online","status_message":"","min_market_funds":"1"}]}`,
  );
}

function frame(channel: string, { order }: DataMoment, event: string): BookFrame {
  const time = isoShortest((order.fills[0]?.timeUs ?? 0) + STAMPED_AFTER_US);
  return { head: `{"channel":"${channel}","timestamp":"${time}","sequence_num":`, tail: `,"events":[${event}]}` };
}
