import { expect, test } from "vitest";
import { feedById } from "../registry.ts";
import { BOOK_FORMATS } from "./test-book-formats.ts";
import { FixedContext, frame } from "./test-support.ts";

/** The feeds of BOOK_FORMATS whose book frames the reader of trades tells by their beginning. */
const FEEDS: Readonly<Record<string, string>> = {
  binance: "binance",
  "binance partial depth": "binance",
  "binance usdm": "binance-usdm",
  "binance coinm": "binance-coinm",
  "kraken v2": "kraken",
  "kraken v1": "kraken-v1",
  "coinbase advanced": "coinbase",
  "coinbase exchange": "coinbase-exchange",
  bybit: "bybit",
  okx: "okx",
  "kraken futures": "kraken-futures",
  "bybit v2": "bybit-v2",
};

/** What comes so seldom that nothing is gained by knowing it. */
const SELDOM = /heartbeats|^\{"type":"snapshot"/;

test.each(BOOK_FORMATS.filter(({ name }) => FEEDS[name] !== undefined))(
  "$name: what has begun as a message of a book is no trade, and is read no further",
  ({ name, plain }) => {
    const decoder = feedById(FEEDS[name] ?? "").createDecoder({ channels: [] });
    const context = new FixedContext(new Map());
    for (const text of plain.filter((each) => !SELDOM.test(each))) {
      expect(decoder.decode(frame(text), context), text).toBe("other");
      expect(decoder.decode(frame(text.slice(0, 110)), context), text).toBe("other");
    }
    expect([context.trades.length, context.refusals]).toEqual([0, []]);
  },
);
