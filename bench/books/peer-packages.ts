import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The versions that the figures in docs/benchmarks.md are of. */
const PACKAGES = ["tardis-dev@13.35.3", "ccxt@4.5.84"];
const INSTALL_MS_MAX = 300_000;

/** tardis-dev, as far as it is used here. */
export interface TardisModule {
  normalizeBookChanges(exchange: string, receivedAt: Date): TardisMapper;
  readonly OrderBook: new () => TardisBook;
}

export interface TardisMapper {
  map(message: unknown, receivedAt: Date): Iterable<TardisChange> | undefined;
}

export interface TardisChange {
  readonly symbol: string;
  readonly isSnapshot: boolean;
}

export interface TardisBook {
  update(change: TardisChange): void;
  bestBid(): TardisLevel | undefined;
  bestAsk(): TardisLevel | undefined;
}

export interface TardisLevel {
  readonly price: number;
  readonly amount: number;
}

/** ccxt, as far as it is used here. */
export interface CcxtModule {
  readonly pro: Readonly<Record<string, new () => CcxtExchange>>;
}

export interface CcxtExchange {
  readonly orderbooks: Readonly<Record<string, CcxtBook>>;
  setMarkets(markets: readonly object[]): void;
  handleMessage(client: object, message: unknown): void;
  handleOrderBook(client: object, message: unknown): void;
  orderBook(snapshot?: object, depth?: number): CcxtBook;
  parseOrderBook(snapshot: unknown, symbol: string): { nonce?: number };
}

export interface CcxtBook {
  readonly bids: readonly (readonly [price: number, size: number])[];
  readonly asks: readonly (readonly [price: number, size: number])[];
  reset(snapshot: object): void;
}

/** Other programs that keep books; undefined where a package cannot be had here, of which `missing` says why. */
export interface Peers extends AsyncDisposable {
  readonly tardis: TardisModule | undefined;
  readonly ccxt: CcxtModule | undefined;
  readonly missing: string | undefined;
}

/**
 * Installs the peers from npm into a temporary folder that goes with the result; into the folder that K2_BENCH_PEERS
 * names nothing is installed, it is used as it is.
 */
export async function openPeers(): Promise<Peers> {
  const given = process.env["K2_BENCH_PEERS"];
  if (given !== undefined) return { ...(await loaded(given)), async [Symbol.asyncDispose]() {} };
  const folder = await mkdtemp(join(tmpdir(), "k2-bench-peers-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(join(folder, "package.json"), '{"private":true}');
    await install(folder);
  } catch (error) {
    await remove();
    const missing = `tardis-dev and ccxt cannot be installed: ${textOf(error)}`;
    return { tardis: undefined, ccxt: undefined, missing, async [Symbol.asyncDispose]() {} };
  }
  return { ...(await loaded(folder)), [Symbol.asyncDispose]: remove };
}

async function install(folder: string): Promise<void> {
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...PACKAGES];
  const child = spawn("npm", args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    signal: AbortSignal.timeout(INSTALL_MS_MAX),
    shell: process.platform === "win32",
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-500);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`npm ended with ${code}: ${said.trim()}`);
}

async function loaded(folder: string): Promise<Omit<Peers, typeof Symbol.asyncDispose>> {
  const fromFolder = createRequire(join(folder, "package.json"));
  const missing: string[] = [];
  const load = async <Module>(name: string, how: () => Module | Promise<Module>): Promise<Module | undefined> => {
    try {
      return await how();
    } catch (error) {
      missing.push(`${name}: ${textOf(error)}`);
      return undefined;
    }
  };
  const tardis = await load("tardis-dev", () => fromFolder("tardis-dev") as TardisModule);
  const ccxt = await load("ccxt", async () => {
    // Its ES modules: what a program that imports it runs.
    const path = fromFolder.resolve("ccxt").replace(/dist.ccxt\.cjs$/, join("js", "ccxt.js"));
    return ((await import(pathToFileURL(path).href)) as { readonly default: CcxtModule }).default;
  });
  return { tardis, ccxt, missing: missing.length === 0 ? undefined : missing.join("; ") };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
