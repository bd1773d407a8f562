import { fixed } from "../../market/index.ts";
import { candlesOf, type Interval, spanTexts } from "../data-text.ts";
import type { DataChannel, DataMoment } from "../protocol.ts";
import { channelId } from "./channels.ts";

const OHLC: readonly (readonly [minutes: number, interval: Interval])[] = [
  [1, "1m"],
  [5, "5m"],
  [15, "15m"],
  [60, "1h"],
  [1440, "1d"],
];

/** `ticker` and `ohlc-<minutes>`, all numbers as texts; what is of the day is also what is of the last 24 hours. */
export const dataChannels: readonly DataChannel[] = [
  { name: "ticker", topic: (pair) => `ticker|${pair}`, change: ticker },
  ...OHLC.map(([minutes, interval]) => ({
    name: `ohlc-${minutes}`,
    topic: (pair: string) => `ohlc-${minutes}|${pair}`,
    change: (moment: DataMoment) => ohlc(moment, { minutes, interval }),
  })),
];

function ticker({ book, listing, tape, order }: DataMoment): readonly { readonly head: string }[] {
  const { market, symbol } = listing;
  const { day } = tape;
  if (day === undefined) return [];
  const texts = spanTexts(day, market);
  const level = (best: { readonly price: number; readonly size: number } | undefined): string =>
    `["${fixed(best?.price ?? 0, market.priceScale)}",1,"${fixed(best?.size ?? 0, market.sizeScale)}"]`;
  const twice = (text: string): string => `["${text}","${text}"]`;
  const size = fixed(order.fills.at(-1)?.size ?? 0, market.sizeScale);
  return [
    {
      head:
        `[${channelId("ticker", symbol)},{"a":${level(book.asks[0])},"b":${level(book.bids[0])},"c":["${texts.close}","${size}"],` +
        `"v":${twice(texts.volume)},"p":${twice(texts.average)},"t":[${day.trades},${day.trades}],"l":${twice(texts.low)},"h":${twice(texts.high)},` +
        `"o":${twice(texts.open)}},"ticker","${symbol}"]`,
    },
  ];
}

function ohlc(
  moment: DataMoment,
  { minutes, interval }: { readonly minutes: number; readonly interval: Interval },
): readonly { readonly head: string }[] {
  const { listing, book } = moment;
  return candlesOf(moment, interval).map(({ candle }) => {
    const texts = spanTexts(candle, listing.market);
    return {
      head:
        `[${channelId("ohlc", listing.symbol)},["${fixed(book.last.timeUs, 6)}","${fixed(candle.startUs + minutes * 60e6, 6)}","${texts.open}","${texts.high}",` +
        `"${texts.low}","${texts.close}","${texts.average}","${texts.volume}",${candle.trades}],"ohlc-${minutes}","${listing.symbol}"]`,
    };
  });
}
