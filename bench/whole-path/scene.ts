import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { HealthReport } from "../../src/app/index.ts";
import { MARKET_FEEDS } from "./market-feeds.ts";

export interface SceneOptions {
  readonly tradesPerSecond: number;
  /** More of K2's configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of the Node that runs K2. */
  readonly nodeOptions?: readonly string[];
  /** Kept when given; otherwise a temporary one that goes with the scene. */
  readonly folder?: string;
}

/** K2 as anyone starts it, and the market in another process: what this one measures is seen from outside. */
export interface Scene extends AsyncDisposable {
  readonly k2Pid: number;
  readonly marketPid: number;
  /** Of K2's API. */
  readonly url: string;
  readonly folder: string;
  /** The market's own endpoints, by feed. */
  readonly feedUrls: Readonly<Record<string, string>>;
  health(): Promise<HealthReport>;
  /** Trades that the market has written to K2's sockets so far. */
  tradesSent(): Promise<number>;
  /** Stops K2 as Ctrl-C does; returns how long that took. */
  stop(): Promise<number>;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Starts both; K2 has every connection live when this resolves. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "k2-whole-path-"));
  const market = await startMarket(options.tradesPerSecond);
  const port = await freePort();
  const file = join(folder, "k2.config.json");
  const feeds = MARKET_FEEDS.map((feed) => ({ ...feed, url: market.urls[feed.feed], source: "replay" }));
  // Workers are measured by themselves (`npm run bench isolation`); on two cores they would be what this measures.
  const base = { mode: "live", data: folder, http: { port }, capture: { isolation: "none" } };
  writeFileSync(file, JSON.stringify({ ...base, feeds, ...options.config }));
  const k2 = startK2Process(["up", "--config", file], { folder, nodeOptions: options.nodeOptions ?? [] });
  const url = `http://127.0.0.1:${port}`;
  const health = async (): Promise<HealthReport> => (await (await fetch(`${url}/v1/health`)).json()) as HealthReport;
  const close = async (): Promise<void> => {
    await stopped(k2);
    market.process.stdin?.end();
    await ended(market.process);
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilLive(health, k2);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    k2Pid: k2.pid ?? 0,
    marketPid: market.process.pid ?? 0,
    url,
    folder,
    feedUrls: market.urls,
    health,
    tradesSent: () => tradesSent(market.httpUrl),
    stop: () => stopped(k2),
    [Symbol.asyncDispose]: close,
  };
}

/** `bin/k2.js` in a process of its own; its standard error is ours. */
export function startK2Process(
  args: readonly string[],
  { folder, nodeOptions }: { readonly folder: string; readonly nodeOptions: readonly string[] },
): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, join(ROOT, "bin/k2.js"), ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Stops a process as Ctrl-C does and waits for its end; returns how long that took, in milliseconds. */
export async function stopped(child: ChildProcess): Promise<number> {
  const startMs = performance.now();
  child.kill("SIGINT");
  await ended(child);
  return performance.now() - startMs;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Market {
  readonly process: ChildProcess;
  readonly httpUrl: string;
  readonly urls: Readonly<Record<string, string>>;
}

async function startMarket(tradesPerSecond: number): Promise<Market> {
  const program = fileURLToPath(new URL("./market.program.ts", import.meta.url));
  const feeds = MARKET_FEEDS.map(({ feed }) => feed);
  const child = spawn(process.execPath, [program, String(tradesPerSecond), ...feeds], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { httpUrl, urls } = JSON.parse(line) as Omit<Market, "process">;
    return { process: child, httpUrl, urls };
  }
  throw new Error("The market did not start");
}

async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, "exit");
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function untilLive(health: () => Promise<HealthReport>, k2: ChildProcess): Promise<void> {
  const giveUpMs = performance.now() + 60_000;
  for (;;) {
    const feeds = await health().then(
      (report) => report.feeds,
      () => [],
    );
    if (feeds.length > 0 && feeds.every(({ state }) => state === "live")) return;
    if (hasEnded(k2)) throw new Error("K2 ended before it was live");
    if (performance.now() > giveUpMs) throw new Error("K2 was not live within a minute");
    await sleep(20);
  }
}

interface Ledger {
  readonly trades: readonly { readonly trades: number }[];
}

async function tradesSent(httpUrl: string): Promise<number> {
  const ledger = (await (await fetch(`${httpUrl}/ledger`)).json()) as Ledger;
  return ledger.trades.reduce((sum, { trades }) => sum + trades, 0);
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
