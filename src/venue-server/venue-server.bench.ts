import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { WebSocketServer } from "ws";
import { MARKET_LISTINGS } from "./market/index.ts";
import { startVenueServer } from "./venue-server.ts";

interface Rate {
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
}

interface Client {
  readonly url: string;
  readonly requests: readonly string[];
}

/**
 * Frames a second over loopback to clients in another thread, as fast as the sockets take, and of that the peer:
 * one frame made once, sent by the `ws` library frame by frame.
 */
export async function run({ seconds = 3 }: { readonly seconds?: number } = {}): Promise<void> {
  const peer = await wsRate(seconds);
  print("ws library, one ready frame, one client", peer);
  for (const [name, clients] of [
    ["market, binance trade, all symbols, 1 client", [binanceClient()]],
    [
      "market, binance trade, all symbols, 4 clients",
      [binanceClient(), binanceClient(), binanceClient(), binanceClient()],
    ],
    ["market, all protocols, 1 client each", [binanceClient(), krakenClient(), coinbaseClient(), bybitClient()]],
  ] as const) {
    const feeds = [...new Set(clients.map(({ feed }) => feed))];
    await using server = await startVenueServer({
      source: { kind: "market", seed: 1, tradesPerSecond: 100_000, feeds },
      speed: "max",
    });
    const rate = await measure(
      clients.map(({ feed, requests }) => ({ url: server.url(feed), requests })),
      seconds,
    );
    print(name, rate, peer);
  }
}

async function measure(clients: readonly Client[], seconds: number): Promise<Rate> {
  const worker = new Worker(new URL("./frame-counter.worker.ts", import.meta.url), {
    workerData: { clients, seconds },
  });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function wsRate(seconds: number): Promise<Rate> {
  const http = createServer().listen(0, "127.0.0.1");
  const frame = `{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}`;
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    const send = (): void => {
      for (let count = 0; count < 256 && socket.bufferedAmount < 1_048_576; count += 1) socket.send(frame);
      if (socket.readyState === socket.OPEN) setImmediate(send);
    };
    send();
  });
  await new Promise((resolve) => http.once("listening", resolve));
  const rate = await measure(
    [{ url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`, requests: [] }],
    seconds,
  );
  for (const socket of server.clients) socket.terminate();
  server.close();
  http.close();
  return rate;
}

function symbolsOf(feed: string): readonly string[] {
  return MARKET_LISTINGS.flatMap(({ symbols }) => symbols[feed] ?? []);
}

interface FeedClient {
  readonly feed: string;
  readonly requests: readonly string[];
}

function binanceClient(): FeedClient {
  const params = symbolsOf("binance").map((symbol) => `${symbol.toLowerCase()}@trade`);
  return { feed: "binance", requests: [JSON.stringify({ method: "SUBSCRIBE", params, id: 1 })] };
}

function krakenClient(): FeedClient {
  const params = { channel: "trade", symbol: symbolsOf("kraken") };
  return { feed: "kraken", requests: [JSON.stringify({ method: "subscribe", params })] };
}

function coinbaseClient(): FeedClient {
  const request = { type: "subscribe", channel: "market_trades", product_ids: symbolsOf("coinbase") };
  return { feed: "coinbase", requests: [JSON.stringify(request)] };
}

function bybitClient(): FeedClient {
  const args = symbolsOf("bybit").map((symbol) => `publicTrade.${symbol}`);
  return { feed: "bybit", requests: [JSON.stringify({ op: "subscribe", args })] };
}

function print(name: string, { framesPerSecond, bytesPerSecond }: Rate, peer?: Rate): void {
  const ratio = peer === undefined ? "" : `  ${(framesPerSecond / peer.framesPerSecond).toFixed(1)} × ws`;
  const frames = Math.round(framesPerSecond).toLocaleString("en").padStart(10);
  console.log(`${name.padEnd(48)} ${frames} frames/s ${(bytesPerSecond / 1e6).toFixed(0).padStart(5)} MB/s${ratio}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run();
