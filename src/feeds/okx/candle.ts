import type { CandleRecord } from "../../domain/index.ts";
import type { Row } from "../venue-data/row.ts";

/*
 * Channels "candle<interval>": {"arg":{"channel":…,"instId":…},"data":[[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]]}.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-candlesticks-channel
 *
 *   0 ts  opening time, ms           5 vol          base currency; contracts on swaps and futures
 *   1 o, 2 h, 3 l, 4 c  prices       6 volCcy       base currency (spot: quote currency); not kept
 *   8 confirm  "1": it is closed     7 volCcyQuote  quote currency
 *
 * Seven fields are what the venue sent until 2022. The message has no time of its own.
 */
export function readCandle(
  row: Row,
  { channel, rawSymbol, interval }: { readonly channel: string; readonly rawSymbol: string; readonly interval: string },
): CandleRecord {
  return {
    channel,
    rawSymbol,
    eventTimeUs: undefined,
    frameIndex: row.frameIndex,
    interval,
    startUs: row.unixTimeUs(0),
    open: row.number(1),
    high: row.number(2),
    low: row.number(3),
    close: row.number(4),
    volume: row.number(5),
    quoteVolume: row.numberIfAny(7),
    isClosed: row.has(8) ? row.text(8) === "1" : undefined,
  };
}
