import { fixed } from "../../market/index.ts";
import { candlesOf, type Interval, spanTexts, steps } from "../data-text.ts";
import type { BookFrame, DataChannel, DataMoment } from "../protocol.ts";
import { isoMicroseconds } from "../time-text.ts";

export const OHLC: readonly (readonly [minutes: number, interval: Interval])[] = [
  [1, "1m"],
  [5, "5m"],
  [15, "15m"],
  [60, "1h"],
  [1440, "1d"],
];

/** `ticker` at each change of the best bid or ask, `ohlc` of each interval, and `instrument`, of all pairs. */
export const dataChannels: readonly DataChannel[] = [
  {
    name: "ticker",
    topic: (symbol) => `ticker|${symbol}`,
    snapshot: (moment) => ticker("snapshot", moment),
    change: (moment) => frames(ticker("update", moment)),
  },
  ...OHLC.map(([minutes, interval]) => ({
    name: `ohlc-${minutes}`,
    topic: (symbol: string) => `ohlc-${minutes}|${symbol}`,
    snapshot: (moment: DataMoment) => ohlc("snapshot", moment, { minutes, interval }),
    change: (moment: DataMoment) => frames(ohlc("update", moment, { minutes, interval })),
  })),
  { name: "instrument", topic: () => "instrument", snapshot: instrument },
];

function frames(frame: BookFrame | undefined): readonly BookFrame[] {
  return frame === undefined ? [] : [frame];
}

function ticker(type: "snapshot" | "update", { book, listing, tape }: DataMoment): BookFrame | undefined {
  const { priceScale, sizeScale } = listing.market;
  const [bid] = book.bids;
  const [ask] = book.asks;
  if (tape.day === undefined) return undefined;
  const texts = spanTexts(tape.day, listing.market);
  return {
    head:
      `{"channel":"ticker","type":"${type}","data":[{"symbol":"${listing.symbol}","bid":${fixed(bid?.price ?? 0, priceScale)},"bid_qty":${fixed(bid?.size ?? 0, sizeScale)},` +
      `"ask":${fixed(ask?.price ?? 0, priceScale)},"ask_qty":${fixed(ask?.size ?? 0, sizeScale)},"last":${texts.close},"volume":${texts.volume},` +
      `"vwap":${texts.average},"low":${texts.low},"high":${texts.high},"change":0.0,"change_pct":0.00,` +
      `"timestamp":"${isoMicroseconds(book.last.timeUs)}"}]}`,
  };
}

/** Candles are told with every taker order; that one is closed is told by the next alone. */
function ohlc(
  type: "snapshot" | "update",
  moment: DataMoment,
  { minutes, interval }: { readonly minutes: number; readonly interval: Interval },
): BookFrame | undefined {
  const { listing, book } = moment;
  const records = candlesOf(moment, interval).map(({ candle }) => {
    const texts = spanTexts(candle, listing.market);
    const time = (us: number): string => isoMicroseconds(us).replace("Z", "000Z");
    return (
      `{"symbol":"${listing.symbol}","open":${texts.open},"high":${texts.high},"low":${texts.low},"close":${texts.close},"trades":${candle.trades},` +
      `"volume":${texts.volume},"vwap":${texts.average},"interval_begin":"${time(candle.startUs)}","interval":${minutes},` +
      `"timestamp":"${isoMicroseconds(candle.startUs + minutes * 60e6)}"}`
    );
  });
  if (records.length === 0) return undefined;
  return {
    head: `{"channel":"ohlc","type":"${type}","timestamp":"${isoMicroseconds(book.last.timeUs).replace("Z", "000Z")}","data":[${records.join(",")}]}`,
  };
}

/** The venue sends all pairs in one frame; the simulated market one a pair. */
function instrument({ listing }: DataMoment): BookFrame {
  const { market, symbol } = listing;
  const [base, quote] = symbol.split("/");
  const { price, size } = steps(market);
  return {
    head:
      `{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[{"symbol":"${symbol}","base":"${base}","quote":"${quote}","status":"online",` +
      `"qty_precision":${market.sizeScale},"qty_increment":${size},"price_precision":${market.priceScale},"cost_precision":5,"marginable":false,"has_index":true,` +
      `"cost_min":0.5,"tick_size":${price},"price_increment":${price},"qty_min":${size}}]}}`,
  };
}
