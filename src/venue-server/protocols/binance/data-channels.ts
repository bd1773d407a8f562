import { fixed, isLiquidation } from "../../market/index.ts";
import {
  candlesOf,
  derivativeTexts,
  INTERVAL_NAMES,
  INTERVALS,
  type Interval,
  isDue,
  spanTexts,
  timeMs,
} from "../data-text.ts";
import type { DataChannel, DataMoment } from "../protocol.ts";
import { RAW_PREFIX } from "./channels.ts";

/** The venue sends an event about this long after it happened. */
const SENT_AFTER_MS = 1;
const CONTRACT_INFO_EVERY_SECONDS = 3600;

interface Writer {
  readonly name: string;
  /** Events to send after an order. */
  write(moment: DataMoment): readonly string[];
}

/** Streams beside trades and books, each combined and raw; those of futures alone where the feed is one of them. */
export function dataChannels(feed: string): readonly DataChannel[] {
  const writers: readonly Writer[] = [
    { name: "ticker", write: (moment) => ticker(moment, feed) },
    { name: "miniTicker", write: miniTicker },
    ...INTERVAL_NAMES.map((interval) => ({
      name: `kline_${interval}`,
      write: (moment: DataMoment) => kline(moment, interval),
    })),
    ...(feed === "binance"
      ? []
      : [
          { name: "markPrice", write: (moment: DataMoment) => markPrice(moment, 3) },
          { name: "markPrice@1s", write: (moment: DataMoment) => markPrice(moment, 1) },
          { name: "forceOrder", write: forceOrder },
          { name: "!contractInfo", write: contractInfo },
        ]),
  ];
  return writers.flatMap(({ name, write }) =>
    [true, false].map((isCombined) => ({
      name,
      topic: (symbol: string) => (isCombined ? "" : RAW_PREFIX) + streamOf(name, symbol),
      change: (moment: DataMoment) => {
        const stream = streamOf(name, moment.listing.symbol);
        return write(moment).map((event) => ({ head: isCombined ? `{"stream":"${stream}","data":${event}}` : event }));
      },
    })),
  );
}

function streamOf(name: string, symbol: string): string {
  return name.startsWith("!") ? name : `${symbol.toLowerCase()}@${name}`;
}

function ticker(moment: DataMoment, feed: string): readonly string[] {
  const { book, listing, order, tape } = moment;
  const { market, symbol } = listing;
  const { day } = tape;
  if (day === undefined || !isDue(moment)) return [];
  const texts = spanTexts(day, market);
  const time = timeMs(moment) + SENT_AFTER_MS;
  const [bid] = book.bids;
  const [ask] = book.asks;
  const quote =
    bid === undefined || ask === undefined || feed !== "binance"
      ? ""
      : `"b":"${fixed(bid.price, market.priceScale)}","B":"${fixed(bid.size, market.sizeScale)}","a":"${fixed(ask.price, market.priceScale)}","A":"${fixed(ask.size, market.sizeScale)}",`;
  const size = fixed(order.fills.at(-1)?.size ?? 0, market.sizeScale);
  return [
    `{"e":"24hrTicker","E":${time},"s":"${symbol}","p":"0.00","P":"0.000","w":"${texts.average}",` +
      `${feed === "binance" ? `"x":"${texts.open}",` : ""}"c":"${texts.close}","Q":"${size}",${quote}` +
      `"o":"${texts.open}","h":"${texts.high}","l":"${texts.low}","v":"${texts.volume}","q":"${texts.quoteVolume}",` +
      `"O":${Math.floor(day.startUs / 1000)},"C":${time},"F":${listing.tradeId(day.first)},"L":${listing.tradeId(day.last)},"n":${day.trades}}`,
  ];
}

function miniTicker(moment: DataMoment): readonly string[] {
  const { day } = moment.tape;
  if (day === undefined || !isDue(moment)) return [];
  const texts = spanTexts(day, moment.listing.market);
  return [
    `{"e":"24hrMiniTicker","E":${timeMs(moment) + SENT_AFTER_MS},"s":"${moment.listing.symbol}","c":"${texts.close}","o":"${texts.open}",` +
      `"h":"${texts.high}","l":"${texts.low}","v":"${texts.volume}","q":"${texts.quoteVolume}"}`,
  ];
}

/** The simulated market tells a candle with every taker order, and the one before once more when it is closed. */
function kline(moment: DataMoment, interval: Interval): readonly string[] {
  const { listing } = moment;
  return candlesOf(moment, interval).map(({ candle, isClosed }) => {
    const texts = spanTexts(candle, listing.market);
    const start = candle.startUs / 1000;
    return (
      `{"e":"kline","E":${timeMs(moment) + SENT_AFTER_MS},"s":"${listing.symbol}","k":{"t":${start},"T":${start + INTERVALS[interval] / 1000 - 1},` +
      `"s":"${listing.symbol}","i":"${interval}","f":${listing.tradeId(candle.first)},"L":${listing.tradeId(candle.last)},` +
      `"o":"${texts.open}","c":"${texts.close}","h":"${texts.high}","l":"${texts.low}","v":"${texts.volume}","n":${candle.trades},"x":${isClosed},` +
      `"q":"${texts.quoteVolume}","V":"${texts.buyVolume}","Q":"${texts.buyQuoteVolume}","B":"0"}}`
    );
  });
}

function markPrice(moment: DataMoment, everySeconds: number): readonly string[] {
  if (!isDue(moment, everySeconds)) return [];
  const texts = derivativeTexts(moment);
  return [
    `{"e":"markPriceUpdate","E":${timeMs(moment) + SENT_AFTER_MS},"s":"${moment.listing.symbol}","p":"${texts.markPrice}","P":"${texts.indexPrice}",` +
      `"i":"${texts.indexPrice}","r":"${texts.fundingRate}","T":${texts.nextFundingMs}}`,
  ];
}

function forceOrder(moment: DataMoment): readonly string[] {
  const { order, listing } = moment;
  const [first] = order.fills;
  const last = order.fills.at(-1);
  if (first === undefined || last === undefined || !isLiquidation(order)) return [];
  const { priceScale, sizeScale } = listing.market;
  const size = fixed(
    order.fills.reduce((sum, fill) => sum + fill.size, 0),
    sizeScale,
  );
  const time = timeMs(moment);
  return [
    `{"e":"forceOrder","E":${time + SENT_AFTER_MS},"o":{"s":"${listing.symbol}","S":"${first.isBuy ? "BUY" : "SELL"}","o":"LIMIT","f":"IOC",` +
      `"q":"${size}","p":"${fixed(last.price, priceScale)}","ap":"${fixed(first.price, priceScale)}","X":"FILLED",` +
      `"l":"${fixed(last.size, sizeScale)}","z":"${size}","T":${time}}}`,
  ];
}

/** Brackets of leverage change with each hour. */
function contractInfo(moment: DataMoment): readonly string[] {
  if (!isDue(moment, CONTRACT_INFO_EVERY_SECONDS)) return [];
  const { symbol } = moment.listing;
  return [
    `{"e":"contractInfo","E":${timeMs(moment) + SENT_AFTER_MS},"s":"${symbol}","ps":"${symbol}","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"TRADING",` +
      `"bks":[{"bs":1,"bnf":0,"bnc":5000,"mmr":0.01,"cf":0,"mi":21,"ma":50}]}`,
  ];
}
