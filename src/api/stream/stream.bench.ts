import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type WebSocket, WebSocketServer } from "ws";
import { createMetrics, type Metrics, silentLogger, systemClock } from "../../base/index.ts";
import { Listings, TradeBatch } from "../../domain/index.ts";
import type { HealthReport } from "../health.ts";
import type { BenchClients, BenchReport } from "./bench-clients.program.ts";
import { StreamHub } from "./hub.ts";
import { StreamServer } from "./stream-server.ts";
import { TradeTexts } from "./trade-texts.ts";

/*
 * What a subscriber costs, and how old a trade is when it arrives; each against bare `ws.send` of the same text to as
 * many clients in the same run.
 */

export interface StreamBenchOptions {
  readonly subscribers?: number;
  readonly rounds?: number;
  readonly seconds?: number;
}

const REQUEST = '{"op":"subscribe","id":1,"channel":"trades","snapshot":0}';
const TRADES_PER_MS = 50;
const READERS = 10;

export async function run({ subscribers = 1000, rounds = 40, seconds = 5 }: StreamBenchOptions = {}): Promise<void> {
  for (const rows of [1, 20]) await fanOut(subscribers, rounds, rows);
  await burst(subscribers, rounds * 10);
  await latency(seconds);
}

/** One message to every subscriber at a time: the time of the sending thread. */
async function fanOut(subscribers: number, rounds: number, rows: number): Promise<void> {
  await using platform = await openBench({ draining: subscribers, reading: 0 });
  const trades = someTrades(rows);
  const text = platform.messageOf(trades);
  let [k2Ms, bareMs] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    await platform.drained();
    bareMs += timed(() => platform.sendBare(text));
    await platform.drained();
    await systemClock.sleep(25); // The longest pause is over: the message goes out at once.
    k2Ms += timed(() => platform.hub.publishTrades(trades));
  }
  await platform.drained();
  const [k2, bare] = [(rounds * subscribers) / k2Ms, (rounds * subscribers) / bareMs].map((perMs) => perMs * 1000);
  line(`fan-out, ${subscribers} subscribers, ${text.length}-byte messages`, k2 ?? 0, bare ?? 0, "messages/s");
}

/** Trade after trade as fast as they come, until all have them. */
async function burst(subscribers: number, count: number): Promise<void> {
  await using platform = await openBench({ draining: subscribers, reading: 0 });
  const trade = someTrades(1);
  const text = platform.messageOf(trade);
  const rate = async (send: () => void): Promise<number> => {
    await platform.drained();
    const startMs = performance.now();
    for (let sent = 0; sent < count; sent += 1) {
      send();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await systemClock.sleep(25);
    await platform.drained();
    return ((count * subscribers) / (performance.now() - startMs)) * 1000;
  };
  const bare = await rate(() => platform.sendBare(text));
  const k2 = await rate(() => platform.hub.publishTrades(trade));
  line(`burst of ${count} trades, ${subscribers} subscribers`, k2, bare, "trades delivered/s");
}

/** 50,000 trades a second, published in every millisecond as many. */
async function latency(seconds: number): Promise<void> {
  await using platform = await openBench({ draining: READERS - 1, reading: 1 });
  for (const [name, send] of [
    ["bare ws.send of each publishing", (trades: TradeBatch) => platform.sendBare(platform.messageOf(trades))],
    ["K2", (trades: TradeBatch) => platform.hub.publishTrades(trades)],
  ] as const) {
    await systemClock.sleep(200);
    await platform.report();
    const before = performance.eventLoopUtilization();
    const published = await publishFor(seconds, send);
    const { utilization } = performance.eventLoopUtilization(before);
    const ages: number[] = [];
    for (let found = -1; found < ages.length; ) {
      found = ages.length;
      await systemClock.sleep(200);
      for (const age of (await platform.report()).agesUs) ages.push(age);
    }
    ages.sort((a, b) => a - b);
    const at = (share: number): string => ((ages[Math.floor(ages.length * share)] ?? 0) / 1000).toFixed(2);
    console.log(
      `latency at ${Math.round(published / seconds).toLocaleString("en")} trades/s to ${READERS}, ${name}: ` +
        `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${ages.length === published ? "none" : published - ages.length} missing, ` +
        `publishing thread ${Math.round(utilization * 100)} % busy`,
    );
  }
}

async function publishFor(seconds: number, send: (trades: TradeBatch) => void): Promise<number> {
  const startMs = performance.now();
  let published = 0;
  while (published < seconds * 1000 * TRADES_PER_MS) {
    const due = Math.floor((performance.now() - startMs) * TRADES_PER_MS) - published;
    if (due > 0) send(someTrades(due));
    published += Math.max(0, due);
    await systemClock.sleep(1);
  }
  return published;
}

let nextId = 1;

/** Trades published now. */
function someTrades(count: number): TradeBatch {
  const trades = new TradeBatch(count);
  const nowUs = Number(systemClock.nowNs() / 1000n);
  for (let trade = 0; trade < count; trade += 1) {
    const row = trades.nextRow();
    trades.listing[row] = 0;
    trades.price.setNumber(row, 6_180_020_000_000 + 1_000_000 * trade);
    trades.size.setNumber(row, 600_000 + trade);
    trades.side[row] = 1 + (trade & 1);
    trades.eventTimeUs[row] = nowUs - 1500;
    trades.receiveTimeUs[row] = nowUs;
    trades.idNumber.setNumber(row, nextId);
    trades.executions[row] = 1;
    trades.source[row] = 1;
    trades.length += 1;
    nextId += 1;
  }
  return trades;
}

interface Bench extends AsyncDisposable {
  readonly hub: StreamHub;
  sendBare(text: string): void;
  messageOf(trades: TradeBatch): string;
  /** Until the operating system has taken all. */
  drained(): Promise<void>;
  report(): Promise<BenchReport>;
}

/** A stream server, and beside it a bare WebSocket server with as many clients. */
async function openBench(counts: Pick<BenchClients, "draining" | "reading">): Promise<Bench> {
  const listings = new Listings();
  listings.add({ index: 0, venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT", unitExponent: 0 });
  const metrics = createMetrics();
  const hub = new StreamHub({
    listings,
    query: { bars: () => Promise.reject(new Error("No bars here")) },
    health: () => ({}) as HealthReport,
    recentTradesPerListingMax: 1000,
    metrics,
  });
  const texts = new TradeTexts(listings);
  const stream = new StreamServer({ hub, mode: "simulated", version: "bench", metrics, logger: silentLogger });
  const [k2Connections, bareConnections]: [Duplex[], Duplex[]] = [[], []];
  const bareClients: WebSocket[] = [];
  const k2 = await listening((request, connection, head) => {
    k2Connections.push(connection);
    stream.accept(request, connection, head);
  });
  const bareSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const bare = await listening((request, connection, head) => {
    bareConnections.push(connection);
    bareSockets.handleUpgrade(request, connection, head, (client) => bareClients.push(client));
  });
  const workers = await Promise.all(
    [k2, bare].map((server) => startClients({ ...counts, port: portOf(server), request: REQUEST })),
  );
  const wanted = counts.draining + counts.reading;
  while (bareClients.length < wanted || (await subscriptions(metrics)) < wanted) await systemClock.sleep(20);
  return {
    hub,
    sendBare: (text) => {
      for (const client of bareClients) client.send(text);
    },
    messageOf(trades) {
      const rows = Array.from({ length: trades.length }, (_, row) => texts.text(trades, row));
      return `{"type":"update","id":1,"sequence":1,"rows":[${rows.join(",")}]}`;
    },
    async drained() {
      while ([...k2Connections, ...bareConnections].some(({ writableLength }) => writableLength > 0))
        await systemClock.sleep(1);
    },
    async report() {
      const reports = workers.map(async (worker) => {
        worker.postMessage("report");
        return (await once(worker, "message"))[0] as BenchReport;
      });
      return { agesUs: (await Promise.all(reports)).flatMap(({ agesUs }) => agesUs) };
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker.terminate();
      await stream[Symbol.asyncDispose]();
      for (const server of [k2, bare]) server.close();
      for (const connection of [...k2Connections, ...bareConnections]) connection.destroy();
    },
  };
}

async function listening(
  onUpgrade: (request: IncomingMessage, connection: Duplex, head: Buffer) => void,
): Promise<Server> {
  const server = createServer().on("upgrade", onUpgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function startClients(clients: BenchClients): Promise<Worker> {
  const worker = new Worker(fileURLToPath(new URL("bench-clients.program.ts", import.meta.url)), {
    workerData: clients,
  });
  await once(worker, "online");
  return worker;
}

async function subscriptions(metrics: Metrics): Promise<number> {
  const found = /^k2_stream_subscriptions\{channel="trades"\} (\d+)$/m.exec(await metrics.expose());
  return Number(found?.[1] ?? 0);
}

function timed(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

function line(name: string, k2: number, bare: number, unit: string): void {
  const [ours, theirs] = [k2, bare].map((value) => Math.round(value).toLocaleString("en"));
  console.log(`${name}: K2 ${ours} ${unit}, bare ws.send ${theirs} ${unit}, ratio ${(k2 / bare).toFixed(2)}`);
}

if (import.meta.main) await run();
