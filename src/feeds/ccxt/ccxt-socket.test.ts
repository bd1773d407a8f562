import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SocketEnd } from "../socket.ts";
import { TestClock } from "../test-clock.ts";
import type { CcxtBook, CcxtExchange, CcxtExchanges } from "./ccxt-exchange.ts";
import { ccxtSocket } from "./ccxt-socket.ts";
import { exchangesOf, redirected } from "./load-exchange.ts";

class BadSymbol extends Error {}
class NetworkError extends Error {}

/** An exchange as ccxt documents it: what it is told is what the next call resolves with. */
class StandIn implements CcxtExchange {
  readonly id = "standin";
  readonly has = {};
  readonly rateLimit = 50;
  readonly urls: Record<string, unknown> = { api: { ws: { public: "wss://ws.example" }, rest: "https://api.example" } };
  number: CcxtExchange["number"] = Number;
  loaded = 0;
  isClosed = false;
  fetched: readonly unknown[] = [];
  readonly #waiting = new Map<string, PromiseWithResolvers<unknown>>();

  async loadMarkets(): Promise<void> {
    this.loaded += 1;
  }

  market(symbol: string) {
    if (symbol.includes("NOPE")) throw new BadSymbol(`standin does not have market symbol ${symbol}`);
    return { contract: symbol.includes(":") };
  }

  async watchTrades(symbol: string): Promise<readonly unknown[]> {
    return (await this.#wait(`trades ${symbol}`)) as readonly unknown[];
  }

  async watchOrderBook(symbol: string): Promise<CcxtBook> {
    return (await this.#wait(`book ${symbol}`)) as CcxtBook;
  }

  async fetchTrades(): Promise<readonly unknown[]> {
    return this.fetched;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const waiting of this.#waiting.values()) waiting.reject(new NetworkError("closed by the user"));
  }

  /** Resolves, or rejects, the call that waits. */
  async tell(key: string, value: unknown): Promise<void> {
    while (!this.#waiting.has(key)) await setImmediate();
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (value instanceof Error) waiting?.reject(value);
    else waiting?.resolve(value);
    await setImmediate();
  }

  #wait(key: string): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(key, waiting);
    return waiting.promise;
  }
}

function opened(load?: () => Promise<CcxtExchanges>) {
  const exchanges = { version: "4.5.84", trades: new StandIn(), books: new StandIn() };
  const frames: Record<string, unknown>[] = [];
  const isOpen = Promise.withResolvers<void>();
  const end = Promise.withResolvers<SocketEnd>();
  const asked: unknown[] = [];
  const clock = new TestClock();
  const loading = async (...args: readonly unknown[]): Promise<CcxtExchanges> => {
    asked.push(args);
    return load === undefined ? exchanges : await load();
  };
  const open = ccxtSocket("standin", loading, clock);
  const handlers = {
    opened: () => isOpen.resolve(),
    frame: (payload: Uint8Array) => void frames.push(JSON.parse(Buffer.from(payload).toString("utf8"))),
    heard: () => {},
    ended: (how: SocketEnd) => end.resolve(how),
  };
  const socket = open("wss://ccxt.invalid/standin", handlers, { payloadBytesMax: 1e6, compress: false });
  const ask = (channel: string, symbol: string) => socket.send(JSON.stringify({ subscribe: channel, symbol }));
  return { ...exchanges, clock, socket, frames, isOpen: isOpen.promise, end: end.promise, ask, asked };
}

describe("ccxt as a socket", () => {
  test("what is watched comes as frames that say how it came, until it is closed", async () => {
    const { trades, books, socket, frames, isOpen, end, ask, asked } = opened();
    await isOpen;
    ask("trades", "BTC/USDT:USDT");
    ask("order-book", "BTC/USDT:USDT");
    await trades.tell("trades BTC/USDT:USDT", [{ id: "1" }]);
    await trades.tell("trades BTC/USDT:USDT", [{ id: "2" }]);
    const level = (price: number) => [price, 1, "beside"];
    await books.tell("book BTC/USDT:USDT", {
      bids: Array.from({ length: 60 }, (_, at) => level(99 - at)),
      asks: [level(100)],
    });
    const head = { ccxt: "4.5.84", exchange: "standin" };
    expect(frames.slice(0, 4)).toEqual([
      { ...head, subscribed: "trades", symbol: "BTC/USDT:USDT" },
      { ...head, subscribed: "order-book", symbol: "BTC/USDT:USDT" },
      {
        ...head,
        ...{ method: "watchTrades", channel: "trades", symbol: "BTC/USDT:USDT", contract: true, result: [{ id: "1" }] },
      },
      expect.objectContaining({ result: [{ id: "2" }] }),
    ]);
    const { result } = frames[4] as { readonly result: CcxtBook };
    expect([result.bids.length, result.asks]).toEqual([50, [[100, 1]]]);
    socket.close();
    expect(await end).toEqual({ kind: "closed", code: 1000, detail: "Closed by K2" });
    expect([trades.isClosed, books.isClosed, frames.length]).toEqual([true, true, 5]);
    expect(asked).toEqual([["standin", undefined]]);
  });

  test("a symbol that the exchange does not have is refused, and the others go on", async () => {
    const { trades, socket, frames, isOpen, ask } = opened();
    await isOpen;
    ask("trades", "BTC/NOPE");
    ask("trades", "BTC/USDT");
    await trades.tell("trades BTC/USDT", []);
    expect(frames.map(({ refused, subscribed, channel }) => refused ?? subscribed ?? channel)).toEqual([
      "trades",
      "trades",
      "trades",
    ]);
    expect(frames[0]).toMatchObject({ symbol: "BTC/NOPE", reason: expect.stringMatching(/^BadSymbol: /) });
    socket.terminate();
  });

  test("whatever else goes wrong ends the socket, and says what it was", async () => {
    const { trades, isOpen, end, ask } = opened();
    await isOpen;
    ask("trades", "BTC/USDT");
    await trades.tell("trades BTC/USDT", new NetworkError("connection reset"));
    expect(await end).toEqual({ kind: "broken", detail: "trades of BTC/USDT: connection reset" });
    expect(trades.isClosed).toBe(true);
    const failed = opened(() => Promise.reject(new NetworkError("no route to api.example")));
    expect(await failed.end).toEqual({ kind: "unreachable", detail: "no route to api.example" });
  });

  test("a pause holds the next frames back", async () => {
    const { trades, socket, frames, isOpen, ask } = opened();
    await isOpen;
    ask("trades", "BTC/USDT");
    socket.pause();
    await trades.tell("trades BTC/USDT", [{ id: "1" }]);
    const next = trades.tell("trades BTC/USDT", [{ id: "2" }]);
    await setImmediate();
    expect(frames).toHaveLength(2);
    socket.resume();
    await next;
    expect(frames).toHaveLength(3);
    socket.close();
  });

  test("trades that are fetched are told once, those without an id each time", async () => {
    const { trades, clock, socket, frames, isOpen, ask } = opened();
    await isOpen;
    trades.fetched = [{ id: "1" }, { id: "1" }, { price: "7" }];
    ask("fetched-trades", "BTC/USDT");
    while (frames.length < 2) await setImmediate();
    expect(frames[1]).toMatchObject({
      method: "fetchTrades",
      channel: "fetched-trades",
      result: [{ id: "1" }, { price: "7" }],
    });
    trades.fetched = [{ id: "1" }, { id: "2" }];
    await clock.advance(1_999);
    expect(frames).toHaveLength(2);
    await clock.advance(1);
    expect(frames[2]).toMatchObject({ result: [{ id: "2" }] });
    socket.close();
    await setImmediate();
    expect(clock.waiting).toBe(0);
  });
});

describe("an exchange of ccxt", () => {
  test("is made twice: with numbers as texts for trades, as numbers for books; its streams may be elsewhere", async () => {
    const made: StandIn[] = [];
    class Counted extends StandIn {
      constructor() {
        super();
        made.push(this);
      }
    }
    const ccxt = { version: "1", pro: { standin: Counted } };
    const { trades, books } = await exchangesOf(ccxt, "standin", "wss://elsewhere.example");
    expect(made).toEqual([trades, books]);
    expect([trades.number, books.number]).toEqual([String, Number]);
    expect(made.map(({ loaded }) => loaded)).toEqual([1, 0]);
    expect(trades.urls).toEqual({ api: { ws: { public: "wss://elsewhere.example" }, rest: "https://api.example" } });
    await expect(exchangesOf(ccxt, "nope", undefined)).rejects.toThrow(/no streams of nope.*standin/);
  });

  test("endpoints that are no streams stay as they are", () => {
    expect(redirected({ a: [1], b: { c: "ws://x", d: null } }, "ws://y")).toEqual({
      a: { 0: 1 },
      b: { c: "ws://y", d: null },
    });
  });
});
