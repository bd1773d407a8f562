import { once } from "node:events";
import { WebSocket } from "ws";
import { type Scene, sleep } from "./scene.ts";

/** Which trades are looked at: one listing among all, on the same path as the others. */
const FEED = "binance";
const SYMBOL = "SOL-USDT-SPOT";
const RAW_SYMBOL = "SOLUSDT";
const POLL_EVERY_MS = 20;
/** A trade may still be on its way to the venue's client when counting begins. */
const SETTLE_MS = 500;

export interface Freshness {
  /** How much later a trade came over K2's WebSocket than straight from the venue, to the same process. */
  readonly streamMs: readonly number[];
  /** How long before the answer's arrival the newest trade of each `/v1/trades` had come straight from the venue. */
  readonly queryMs: readonly number[];
}

/**
 * How late K2 is. This process is a client of the venue and of K2 at once: the venue writes a trade to both sockets in one
 * go, so when it arrives straight from the venue is when it was on the wire.
 */
export async function measureFreshness(scene: Scene, seconds: number): Promise<Freshness> {
  const onWireMs = new Map<string, number>();
  await using _venue = await venueClient(scene.feedUrls[FEED] ?? "", (id, atMs) => onWireMs.set(id, atMs));
  await sleep(SETTLE_MS);
  // One after the other: asking as fast as K2 answers takes a core, which a subscriber would have to wait for.
  const streamMs = await listen(scene.url, onWireMs, seconds / 2);
  return { streamMs, queryMs: await poll(scene.url, onWireMs, seconds / 2) };
}

async function listen(url: string, onWireMs: ReadonlyMap<string, number>, seconds: number): Promise<readonly number[]> {
  const ages: number[] = [];
  await using _stream = await streamClient(url, (id, atMs) => {
    const wireMs = onWireMs.get(id);
    if (wireMs !== undefined) ages.push(atMs - wireMs);
  });
  await sleep(seconds * 1000);
  return ages;
}

async function poll(url: string, onWireMs: ReadonlyMap<string, number>, seconds: number): Promise<readonly number[]> {
  const ages: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let newest = ""; performance.now() < endMs; await sleep(POLL_EVERY_MS)) {
    const response = await fetch(`${url}/v1/trades?venue=${FEED}&symbol=${SYMBOL}&limit=1`);
    const { rows } = (await response.json()) as { readonly rows: readonly { readonly tradeId: string }[] };
    const id = rows[0]?.tradeId ?? "";
    const wireMs = onWireMs.get(id);
    if (id !== newest && wireMs !== undefined) ages.push(performance.now() - wireMs);
    newest = id;
  }
  return ages;
}

type OnTrade = (tradeId: string, atMs: number) => void;

/** A client of the venue's own protocol: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams */
async function venueClient(url: string, onTrade: OnTrade): Promise<AsyncDisposable> {
  const socket = new WebSocket(url);
  socket.on("message", (data) => {
    const atMs = performance.now();
    const id = /"t":(\d+)/.exec(String(data))?.[1];
    if (id !== undefined) onTrade(id, atMs);
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ method: "SUBSCRIBE", params: [`${RAW_SYMBOL.toLowerCase()}@trade`], id: 1 }));
  return closing(socket);
}

async function streamClient(url: string, onTrade: OnTrade): Promise<AsyncDisposable> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`);
  socket.on("message", (data) => {
    const atMs = performance.now();
    const { type, rows } = JSON.parse(String(data)) as {
      readonly type: string;
      readonly rows?: readonly { readonly tradeId: string }[];
    };
    if (type === "update") for (const { tradeId } of rows ?? []) onTrade(tradeId, atMs);
  });
  await once(socket, "open");
  const request = { op: "subscribe", id: 1, channel: "trades", symbol: SYMBOL, venue: FEED, snapshot: 0 };
  socket.send(JSON.stringify(request));
  return closing(socket);
}

function closing(socket: WebSocket): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}
