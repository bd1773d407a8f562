import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createMetrics, type RecordBatch, silentLogger, systemClock, systemRandom } from "../../base/index.ts";
import { type Log, openLog } from "../../log/index.ts";
import { FeedMetrics } from "../feed-metrics.ts";
import { type FeedRun, runFeed } from "../feed-run.ts";
import { runIsolatedFeed } from "./isolated-feed.ts";
import { plain } from "./test-feeds.ts";

export interface IsolationBenchOptions {
  readonly feeds?: number;
  /** Over all feeds. */
  readonly framesPerSecond?: number;
  readonly seconds?: number;
}

interface Measured {
  /** Of one core, while frames flow, less that of the idle time before. */
  readonly cpu: number;
  /** How busy the main thread was. */
  readonly mainThread: number;
  readonly idleMegabytes: number;
  readonly startCpuSeconds: number;
  readonly frames: number;
}

const PAYLOAD_BYTES = 160;
const TICK_MS = 5;

/**
 * What a worker a feed costs against all feeds in one thread, each in a process of its own, into a raw log on this disk:
 * memory when idle, processor time to start, and processor time at a steady rate of frames from another process.
 */
export async function run(options: IsolationBenchOptions = {}): Promise<void> {
  const { feeds = 6, framesPerSecond = 10_000, seconds = 10 } = options;
  const server = fork(fileURLToPath(import.meta.url), ["--serve", String(framesPerSecond / feeds)]);
  const [url] = (await once(server, "message")) as [string];
  try {
    for (const mode of ["none", "worker"]) {
      const child = fork(fileURLToPath(import.meta.url), ["--measure", mode, url, String(feeds), String(seconds)], {
        execArgv: ["--expose-gc", "--semi-space-growth-factor=1"],
      });
      const [measured] = (await once(child, "message")) as [Measured];
      const { cpu, mainThread, idleMegabytes, startCpuSeconds, frames } = measured;
      console.log(
        `isolation ${mode}: ${feeds} feeds, ${Math.round(frames / seconds)} frames/s: ${(cpu * 100).toFixed(1)} % of a core, ` +
          `main thread ${(mainThread * 100).toFixed(1)} % busy; idle ${idleMegabytes.toFixed(0)} MB resident; ` +
          `started in ${startCpuSeconds.toFixed(2)} s of processor time`,
      );
    }
  } finally {
    server.kill();
  }
}

async function measure(mode: string, url: string, feeds: number, seconds: number): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "k2-isolation-"));
  const metrics = createMetrics();
  const log = await openLog({ folder, clock: systemClock, logger: silentLogger, metrics });
  await log.ensureTopic({ topic: "raw.test", partitions: feeds });
  const feedMetrics = new FeedMetrics(metrics);
  const before = process.cpuUsage();
  const runs = Array.from({ length: feeds }, (_, index) => start(mode, url, index, log, feedMetrics));
  while (!runs.every((feed) => feed.status()[0]?.state === "live")) await sleep(20);
  const startCpuSeconds = cpuSeconds(before);
  globalThis.gc?.();
  await sleep(3_000);
  const idleMegabytes = process.memoryUsage.rss() / 1_048_576;
  const idle = process.cpuUsage();
  await sleep(2_000);
  const idleCpu = cpuSeconds(idle) / 2;
  const framesOf = (): number => runs.reduce((sum, feed) => sum + (feed.status()[0]?.framesTotal ?? 0), 0);
  for (const feed of runs) feed.request("test/0", feed.status()[0]?.epoch ?? 0, ["go"]);
  await sleep(1_000);
  const [frames, flowing, busy] = [framesOf(), process.cpuUsage(), performance.eventLoopUtilization()];
  await sleep(seconds * 1_000);
  const measured = {
    cpu: cpuSeconds(flowing) / seconds - idleCpu,
    mainThread: performance.eventLoopUtilization(busy).utilization,
    ...{ idleMegabytes, startCpuSeconds, frames: framesOf() - frames },
  };
  for (const feed of runs) await feed[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
  return measured;
}

function start(mode: string, url: string, partition: number, log: Log, metrics: FeedMetrics): FeedRun {
  const options = {
    feed: plain,
    ...({ url, rawSymbols: ["A"], source: "simulated", lastEpochs: new Map<string, number>() } as const),
    sink: async (_connection: number, records: RecordBatch) =>
      void (await log.append([{ topic: "raw.test", partition, records }])),
    ...{ clock: systemClock, random: systemRandom, logger: silentLogger, metrics },
  };
  if (mode === "none") return runFeed(options);
  const module = new URL("./test-feeds.ts", import.meta.url).href;
  return runIsolatedFeed({ ...options, origin: { module, name: "plain" } });
}

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** Accepts every subscription; at "go" it sends frames at a steady rate, those of a tick in one write. */
function serve(framesPerSecond: number): void {
  const text = (payload: string): Buffer => {
    const body = Buffer.from(payload);
    const head = body.length < 126 ? [0x81, body.length] : [0x81, 126, body.length >> 8, body.length & 255];
    return Buffer.concat([Buffer.from(head), body]);
  };
  const frame = text("x".repeat(PAYLOAD_BYTES));
  const server = createServer().on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accepted = createHash("sha1").update(key).digest("base64");
    const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    socket.write(`${head.join("\r\n")}\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`);
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(text('{"ok":"A"}'));
      socket.once("data", () => {
        let [startMs, sent] = [performance.now(), 0];
        const timer = setInterval(() => {
          const due = Math.floor(((performance.now() - startMs) / 1_000) * framesPerSecond);
          if (due > sent) socket.write(Buffer.concat(Array<Buffer>(due - sent).fill(frame)));
          sent = due;
        }, TICK_MS);
        socket.once("close", () => clearInterval(timer));
      });
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  process.on("disconnect", () => process.exit(0));
}

const [, program, what, ...rest] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  if (what === "--serve") serve(Number(rest[0]));
  else if (what === "--measure") {
    const measured = await measure(rest[0] ?? "none", rest[1] ?? "", Number(rest[2]), Number(rest[3]));
    process.send?.(measured, () => process.exit(0));
  } else await run();
}
