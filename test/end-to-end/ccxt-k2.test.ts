import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { CCXT, CCXT_ABSENT } from "./ccxt-package.ts";
import { temporaryFolder } from "./harness.ts";
import { K2Process, until, writeConfig } from "./k2-process.ts";

/*
 * A whole K2, as a user starts it, with a feed ccxt:binance in a worker of its own, on the simulated market. Only what ccxt
 * would ask of the exchange's HTTP endpoint, its markets, is given to it.
 */
if (CCXT === undefined) console.info(CCXT_ABSENT);

interface TradeRow {
  readonly venue: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly price: string;
  readonly flags: readonly string[];
}

/** Makes the name "ccxt" stand for ccxt with one exchange, whose markets are known. */
function withMarkets(folder: string, ccxt: string): string {
  const market = {
    ...{ id: "BTCUSDT", lowercaseId: "btcusdt", symbol: "BTC/USDT", base: "BTC", quote: "USDT", baseId: "BTC" },
    ...{
      quoteId: "USDT",
      type: "spot",
      spot: true,
      active: true,
      precision: { amount: 1e-8, price: 0.01 },
      limits: {},
    },
  };
  writeFileSync(
    join(folder, "ccxt.mjs"),
    `import ccxt from ${JSON.stringify(ccxt)};
     class Binance extends ccxt.pro.binance {
       async loadMarkets() { this.setMarkets([${JSON.stringify({ ...market, info: {} })}]); }
     }
     export default { version: ccxt.version, pro: { binance: Binance } };`,
  );
  const hook = join(folder, "hook.mjs");
  writeFileSync(
    hook,
    `import { registerHooks } from "node:module";
     const url = new URL("ccxt.mjs", import.meta.url).href;
     registerHooks({ resolve: (name, from, next) => (name === "ccxt" ? { url, shortCircuit: true } : next(name, from)) });`,
  );
  return pathToFileURL(hook).href;
}

test.skipIf(CCXT === undefined)(
  "a K2 with a feed ccxt:binance has each of the market's trades once, exact, and of no venue of its own",
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder();
    await using server = await startVenueServer({
      source: { kind: "market", seed: 5, tradesPerSecond: 40, firstTradeId: 1000, feeds: ["binance"] },
    });
    const config = writeConfig(folder.path, {
      ...{ mode: "live", data: join(folder.path, "data"), http: { port: 0 } },
      feeds: [{ feed: "ccxt:binance", symbols: ["BTC-USDT-SPOT"], channels: ["trades"], url: server.url("binance") }],
    });
    const preload = withMarkets(folder.path, CCXT ?? "");
    await using k2 = new K2Process(["up", "--config", config], { NODE_OPTIONS: `--import ${preload}` });
    const url = await k2.url;
    const trades = async (): Promise<readonly TradeRow[]> => {
      const response = await fetch(`${url}/v1/trades?symbol=BTC-USDT-SPOT&venue=ccxt-binance&limit=1000`);
      return response.ok ? ((await response.json()) as { readonly rows: readonly TradeRow[] }).rows : [];
    };
    await until("trades come through ccxt", async () => (await trades()).length >= 20);

    const rows = await trades();
    const ids = rows.map(({ tradeId }) => Number(tradeId)).toSorted((a, b) => a - b);
    expect(new Set(ids).size).toBe(ids.length);
    expect((ids.at(-1) ?? 0) - (ids[0] ?? 0)).toBe(ids.length - 1); // None is missing in between.
    expect(new Set(rows.flatMap(({ flags }) => flags))).toEqual(new Set());
    const ledger = server.ledger().trades.find(({ feed, symbol }) => feed === "binance" && symbol === "BTCUSDT");
    expect(ids[0]).toBe(Number(ledger?.firstId));
    const { feeds, ready } = await k2.health();
    expect({ ready, feeds: feeds.map(({ feed, venue, state }) => [feed, venue, state]) }).toEqual({
      ready: true,
      feeds: [["ccxt:binance", "ccxt-binance", "live"]],
    });
    expect(await k2.stop()).toEqual({ code: 0, signal: null });
    expect(k2.complaints).toEqual([]);
  },
);
