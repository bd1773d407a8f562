import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { createMetrics, recordAt, silentLogger, systemClock, systemRandom } from "../base/index.ts";
import { FrameRecord } from "../domain/index.ts";
import { FeedMetrics } from "./feed-metrics.ts";
import { runFeed } from "./feed-run.ts";
import { testFeed } from "./test-feed.ts";

export interface ConnectionBenchOptions {
  /** Frames a round. */
  readonly frames?: number;
  readonly rounds?: number;
}

/** The size of a Binance trade message, the shortest that come in bulk. */
const PAYLOAD_BYTES = 160;
const FRAMES_A_CHUNK = 400;

/**
 * Frames a second from a server in another process, through runFeed() into a sink that keeps nothing,
 * against a bare `ws` client with the same socket options that only counts them.
 */
export async function run({ frames = 2_000_000, rounds = 5 }: ConnectionBenchOptions = {}): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ["--serve"]);
  const url = await new Promise<string>((resolve) => server.once("message", (message) => resolve(String(message))));
  try {
    const [bare, engine]: [number[], number[]] = [[], []];
    await measureBare(`${url}?frames=${frames / 10}`, frames / 10); // Warms both paths up.
    await measureEngine(`${url}?frames=${frames / 10}`, frames / 10);
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await measureBare(`${url}?frames=${frames}`, frames));
      engine.push(await measureEngine(`${url}?frames=${frames}`, frames));
    }
    const perSecond = (seconds: number): string =>
      `${Math.round(frames / seconds / 1000).toLocaleString("en")} k frames/s`;
    console.log(
      `connection: ${perSecond(median(engine))} recorded, bare ws client ${perSecond(median(bare))}, ` +
        `ratio ${(median(bare) / median(engine)).toFixed(2)} (${PAYLOAD_BYTES}-byte frames, median of ${rounds})`,
    );
  } finally {
    await stop(server);
  }
}

function measureBare(url: string, frames: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    let [count, startMs] = [0, 0];
    socket.on("open", () => {
      startMs = performance.now();
      socket.send("go");
    });
    socket.on("message", () => {
      count += 1;
      if (count < frames) return;
      socket.terminate();
      resolve((performance.now() - startMs) / 1000);
    });
  });
}

async function measureEngine(url: string, frames: number): Promise<number> {
  const done = Promise.withResolvers<void>();
  let [records, bytes, startMs] = [0, 0, 0];
  const capture = runFeed({
    feed: testFeed({ subscribe: () => ["go"], readAnswer: () => ({ kind: "accepted", count: 1 }) }),
    url,
    rawSymbols: ["A"],
    source: "simulated",
    lastEpochs: new Map(),
    sink: async (_connection, batch) => {
      if (startMs === 0) startMs = performance.now(); // The batch with `opened` and `sent`.
      for (let index = records; index < Math.min(2, records + batch.count); index += 1) {
        if (new FrameRecord(recordAt(batch, index - records)).kind === "received") throw new Error("no opened record");
      }
      records += batch.count;
      bytes += batch.bytes.byteLength;
      if (records >= frames + 2) done.resolve();
    },
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: new FeedMetrics(createMetrics()),
  });
  await done.promise;
  const seconds = (performance.now() - startMs) / 1000;
  await capture[Symbol.asyncDispose]();
  if (bytes < frames * PAYLOAD_BYTES) throw new Error(`${bytes} bytes recorded of ${frames} frames`);
  return seconds;
}

/** Sends as many frames as the URL asks for, as fast as they are taken: whole chunks built beforehand. */
function serve(): void {
  const frame = Buffer.concat([
    Buffer.from([0x81, 126, PAYLOAD_BYTES >> 8, PAYLOAD_BYTES & 255]),
    Buffer.alloc(PAYLOAD_BYTES, "x"),
  ]);
  const chunk = Buffer.concat(Array<Buffer>(FRAMES_A_CHUNK).fill(frame));
  const server = createServer().on("upgrade", (request, socket: Duplex) => {
    const key = request.headers["sec-websocket-key"] ?? "";
    const digest = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${digest}\r\n\r\n`,
    );
    socket.on("error", () => {});
    let left = Number(new URL(request.url ?? "", "http://localhost").searchParams.get("frames"));
    const pump = (): void => {
      while (left > 0) {
        const part = left >= FRAMES_A_CHUNK ? chunk : chunk.subarray(0, left * frame.byteLength);
        left -= FRAMES_A_CHUNK;
        if (!socket.write(part)) return;
      }
    };
    socket.on("drain", pump);
    socket.once("data", pump); // The client's "go".
  });
  server.listen(0, "127.0.0.1", () => process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  process.on("disconnect", () => process.exit(0));
}

function stop(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once("exit", () => resolve());
    server.kill();
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (process.argv.includes("--serve")) serve();
else if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
