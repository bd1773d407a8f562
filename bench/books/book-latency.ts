import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { ensureEventTopics } from "../../src/app/event-topics.ts";
import { createMetrics, silentLogger, systemClock, systemRandom } from "../../src/base/index.ts";
import { decodeQuotes, QuoteRows, rawTopic, TOPICS } from "../../src/domain/index.ts";
import { FeedMetrics, feedById, runFeed } from "../../src/feeds/index.ts";
import { type Log, openLog } from "../../src/log/index.ts";
import { ReadyDesk } from "../../src/pipeline/books/test-books.ts";
import { openBooks } from "../../src/pipeline/index.ts";
import { freePort, sleep, startK2Process, stopped } from "../whole-path/scene.ts";

const FEED = "bybit-linear";
const RAW_SYMBOL = "BTCUSDT";
const SYMBOL = "BTC-USDT-PERP";
const CHANNEL = "orderbook.50";
/** Of the venue's best bid, whose size says when it was sent. */
const BEST_PRICE = "61800";
/** Stored sizes have eight decimals; the venue's are seconds. */
const STORED_PER_MS = 100_000;
const POLL_EVERY_MS = 10;
const WARM_UP_MS = 2_000;
const START_MS_MAX = 60_000;
const ANSWER_MS_MAX = 10_000;

export interface LatencyOptions {
  readonly updatesPerSecond: number;
  readonly seconds: number;
}

export interface Latency {
  /** How old each best bid was when it was seen. */
  readonly agesMs: readonly number[];
  /** Of a core, by the process that was measured and, in it, who measures. */
  readonly cores?: number;
  /** Why nothing was measured. */
  readonly problem?: string;
}

/**
 * From the venue's send to a subscriber of the quotes that are durable: a socket, the raw log, the book, the event log and
 * a reader that follows it, in this process; the venue is in another.
 */
export async function measureQuotes({ updatesPerSecond, seconds }: LatencyOptions): Promise<Latency> {
  const folder = temporaryFolder();
  await using venue = await startVenue(updatesPerSecond);
  const ending = new AbortController();
  const { signal } = ending;
  await using log = await openLog({ folder: folder.path });
  await ensureEventTopics(log, { partitions: 1, retentionMs: 3_600_000, retentionBytes: 1_073_741_824 });
  await log.ensureTopic({ topic: rawTopic(FEED), partitions: 1 });
  const books = await openBooks({
    raw: log,
    events: log,
    rules: {
      venueOf: (feed) => feed,
      readerFor: () => {
        const reader = feedById(FEED).books?.createBookReader({ channels: [CHANNEL] });
        if (reader === undefined) throw new Error(`${FEED} has no books`);
        return reader;
      },
      instrument: (feed) => ({ venue: feed, symbol: SYMBOL }),
    },
    rawTopics: [rawTopic(FEED)],
    desk: new ReadyDesk(),
  });
  const feed = runFeed({
    feed: feedById(FEED),
    url: venue.url,
    rawSymbols: [RAW_SYMBOL],
    channels: [CHANNEL],
    source: "replay",
    lastEpochs: new Map(),
    sink: async (partition, records) => void (await log.append([{ topic: rawTopic(FEED), partition, records }])),
    ...{ clock: systemClock, random: systemRandom, logger: silentLogger },
    metrics: new FeedMetrics(createMetrics()),
    signal,
  });
  const agesMs: number[] = [];
  const following = [books.run({ signal }), follow(log, agesMs, signal)];
  await sleep(WARM_UP_MS);
  agesMs.length = 0;
  const used = process.cpuUsage();
  await sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(used);
  ending.abort();
  await Promise.allSettled([...following, feed.ended]);
  folder.remove();
  return { agesMs, cores: (user + system) / 1e6 / seconds };
}

async function follow(log: Log, agesMs: number[], signal: AbortSignal): Promise<void> {
  const rows = new QuoteRows(4_096);
  for await (const { records } of log.read({ topic: TOPICS.quotes, partition: 0, offset: 0 }, { signal })) {
    const nowMs = monotonicMs();
    for (let from = 0; from < records.count; ) {
      rows.length = 0;
      from = decodeQuotes(records, rows, from);
      for (let row = 0; row < rows.length; row += 1) agesMs.push(nowMs - rows.bidSize.getNumber(row) / STORED_PER_MS);
    }
  }
}

/** From the venue's send to the answer of `GET /v1/book` of K2 as a user starts it, in a process of its own. */
export async function measureAnswers({ updatesPerSecond, seconds }: LatencyOptions): Promise<Latency> {
  return await withRunningK2(updatesPerSecond, async (k2Url) => {
    const agesMs: number[] = [];
    for (const endMs = monotonicMs() + seconds * 1_000; monotonicMs() < endMs; await sleep(POLL_EVERY_MS)) {
      const sentMs = await bestSentMs(k2Url);
      if (typeof sentMs === "number") agesMs.push(monotonicMs() - sentMs);
    }
    return agesMs;
  });
}

/** The same to a subscriber of `/v1/stream`: the age of each row that has a best bid. */
export async function measureStream(
  { updatesPerSecond, seconds }: LatencyOptions,
  channel: "book" | "book_changes",
): Promise<Latency> {
  return await withRunningK2(updatesPerSecond, async (k2Url) => {
    const socket = new WebSocket(`${k2Url.replace("http", "ws")}/v1/stream`);
    const agesMs: number[] = [];
    socket.on("message", (data) => {
      const nowMs = monotonicMs();
      const { type, rows = [] } = JSON.parse(String(data)) as StreamMessage;
      if (type !== "update") return;
      for (const { bids } of rows) {
        const best = bids?.find(({ price }) => price === BEST_PRICE);
        if (best !== undefined) agesMs.push(nowMs - Number(best.size) * 1_000);
      }
    });
    await once(socket, "open");
    socket.send(
      JSON.stringify({ op: "subscribe", id: 1, channel, symbol: SYMBOL, ...(channel === "book" ? { depth: 1 } : {}) }),
    );
    await sleep(seconds * 1_000);
    socket.terminate();
    return agesMs;
  });
}

/** Of a K2 that has the venue's book, and has run for a moment. */
async function withRunningK2(
  updatesPerSecond: number,
  measure: (url: string) => Promise<readonly number[]>,
): Promise<Latency> {
  const folder = temporaryFolder();
  await using venue = await startVenue(updatesPerSecond);
  const port = await freePort();
  const file = join(folder.path, "k2.config.json");
  const feeds = [{ feed: FEED, symbols: [SYMBOL], channels: [CHANNEL], url: venue.url, source: "replay" }];
  writeFileSync(file, JSON.stringify({ mode: "live", data: folder.path, http: { port }, feeds }));
  const k2 = startK2Process(["up", "--config", file], { folder: folder.path, nodeOptions: [] });
  const url = `http://127.0.0.1:${port}`;
  try {
    const problem = await untilAnswered(url);
    if (problem !== undefined) return { agesMs: [], problem };
    await sleep(WARM_UP_MS);
    return { agesMs: await measure(url) };
  } finally {
    await stopped(k2);
    folder.remove();
  }
}

/** @returns what the last answer said instead, where there is no book in time */
async function untilAnswered(k2Url: string): Promise<string | undefined> {
  for (const endMs = monotonicMs() + START_MS_MAX; ; await sleep(50)) {
    const sentMs = await bestSentMs(k2Url);
    if (typeof sentMs === "number") return undefined;
    if (monotonicMs() > endMs) return sentMs;
  }
}

async function bestSentMs(k2Url: string): Promise<number | string> {
  const url = `${k2Url}/v1/book?venue=${FEED}&symbol=${SYMBOL}&depth=1`;
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const response = await fetch(url, { signal }).catch((error: unknown) => String(error));
  if (typeof response === "string") return response;
  const body = (await response.json()) as BookAnswer;
  const size = response.ok ? body.bids?.[0]?.size : undefined;
  return size === undefined ? `${response.status} ${JSON.stringify(body).slice(0, 300)}` : Number(size) * 1_000;
}

interface StreamMessage {
  readonly type: string;
  readonly rows?: readonly { readonly bids?: readonly { readonly price: string; readonly size: string }[] }[];
}

interface BookAnswer {
  readonly bids?: readonly { readonly size: string }[];
}

interface Venue extends AsyncDisposable {
  readonly url: string;
}

async function startVenue(updatesPerSecond: number): Promise<Venue> {
  const program = fileURLToPath(new URL("./depth-venue.program.ts", import.meta.url));
  const child = spawn(process.execPath, [program, String(updatesPerSecond)], { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { readonly url: string };
    return { url, [Symbol.asyncDispose]: () => ended(child) };
  }
  throw new Error("The venue did not start");
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "k2-book-latency-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
