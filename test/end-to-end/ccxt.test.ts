import { describe, expect, test } from "vitest";
import type { CcxtExchange } from "../../src/feeds/ccxt/ccxt-exchange.ts";
import { ccxtSocket } from "../../src/feeds/ccxt/ccxt-socket.ts";
import { exchangesOf } from "../../src/feeds/ccxt/load-exchange.ts";
import { CollectingContext } from "../../src/feeds/decode/test-support.ts";
import { feedById } from "../../src/feeds/index.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { CCXT, CCXT_ABSENT } from "./ccxt-package.ts";

/*
 * The package ccxt itself, on the simulated market: its own sockets and parsers, and K2's adapter behind them. ccxt is no
 * dependency of K2: where it is not installed, K2_CCXT may say where its ccxt.js is.
 */
if (CCXT === undefined) console.info(CCXT_ABSENT);

interface Ccxt {
  readonly version: string;
  readonly pro: Readonly<
    Record<string, new (options: object) => CcxtExchange & { setMarkets(markets: object[]): void }>
  >;
}

const MARKET = {
  base: "BTC",
  type: "spot",
  spot: true,
  active: true,
  precision: { amount: 1e-8, price: 0.01 },
  limits: {},
};
/** What ccxt would ask the exchange for over HTTP. */
const CASES = [
  { exchange: "kraken", id: "XXBTZUSD", quote: "USD", info: { wsname: "XBT/USD" }, flags: ["inexact"] },
  { exchange: "binance", id: "BTCUSDT", lowercaseId: "btcusdt", quote: "USDT", info: {}, flags: [] },
  { exchange: "okx", id: "BTC-USDT", quote: "USDT", info: {}, flags: [] },
  { exchange: "gemini", id: "btcusd", quote: "USD", info: {}, flags: [] },
  { exchange: "bitstamp", id: "btcusd", quote: "USD", info: {}, flags: [] },
] as const;

describe.skipIf(CCXT === undefined)("ccxt", () => {
  test.each(CASES)(
    "$exchange: trades flow through it, each once and in order",
    async ({ exchange, flags, ...listed }) => {
      const { default: ccxt } = (await import(CCXT ?? "")) as { readonly default: Ccxt };
      const symbol = `BTC/${listed.quote}`;
      const Base = ccxt.pro[exchange];
      if (Base === undefined) throw new RangeError(`ccxt has no ${exchange}`);
      class OnThisMachine extends Base {
        override async loadMarkets(): Promise<void> {
          this.setMarkets([{ ...MARKET, ...listed, symbol, baseId: "BTC", quoteId: listed.quote }]);
        }
      }
      const feed = feedById(`ccxt:${exchange}`);
      await using server = await startVenueServer({
        source: { kind: "market", seed: 3, tradesPerSecond: 300, firstTradeId: 1000, feeds: [exchange] },
      });
      const context = CollectingContext.of(feed, [`BTC-${listed.quote}-SPOT`]);
      const decoder = feed.createDecoder({ channels: feed.channels.slice(0, 1) });
      const enough = Promise.withResolvers<void>();
      const end = Promise.withResolvers<string>();
      const open = ccxtSocket(exchange, (name, url) =>
        exchangesOf({ version: ccxt.version, pro: { [name]: OnThisMachine } }, name, url),
      );
      const socket = open(
        server.url(exchange),
        {
          opened: () => feed.subscribe([symbol], ["trades"]).forEach((request) => void socket.send(request)),
          frame(payload) {
            decoder.decode(payload, context);
            if (context.trades.length >= 20) enough.resolve();
          },
          heard: () => {},
          ended: ({ detail }) => end.resolve(detail),
        },
        { payloadBytesMax: 1e7, compress: false },
      );
      await Promise.race([enough.promise, end.promise.then((detail) => Promise.reject(new Error(detail)))]);
      socket.close();
      expect(await end.promise).toBe("Closed by K2");
      const rows = context.rows();
      expect(context.refusals).toEqual([]);
      expect(new Set(rows.map((row) => row.flags.join()))).toEqual(new Set([flags.join()]));
      const ids = rows.map(({ tradeId }) => Number(tradeId));
      expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
      const ledger = server.ledger().trades.find(({ feed: of }) => of === exchange);
      expect([String(ids[0]), (ledger?.trades ?? 0) >= rows.length]).toEqual([ledger?.firstId, true]);
    },
  );
});
