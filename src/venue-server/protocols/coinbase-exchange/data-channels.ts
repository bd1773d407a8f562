import { fixed } from "../../market/index.ts";
import { isDue, spanTexts, steps } from "../data-text.ts";
import type { BookFrame, DataChannel, DataMoment } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";
import { sequenceOf } from "./channels.ts";

const BATCH_SECONDS = 5;
const STATUS_SECONDS = 5;

/** The one topic of `status`, which is of all products. */
export const STATUS_TOPIC = "status";

/** `ticker` with each order, `ticker_batch` every 5 seconds, and `status` of all products. */
export const dataChannels: readonly DataChannel[] = [
  { name: "ticker", topic: (symbol) => `ticker|${symbol}`, snapshot: ticker, change: (moment) => told(ticker(moment)) },
  {
    name: "ticker_batch",
    topic: (symbol) => `ticker_batch|${symbol}`,
    snapshot: ticker,
    change: (moment) => (isDue(moment, BATCH_SECONDS) ? told(ticker(moment)) : []),
  },
  {
    name: "status",
    topic: () => STATUS_TOPIC,
    snapshot: status,
    change: (moment) => (isDue(moment, STATUS_SECONDS) ? [status(moment)] : []),
  },
];

function told(frame: BookFrame | undefined): readonly BookFrame[] {
  return frame === undefined ? [] : [frame];
}

function ticker({ book, listing, tape, order }: DataMoment): BookFrame | undefined {
  const { market, symbol } = listing;
  const { last } = book;
  if (tape.day === undefined) return undefined;
  const texts = spanTexts(tape.day, market);
  const [bid] = book.bids;
  const [ask] = book.asks;
  return {
    head:
      `{"type":"ticker","sequence":${sequenceOf(last, listing)},"product_id":"${symbol}","price":"${texts.close}","open_24h":"${texts.open}","volume_24h":"${texts.volume}",` +
      `"low_24h":"${texts.low}","high_24h":"${texts.high}","volume_30d":"${texts.volume}","best_bid":"${fixed(bid?.price ?? 0, market.priceScale)}",` +
      `"best_bid_size":"${fixed(bid?.size ?? 0, market.sizeScale)}","best_ask":"${fixed(ask?.price ?? 0, market.priceScale)}","best_ask_size":"${fixed(ask?.size ?? 0, market.sizeScale)}",` +
      `"side":"${last.isBuy ? "buy" : "sell"}","time":"${isoMicroseconds(last.timeUs)}","trade_id":${listing.tradeId(last.ordinal)},` +
      `"last_size":"${fixed(order.fills.at(-1)?.size ?? 0, market.sizeScale)}"}`,
  };
}

/** The venue sends all products in one frame; the simulated market one a product. */
function status({ listing }: DataMoment): BookFrame {
  const [base, quote] = listing.symbol.split("-");
  const { price, size } = steps(listing.market);
  return {
    head:
      `{"type":"status","products":[{"id":"${listing.symbol}","base_currency":"${base}","quote_currency":"${quote}","base_increment":"${size}","quote_increment":"${price}",` +
      `"display_name":"${listing.symbol}","status":"online","margin_enabled":false,"status_message":"","min_market_funds":"1","post_only":false,"limit_only":false,` +
      `"cancel_only":false,"auction_mode":false,"type":"spot","fx_stablecoin":false}],"currencies":[]}`,
  };
}
