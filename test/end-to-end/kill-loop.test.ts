import { watch } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openOffline } from "../../src/app/offline.ts";
import { type Random, seededRandom } from "../../src/base/index.ts";
import { startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";
import { compareBarsWithTrades } from "./bars-of-trades.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";
import { K2Process, pause, writeConfig } from "./k2-process.ts";
import { RawLogWatch, type SocketLife } from "./raw-log-watch.ts";
import { compareSentAndStored, rewindServer, sentTrades, untilAllIsTaken } from "./sent-and-stored.ts";

/** Continuous integration asks for 100. */
const KILLS = Number(process.env["K2_KILLS"] ?? 10);
const SEED = Number(process.env["K2_SEED"] ?? 1);
const TRADES_PER_SECOND = 20_000;
const OVERLAP_TRADES_MAX = 500;
const UP_MS_FIRST = 1_500;
const RUNNING_MS_MAX = 1_000;
const STOPPING_MS_MAX = 500;
/** A commit takes about this long from its first file to its last. */
const LANDING_MS_MAX = 100;
const LANDING_WAIT_MS_MAX = 2_000;
const PROGRESS_EVERY = 10;
const TEST_MS_MAX = 300_000 + KILLS * 20_000;

const FEEDS = {
  binance: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "SOL-USDT-SPOT", "DOGE-USDT-SPOT", "PICO-USDT-SPOT"],
  "binance-usdm": ["BTC-USDT-PERP", "ETH-USDT-PERP", "SOL-USDT-PERP"],
  kraken: ["BTC-USD-SPOT", "ETH-USD-SPOT", "DOGE-USD-SPOT"],
  coinbase: ["BTC-USD-SPOT", "ETH-USD-SPOT", "SOL-USD-SPOT"],
  bybit: ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "PICO-USDT-SPOT"],
} as const;

test(`killed ${KILLS} times at random moments, K2 has every trade that was sent, once`, {
  timeout: TEST_MS_MAX,
}, async () => {
  using folder = temporaryFolder();
  await using server = await startVenueServer({
    source: { kind: "market", seed: SEED, tradesPerSecond: TRADES_PER_SECOND, feeds: Object.keys(FEEDS) },
    paused: true,
  });
  const settings = {
    mode: "live",
    data: folder.path,
    http: { port: 0 },
    lake: { commitAgeMs: 300, firstCommitAgeMs: 300 },
    feeds: Object.entries(FEEDS).map(([feed, symbols]) => ({ feed, symbols, url: server.url(feed), source: "replay" })),
  };
  const configFile = writeConfig(folder.path, settings);
  const config = testConfig(folder.path, settings);
  const raw = new RawLogWatch(join(config.folder, "log"));
  const murder = new Murder(seededRandom(SEED), { server, lake: join(config.folder, "lake") });

  for (const feed of Object.keys(FEEDS)) server.rewind({ feed, afterTradeId: "0" });
  for (let kill = 1; kill <= KILLS; kill += 1) {
    rewindServer(server, raw.lastIds, murder.random.int(OVERLAP_TRADES_MAX));
    await using k2 = new K2Process(["up", "--config", configFile]);
    await murder.commit(k2);
    await raw.read();
    if (kill % PROGRESS_EVERY === 0 || kill === KILLS) console.info(murder.report(), `${raw.records} raw records`);
  }

  rewindServer(server, raw.lastIds, OVERLAP_TRADES_MAX);
  await using last = new K2Process(["up", "--config", configFile]);
  await last.url;
  server.resume();
  await pause(500);
  server.pause();
  await untilAllIsTaken(last, server);
  expect(await last.stop()).toEqual({ code: 0, signal: null });
  expect(last.complaints).toEqual([]);
  expect(murder.complaints).toEqual([]);
  await raw.read();
  expect(raw.refusals).toBe(0);

  await using verifying = new K2Process(["verify", "--config", configFile]);
  const verified = await verifying.ended;
  console.info(verifying.output + verifying.errors);
  expect(verified).toEqual({ code: 0, signal: null });

  await using offline = await openOffline(config);
  const comparisons = await compareSentAndStored(offline.query, server.ledger());
  expect(comparisons.length).toBe(Object.values(FEEDS).flat().length);
  for (const { feed, symbol, sent, stored } of comparisons) {
    expect({ feed, symbol, ...stored }).toEqual({ feed, symbol, ...sent, distinctIds: sent.trades });
    expect(BigInt(sent.lastId ?? 0) - BigInt(sent.firstId ?? 0) + 1n, `${feed} ${symbol}: ids without a hole`).toBe(
      BigInt(sent.trades),
    );
  }
  const bars = await compareBarsWithTrades(offline.query);
  expect(bars.differences).toEqual([]);
  expect(bars.compared).toBeGreaterThan(0);

  const crashes = crashGaps(raw.sockets);
  const gaps = await rowsOf(offline, "SELECT gap_id, state FROM silver.gaps WHERE cause = 'crash' ORDER BY ALL");
  expect(gaps).toEqual(
    crashes.flatMap((gap) => [
      { gap_id: gap, state: "closed" },
      { gap_id: gap, state: "open" },
    ]),
  );
  expect(crashes.length).toBeGreaterThan(KILLS / 3);
  const left = await rowsOf(
    offline,
    "SELECT gap_id FROM silver.gaps WHERE cause <> 'shutdown' GROUP BY gap_id HAVING count(*) <> 2",
  );
  expect(left).toEqual([]);
  console.info(`${sentTrades(server)} trades, ${bars.compared} bars and ${crashes.length} crash gaps are right`);
});

/** When K2 is killed, and how many kills of a hundred are there. */
const MOMENTS = { starting: 30, running: 30, landing: 25, stopping: 15 };
type Moment = keyof typeof MOMENTS;

/** Kills at random moments, and keeps count. The market stands still while K2 is away. */
class Murder {
  readonly random: Random;
  readonly complaints: string[] = [];
  readonly #server: VenueServer;
  readonly #lake: string;
  readonly #startedMs: number = performance.now();
  readonly #counts: Record<Moment, number> = { starting: 0, running: 0, landing: 0, stopping: 0 };
  #upMs = UP_MS_FIRST;
  #memoryPeakMb = 0;

  constructor(random: Random, { server, lake }: { readonly server: VenueServer; readonly lake: string }) {
    this.random = random;
    this.#server = server;
    this.#lake = lake;
  }

  async commit(k2: K2Process): Promise<void> {
    const moment = this.#choose();
    this.#counts[moment] += 1;
    if (moment === "starting") await pause(this.random.int(this.#upMs));
    else await this.#reach(moment, k2);
    this.#memoryPeakMb = Math.max(this.#memoryPeakMb, k2.memoryPeakMb);
    const ended = await k2.stop("SIGKILL");
    this.#server.pause();
    this.complaints.push(...k2.complaints);
    const isExpected = ended.signal === "SIGKILL" || (moment === "stopping" && ended.code === 0);
    if (!isExpected) throw new Error(`K2 ended by itself with ${ended.code}: ${k2.output}${k2.errors}`);
  }

  #choose(): Moment {
    let luck = this.random.int(100);
    for (const [moment, share] of Object.entries(MOMENTS)) {
      if (luck < share) return moment as Moment;
      luck -= share;
    }
    return "running";
  }

  async #reach(moment: Exclude<Moment, "starting">, k2: K2Process): Promise<void> {
    await k2.url;
    this.#upMs = Math.round((3 * this.#upMs + performance.now() - k2.startedMs) / 4);
    this.#server.resume();
    if (moment === "landing") {
      await this.#untilLanding();
      await pause(this.random.int(LANDING_MS_MAX));
      return;
    }
    await pause(this.random.int(RUNNING_MS_MAX));
    if (moment === "running") return;
    k2.signal("SIGTERM");
    await pause(this.random.int(STOPPING_MS_MAX));
  }

  /** Until a file appears in the lake; not for ever, for a busy machine may have none yet. */
  async #untilLanding(): Promise<void> {
    try {
      for await (const _ of watch(this.#lake, { recursive: true, signal: AbortSignal.timeout(LANDING_WAIT_MS_MAX) }))
        return;
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  }

  report(): string {
    const kills = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    const seconds = (performance.now() - this.#startedMs) / 1000;
    return (
      `${kills} kills (${JSON.stringify(this.#counts)}) in ${seconds.toFixed(0)} s, ${(seconds / kills).toFixed(1)} s each; ` +
      `up after ${this.#upMs} ms; ${this.#memoryPeakMb} MB at the most;`
    );
  }
}

/** Ids of the gaps that kills must have made: from a socket that was never closed to the next that brought a trade. */
function crashGaps(sockets: readonly SocketLife[]): readonly string[] {
  const gaps: string[] = [];
  for (const connection of new Set(sockets.map((socket) => socket.connection))) {
    let before: SocketLife | undefined;
    let isOpen = false;
    for (const socket of sockets.filter((life) => life.connection === connection)) {
      if (before !== undefined && !isOpen) {
        if (!before.isClosed) gaps.push(`${connection}#${before.epoch}`);
        isOpen = true;
      }
      if (socket.trades > 0) isOpen = false;
      before = socket;
    }
  }
  return gaps.sort();
}
