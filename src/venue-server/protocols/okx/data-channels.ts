import { fixed, isLiquidation, shortest } from "../../market/index.ts";
import { candlesOf, derivativeTexts, type Interval, isDue, spanTexts, steps, timeMs } from "../data-text.ts";
import type { BookFrame, DataChannel, DataMoment } from "../protocol.ts";

const CANDLES: readonly (readonly [name: string, interval: Interval])[] = [
  ["1m", "1m"],
  ["5m", "5m"],
  ["15m", "15m"],
  ["1H", "1h"],
  ["1Dutc", "1d"],
];
const OPEN_INTEREST_SECONDS = 3;
const FUNDING_SECONDS = 30;

/** Channels beside trades and books; those of derivatives say nothing of spot pairs. */
export const dataChannels: readonly DataChannel[] = [
  { name: "tickers", ...byInstrument("tickers", (moment) => tickers(moment)) },
  ...CANDLES.map(([name, interval]) => ({
    name: `candle${name}`,
    topic: (instId: string) => `candle${name}|${instId}`,
    change: (moment: DataMoment) =>
      candlesOf(moment, interval).map((candle) => candleFrame(moment, { name, ...candle })),
  })),
  { name: "funding-rate", ...byInstrument("funding-rate", ofSwaps(fundingRate, FUNDING_SECONDS)) },
  { name: "mark-price", ...byInstrument("mark-price", ofSwaps(markPrice, 1)) },
  { name: "open-interest", ...byInstrument("open-interest", ofSwaps(openInterest, OPEN_INTEREST_SECONDS)) },
  {
    name: "index-tickers",
    topic: (instId) => `index-tickers|${instId.replace(/-SWAP$/, "")}`,
    change: (moment) => told(isSwap(moment) && isDue(moment) ? indexTickers(moment) : undefined),
  },
  {
    name: "liquidation-orders",
    topic: (instId) => `liquidation-orders|${typeOf(instId) === "SPOT" ? "MARGIN" : typeOf(instId)}`,
    change: (moment) => told(isSwap(moment) && isLiquidation(moment.order) ? liquidation(moment) : undefined),
  },
  { name: "instruments", topic: (instId) => `instruments|${typeOf(instId)}`, snapshot: instruments },
];

/** What `instType` says. */
export function typeOf(instId: string): "SPOT" | "SWAP" {
  return instId.endsWith("-SWAP") ? "SWAP" : "SPOT";
}

type Write = (moment: DataMoment) => BookFrame | undefined;

/** Told on subscribing and with each order, if at all. */
function byInstrument(channel: string, write: Write): Pick<DataChannel, "topic" | "change"> {
  return { topic: (instId) => `${channel}|${instId}`, change: (moment) => told(write(moment)) };
}

function ofSwaps(write: Write, everySeconds: number): Write {
  return (moment) => (isSwap(moment) && isDue(moment, everySeconds) ? write(moment) : undefined);
}

function told(frame: BookFrame | undefined): readonly BookFrame[] {
  return frame === undefined ? [] : [frame];
}

function isSwap({ listing }: DataMoment): boolean {
  return typeOf(listing.symbol) === "SWAP";
}

function data(channel: string, instId: string, record: string): BookFrame {
  return { head: `{"arg":{"channel":"${channel}","instId":"${instId}"},"data":[${record}]}` };
}

function tickers(moment: DataMoment): BookFrame | undefined {
  const { book, listing, order, tape } = moment;
  const { market, symbol } = listing;
  if (tape.day === undefined) return undefined;
  const texts = spanTexts(tape.day, market);
  const [bid] = book.bids;
  const [ask] = book.asks;
  const price = (mantissa = 0): string => shortest(mantissa, market.priceScale);
  const size = (mantissa = 0): string => shortest(mantissa, market.sizeScale);
  return data(
    "tickers",
    symbol,
    `{"instType":"${typeOf(symbol)}","instId":"${symbol}","last":"${texts.close}","lastSz":"${size(order.fills.at(-1)?.size)}",` +
      `"askPx":"${price(ask?.price)}","askSz":"${size(ask?.size)}","bidPx":"${price(bid?.price)}","bidSz":"${size(bid?.size)}",` +
      `"open24h":"${texts.open}","high24h":"${texts.high}","low24h":"${texts.low}","sodUtc0":"${texts.open}","sodUtc8":"${texts.open}",` +
      `"volCcy24h":"${texts.quoteVolume}","vol24h":"${texts.volume}","ts":"${timeMs(moment) + 1}"}`,
  );
}

function candleFrame(
  { listing }: DataMoment,
  { name, candle, isClosed }: { readonly name: string } & ReturnType<typeof candlesOf>[number],
): BookFrame {
  const { market } = listing;
  const texts = spanTexts(candle, market);
  const { contractUsd } = market;
  const quoteVolume = contractUsd === undefined ? texts.quoteVolume : String(candle.lots * market.lot * contractUsd);
  const fields = [
    String(candle.startUs / 1000),
    ...[texts.open, texts.high, texts.low, texts.close, texts.volume, texts.volume, quoteVolume],
    isClosed ? "1" : "0",
  ];
  return data(`candle${name}`, listing.symbol, JSON.stringify(fields));
}

function fundingRate(moment: DataMoment): BookFrame {
  const { symbol } = moment.listing;
  const texts = derivativeTexts(moment);
  return data(
    "funding-rate",
    symbol,
    `{"formulaType":"noRate","fundingRate":"${texts.fundingRate}","fundingTime":"${texts.nextFundingMs}","instId":"${symbol}","instType":"SWAP","method":"current_period",` +
      `"maxFundingRate":"0.00375","minFundingRate":"-0.00375","nextFundingRate":"","nextFundingTime":"${texts.nextFundingMs + 28_800_000}","premium":"0",` +
      `"settFundingRate":"0","settState":"settled","ts":"${timeMs(moment)}"}`,
  );
}

function markPrice(moment: DataMoment): BookFrame {
  const { symbol } = moment.listing;
  const { markPrice: price } = derivativeTexts(moment);
  return data(
    "mark-price",
    symbol,
    `{"instType":"SWAP","instId":"${symbol}","markPx":"${price}","ts":"${timeMs(moment)}"}`,
  );
}

function openInterest(moment: DataMoment): BookFrame {
  const { symbol, market } = moment.listing;
  const { openInterest: contracts } = derivativeTexts(moment);
  const dollars = Math.round(Number(contracts) * (market.contractUsd ?? 1));
  return data(
    "open-interest",
    symbol,
    `{"instType":"SWAP","instId":"${symbol}","oi":"${contracts}","oiCcy":"0","oiUsd":"${dollars}","ts":"${timeMs(moment)}"}`,
  );
}

function indexTickers(moment: DataMoment): BookFrame {
  const index = moment.listing.symbol.replace(/-SWAP$/, "");
  const { indexPrice } = derivativeTexts(moment);
  return data(
    "index-tickers",
    index,
    `{"instId":"${index}","idxPx":"${indexPrice}","high24h":"${indexPrice}","low24h":"${indexPrice}","open24h":"${indexPrice}","sodUtc0":"${indexPrice}","sodUtc8":"${indexPrice}","ts":"${timeMs(moment)}"}`,
  );
}

function liquidation(moment: DataMoment): BookFrame {
  const { order, listing } = moment;
  const { priceScale, sizeScale } = listing.market;
  const details = order.fills.map(
    ({ isBuy, price, size }) =>
      `{"bkLoss":"0","bkPx":"${fixed(price, priceScale)}","ccy":"","posSide":"${isBuy ? "short" : "long"}","side":"${isBuy ? "buy" : "sell"}","sz":"${fixed(size, sizeScale)}","ts":"${timeMs(moment)}"}`,
  );
  const family = listing.symbol.replace(/-SWAP$/, "");
  return {
    head:
      `{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[${details.join(",")}],"instFamily":"${family}",` +
      `"instId":"${listing.symbol}","instType":"SWAP","uly":"${family}"}]}`,
  };
}

/** The venue sends all instruments of a kind in one frame; the simulated market one an instrument. */
function instruments({ listing }: DataMoment): BookFrame {
  const { symbol, market } = listing;
  const { price, size } = steps(market);
  const contract = market.contractUsd === undefined ? "" : String(market.contractUsd);
  const type = typeOf(symbol);
  return {
    head:
      `{"arg":{"channel":"instruments","instType":"${type}"},"data":[{"instType":"${type}","instId":"${symbol}","state":"live","tickSz":"${price}","lotSz":"${size}",` +
      `"minSz":"${size}","maxLmtSz":"1000000","ctVal":"${contract}","ctValCcy":"${contract === "" ? "" : "USD"}"}]}`,
  };
}
