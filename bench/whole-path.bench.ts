import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { rateText, watchRate } from "./whole-path/at-rate.ts";
import { commitsOfTrades } from "./whole-path/committed.ts";
import { measureFreshness } from "./whole-path/freshness.ts";
import { measureLakeBytes } from "./whole-path/lake-bytes.ts";
import { measureLoaded } from "./whole-path/memory.ts";
import { quantilesText, whole } from "./whole-path/quantiles.ts";
import { openScene, sleep } from "./whole-path/scene.ts";
import { measureIdle, measureStartUps } from "./whole-path/start-up.ts";
import { climb } from "./whole-path/throughput.ts";

/** What can be measured, in the order of `run`. */
const PARTS = ["start", "idle", "fresh", "climb", "memory", "lake"] as const;
type Part = (typeof PARTS)[number];

export interface WholePathBenchOptions {
  /** Default: all. */
  readonly parts?: readonly Part[];
  /** Of each step that runs at one rate; default 20. */
  readonly seconds?: number;
  /** Trades a second at which freshness is measured. */
  readonly freshRates?: readonly number[];
  /** Trades a second to climb. */
  readonly climbRates?: readonly number[];
  /** How long memory is watched under load, and at what rate; default one minute at 60,000 trades, about 50,000 messages, a second. */
  readonly memorySeconds?: number;
  readonly memoryRate?: number;
  /** How long K2 idles before its memory is read; default 60. */
  readonly idleSeconds?: number;
  readonly startRounds?: number;
  /** Trades of the file whose bytes are counted; default 2,200,000. */
  readonly lakeRows?: number;
}

const CLIMB_RATES = [25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000];
/** The default of a minute would give a run no commit but the first. */
const COMMIT_AGE_MS = 10_000;
const WARM_UP_MS = 3_000;

/**
 * K2 as a user starts it, in a process of its own, fed by a simulated market in another: from the wire to the durable log,
 * to queries, to subscribers and to committed Iceberg snapshots.
 */
export async function run(options: WholePathBenchOptions = {}): Promise<void> {
  if (!existsSync("/proc/self/task")) {
    console.log("skipped: processor time and memory of other processes are read from /proc, which Linux alone has");
    return;
  }
  const { parts = PARTS, seconds = 20 } = options;
  const measure: Readonly<Record<Part, () => Promise<void>>> = {
    start: () => printStarts(options.startRounds ?? 5),
    idle: () => printIdle(options.idleSeconds ?? 60),
    fresh: () => printFreshness(options.freshRates ?? [1_000, 10_000, 50_000], seconds),
    climb: () => printClimb(options.climbRates ?? CLIMB_RATES, seconds),
    memory: () => printMemory(options.memoryRate ?? 60_000, options.memorySeconds ?? 60),
    lake: () => printLakeBytes(options.lakeRows ?? 2_200_000),
  };
  for (const part of parts) await measure[part]();
}

async function printStarts(rounds: number): Promise<void> {
  const starts = await measureStartUps(rounds);
  const answers = quantilesText(starts.map(({ answerMs }) => answerMs));
  const rows = quantilesText(starts.map(({ rowMs }) => rowMs));
  console.log(`k2 up on an empty folder → first answer of /v1/trades: ${answers}; with a trade in it: ${rows}`);
}

async function printIdle(seconds: number): Promise<void> {
  console.log(`resident with the built-in market at 40 trades/s, after ${seconds} s: ${await measureIdle(seconds)}`);
}

async function printFreshness(rates: readonly number[], seconds: number): Promise<void> {
  for (const rate of rates) {
    console.log(`freshness at ${whole(rate)} trades/s, for ${seconds} s:`);
    await using scene = await openScene({ tradesPerSecond: rate, config: { lake: { commitAgeMs: COMMIT_AGE_MS } } });
    await sleep(WARM_UP_MS);
    const measuring = measureFreshness(scene, seconds);
    console.log(`  ${rateText(await watchRate(scene, measuring))}`);
    const { streamMs, queryMs } = await measuring;
    console.log(`  wire → WebSocket subscriber: ${quantilesText(streamMs)}`);
    console.log(`  wire → answer of /v1/trades: ${quantilesText(queryMs)}`);
    await scene.stop();
    // The last one is of the stop: it takes what there is, whatever its age.
    const commits = (await commitsOfTrades(scene.folder)).slice(0, -1);
    console.log(
      `  wire → committed, newest row of each commit: ${quantilesText(commits.map(({ newestMs }) => newestMs))}`,
    );
    console.log(
      `  wire → committed, oldest row (commits are ${COMMIT_AGE_MS / 1000} s apart): ${quantilesText(commits.map(({ oldestMs }) => oldestMs))}`,
    );
  }
}

async function printClimb(rates: readonly number[], seconds: number): Promise<void> {
  console.log(`wire → durable → queryable → committed, ${seconds} s each:`);
  const kept = await climb(rates, seconds);
  if (kept === undefined) console.log("  K2 kept up with none of these rates");
  else console.log(`  sustained: ${whole(kept.tradesPerSecond)} trades/s in ${whole(kept.framesPerSecond)} messages/s`);
}

async function printMemory(rate: number, seconds: number): Promise<void> {
  console.log(`resident under load, each sample 5 s apart:`);
  await measureLoaded(rate, seconds);
}

async function printLakeBytes(rows: number): Promise<void> {
  const { columns, ...found } = await measureLakeBytes(rows);
  const named = columns.map(({ name, bytesPerRow }) => `${name} ${bytesPerRow.toFixed(3)}`);
  console.log(
    `bytes a trade in the lake: ${found.bytesPerRow.toFixed(2)} (${whole(found.rows)} rows in ${found.files} file(s))\n  ${named.join(", ")}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [names = PARTS.join(","), options = "{}"] = process.argv.slice(2);
  const parts = PARTS.filter((part) => names.split(",").includes(part));
  await run({ ...(JSON.parse(options) as WholePathBenchOptions), parts });
}
