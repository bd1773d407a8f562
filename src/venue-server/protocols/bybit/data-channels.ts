import { fixed, isLiquidation } from "../../market/index.ts";
import { candlesOf, derivativeTexts, INTERVALS, type Interval, isDue, spanTexts, timeMs } from "../data-text.ts";
import type { BookFrame, DataChannel, DataMoment } from "../protocol.ts";

const KLINES: readonly (readonly [name: string, interval: Interval])[] = [
  ["1", "1m"],
  ["5", "5m"],
  ["15", "15m"],
  ["60", "1h"],
  ["D", "1d"],
];

/** `tickers`, `kline.<interval>`, `priceLimit` and, of contracts, `allLiquidation`. */
export function dataChannels(feed: string): readonly DataChannel[] {
  const isSpot = feed === "bybit";
  return [
    {
      name: "tickers",
      topic: (symbol) => `tickers.${symbol}`,
      snapshot: (moment) => (isSpot ? spotTickers(moment) : contractTickers(moment)),
      change(moment) {
        const frame = isSpot ? spotTickers(moment) : contractDelta(moment);
        return frame === undefined ? [] : [frame];
      },
    },
    ...KLINES.map(([name, interval]) => ({
      name: `kline.${name}`,
      topic: (symbol: string) => `kline.${name}.${symbol}`,
      change: (moment: DataMoment) => klines(moment, { name, interval }),
    })),
    { name: "priceLimit", topic: (symbol) => `priceLimit.${symbol}`, change: priceLimit },
    ...(isSpot
      ? []
      : [{ name: "allLiquidation", topic: (symbol: string) => `allLiquidation.${symbol}`, change: liquidations }]),
  ];
}

function spotTickers(moment: DataMoment): BookFrame | undefined {
  const { listing, tape, order } = moment;
  if (tape.day === undefined) return undefined;
  const texts = spanTexts(tape.day, listing.market);
  return {
    head:
      `{"topic":"tickers.${listing.symbol}","ts":${timeMs(moment) + 1},"type":"snapshot","cs":${listing.sequence(order.number)},"data":{"symbol":"${listing.symbol}",` +
      `"lastPrice":"${texts.close}","highPrice24h":"${texts.high}","lowPrice24h":"${texts.low}","prevPrice24h":"${texts.open}",` +
      `"volume24h":"${texts.volume}","turnover24h":"${texts.quoteVolume}","price24hPcnt":"0","usdIndexPrice":""}}`,
  };
}

function contractTickers(moment: DataMoment): BookFrame | undefined {
  const { day } = moment.tape;
  if (day === undefined) return undefined;
  const { market } = moment.listing;
  const texts = spanTexts(day, market);
  const derivative = derivativeTexts(moment);
  const fields =
    `"lastPrice":"${texts.close}","prevPrice24h":"${texts.open}","highPrice24h":"${texts.high}","lowPrice24h":"${texts.low}",` +
    `"openInterest":"${derivative.openInterest}","turnover24h":"${texts.quoteVolume}","volume24h":"${texts.volume}","fundingIntervalHour":"8",` +
    `"nextFundingTime":"${derivative.nextFundingMs}","fundingRate":"${derivative.fundingRate}",${markFields(moment)},${quoteFields(moment)}`;
  return tickersFrame(moment, "snapshot", fields);
}

/** Best bid and ask and the last price with each order; mark and index price once a second. */
function contractDelta(moment: DataMoment): BookFrame | undefined {
  const { order, listing } = moment;
  const last = fixed(order.fills.at(-1)?.price ?? 0, listing.market.priceScale);
  const marks = isDue(moment) ? `${markFields(moment)},` : "";
  return tickersFrame(moment, "delta", `"lastPrice":"${last}",${marks}${quoteFields(moment)}`);
}

function markFields(moment: DataMoment): string {
  const { markPrice, indexPrice } = derivativeTexts(moment);
  return `"markPrice":"${markPrice}","indexPrice":"${indexPrice}"`;
}

function quoteFields({ book, listing }: DataMoment): string {
  const { priceScale, sizeScale } = listing.market;
  const [bid] = book.bids;
  const [ask] = book.asks;
  return (
    `"bid1Price":"${fixed(bid?.price ?? 0, priceScale)}","bid1Size":"${fixed(bid?.size ?? 0, sizeScale)}",` +
    `"ask1Price":"${fixed(ask?.price ?? 0, priceScale)}","ask1Size":"${fixed(ask?.size ?? 0, sizeScale)}"`
  );
}

function tickersFrame(moment: DataMoment, type: "snapshot" | "delta", fields: string): BookFrame {
  const { symbol } = moment.listing;
  return {
    head:
      `{"topic":"tickers.${symbol}","type":"${type}","data":{"symbol":"${symbol}",${fields}},` +
      `"cs":${moment.listing.sequence(moment.order.number)},"ts":${timeMs(moment) + 1}}`,
  };
}

function klines(
  moment: DataMoment,
  { name, interval }: { readonly name: string; readonly interval: Interval },
): readonly BookFrame[] {
  const { symbol, market } = moment.listing;
  const time = timeMs(moment);
  return candlesOf(moment, interval).map(({ candle, isClosed }) => {
    const texts = spanTexts(candle, market);
    const start = candle.startUs / 1000;
    return {
      head:
        `{"topic":"kline.${name}.${symbol}","data":[{"start":${start},"end":${start + INTERVALS[interval] / 1000 - 1},"interval":"${name}",` +
        `"open":"${texts.open}","close":"${texts.close}","high":"${texts.high}","low":"${texts.low}","volume":"${texts.volume}",` +
        `"turnover":"${texts.quoteVolume}","confirm":${isClosed},"timestamp":${time}}],"ts":${time + 1},"type":"snapshot"}`,
    };
  });
}

/** A twentieth beyond the last price either way, once a second. */
function priceLimit(moment: DataMoment): readonly BookFrame[] {
  if (!isDue(moment)) return [];
  const { symbol, market } = moment.listing;
  const last = moment.order.fills.at(-1)?.price ?? 0;
  const ticks = Math.floor(last / 20 / market.tick);
  const limit = (price: number): string => fixed(price, market.priceScale);
  const [buy, sell] = [limit(last + ticks * market.tick), limit(last - ticks * market.tick)];
  return [
    {
      head: `{"topic":"priceLimit.${symbol}","data":{"symbol":"${symbol}","buyLmt":"${buy}","sellLmt":"${sell}"},"ts":${timeMs(moment) + 1}}`,
    },
  ];
}

/** `S` is the side of the position, whose end the order is. */
function liquidations(moment: DataMoment): readonly BookFrame[] {
  const { order, listing } = moment;
  if (!isLiquidation(order)) return [];
  const { priceScale, sizeScale } = listing.market;
  const time = timeMs(moment);
  const records = order.fills.map(
    ({ isBuy, size, price }) =>
      `{"T":${time},"s":"${listing.symbol}","S":"${isBuy ? "Sell" : "Buy"}","v":"${fixed(size, sizeScale)}","p":"${fixed(price, priceScale)}"}`,
  );
  return [
    {
      head: `{"topic":"allLiquidation.${listing.symbol}","type":"snapshot","ts":${time + 1},"data":[${records.join(",")}]}`,
    },
  ];
}
