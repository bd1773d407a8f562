import { describe, expect, test } from "vitest";
import { FixedContext } from "./decode/test-support.ts";
import { runFeed } from "./feed-run.ts";
import { kraken, krakenV1 } from "./kraken/kraken.ts";
import { okx } from "./okx/okx.ts";
import { FEEDS } from "./registry.ts";
import { testRunOptions } from "./test-feed.ts";

describe.each(FEEDS.filter(({ books }) => books !== undefined))(
  "$id",
  ({ books, channels, createDecoder, subscribe }) => {
    const named = books?.channels ?? [];

    test("channels of books have names of their own, and quotes no depth", () => {
      const names = [...channels, ...named.map(({ name }) => name)];
      expect(new Set(names).size).toBe(names.length);
      expect(named.filter(({ channel, depth }) => channel === "quote" && depth !== undefined)).toEqual([]);
      expect(named.some(({ channel }) => channel === "book")).toBe(true);
    });

    test("each is asked for by name beside the trades, and takes no part in their decoding", () => {
      for (const { name } of named) {
        const frames = subscribe(["A-B"], [...channels.slice(0, 1), name]).join("");
        expect(frames).toContain(name.startsWith("book-") ? '"book","' : name);
        expect(() => createDecoder({ channels: [...channels.slice(0, 1), name] })).not.toThrow();
      }
    });
  },
);

test("every feed has books", () => {
  expect(FEEDS.filter(({ books }) => books === undefined).map(({ id }) => id)).toEqual([]);
});

test("Kraken is asked for a depth, and for tickers at each change of the best bid or ask", () => {
  const asked = (frames: readonly string[]) => frames.map((text) => JSON.parse(text));
  expect(asked(kraken.subscribe(["BTC/USD"], ["trade", "book-25", "ticker"])).map(({ params }) => params)).toEqual([
    { channel: "trade", symbol: ["BTC/USD"], snapshot: true },
    { channel: "book", depth: 25, symbol: ["BTC/USD"], snapshot: true },
    { channel: "ticker", event_trigger: "bbo", symbol: ["BTC/USD"], snapshot: true },
  ]);
  const v1 = asked(krakenV1.subscribe(["XBT/USD"], ["book-1000", "spread"]));
  expect(v1.map(({ subscription }) => subscription)).toEqual([{ name: "book", depth: 1000 }, { name: "spread" }]);
});

test("frames of OKX's books are no trades, though they are among the chosen channels", () => {
  const decoder = okx.createDecoder({ channels: ["trades", "books"] });
  const payload = new TextEncoder().encode(
    '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[]}',
  );
  expect(decoder.decode(payload, new FixedContext(new Map()))).toBe("other");
});

test("two channels of one and the same book are refused before anything starts", () => {
  const options = testRunOptions({ feed: okx, channels: ["trades", "books", "books5"] });
  expect(() => runFeed(options)).toThrow(/books and books5 are channels of one and the same book.*Nothing was started/);
  expect(() => runFeed(testRunOptions({ feed: okx, channels: ["quotes"] }))).toThrow(/Choose of trades, .*bbo-tbt/);
});
