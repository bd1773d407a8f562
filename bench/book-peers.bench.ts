import { fileURLToPath } from "node:url";
import type { BestLevels, BookKeeper, Sum } from "./books/book-keeper.ts";
import { BOOK_SCENES, type BookScene, SNAPSHOT_SCENES } from "./books/book-scenes.ts";
import { K2Keeper } from "./books/k2-keeper.ts";
import { printMemory } from "./books/memory.ts";
import { CcxtKeeper, TardisKeeper } from "./books/peer-keepers.ts";
import { openPeers, type Peers } from "./books/peer-packages.ts";
import type { SceneFrame } from "./books/scene-frame.ts";

export interface BookPeersBenchOptions {
  readonly rounds?: number;
  /** Of each scene whose name has this in it. */
  readonly only?: string;
}

/**
 * Books beside those of tardis-dev and ccxt, from the bytes of the same frames: parsed, put into books, best bid and ask
 * looked at after every message, and the same best levels in the end. Each round begins anew with empty books, and all
 * take turns; what counts is processor time.
 */
export async function run({ rounds = 5, only = "" }: BookPeersBenchOptions = {}): Promise<void> {
  await using peers = await openPeers();
  if (peers.missing !== undefined) console.log(`left out: ${peers.missing}`);
  console.log(
    `median of ${rounds} rounds, processor time; JSON.parse: the same bytes to text and parsed, nothing else`,
  );
  for (const scene of [...BOOK_SCENES, ...SNAPSHOT_SCENES]) {
    if (!scene.name.includes(only)) continue;
    const frames = scene.frames();
    if (frames === undefined) console.log(`${scene.name}: left out, its recording is not on this machine`);
    else compare(scene, frames, peers, rounds);
  }
  if ("memory".includes(only)) printMemory(peers);
}

/** Of one round. */
interface Taken {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly keeper: BookKeeper | undefined;
}

function compare(scene: BookScene, frames: readonly SceneFrame[], peers: Peers, rounds: number): void {
  const contenders = contendersOf(scene, peers);
  const taken = new Map([...contenders.keys()].map((name): [string, Taken[]] => [name, []]));
  const passes = Math.max(1, Math.ceil(1_000_000 / frames.reduce((sum, { bytes }) => sum + bytes.length, 0)));
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, step] of contenders) {
      const one = timed(() => step(frames, passes));
      if (round > 0) taken.get(name)?.push(one); // The first warms up.
    }
  const ours = taken.get("K2") ?? [];
  const k2 = ours.at(-1)?.keeper as K2Keeper;
  if (k2.problems > 0) throw new Error(`${scene.name}: K2 found ${k2.problems} problems in a whole recording`);
  const counts = { frames: frames.filter(({ isOther }) => isOther !== true).length, levels: k2.levelCount, passes };
  console.log(
    `${scene.name}: frames ${whole(counts.frames)}, levels ${whole(counts.levels)}, passes a round ${passes}`,
  );
  for (const [name, all] of taken) {
    const parts = [speedText(all, counts)];
    if (name !== "K2") parts.push(`K2 is ${median(ratios(all, ours)).toFixed(1)} × as fast`);
    const found = all.at(-1)?.keeper;
    if (found !== undefined && found !== k2) parts.push(sameness(scene.symbols, found, k2));
    console.log(`  ${name.padEnd(22)}${parts.join(", ")}`);
  }
}

function speedText(
  all: readonly Taken[],
  { frames, levels, passes }: { readonly frames: number; readonly levels: number; readonly passes: number },
): string {
  const cpuMs = median(all.map((one) => one.cpuMs)) / passes;
  const wallMs = median(all.map((one) => one.wallMs)) / passes;
  const rates = `${thousands(frames / cpuMs)} k frames/s, ${(levels / cpuMs / 1000).toFixed(2)} M levels/s`;
  return `${cpuMs.toFixed(2).padStart(9)} ms (wall ${wallMs.toFixed(2)}), ${rates}`;
}

function ratios(all: readonly Taken[], k2: readonly Taken[]): readonly number[] {
  return all.map(({ cpuMs }, round) => cpuMs / (k2[round]?.cpuMs ?? Number.NaN));
}

type Step = (frames: readonly SceneFrame[], passes: number) => BookKeeper | undefined;

function contendersOf(scene: BookScene, { tardis, ccxt }: Peers): ReadonlyMap<string, Step> {
  const sum: Sum = { value: 0 };
  const steps = new Map<string, Step>([["K2", replay(() => new K2Keeper(scene, sum))]]);
  if (scene.feed.startsWith("kraken"))
    steps.set(
      "K2, checksums checked",
      replay(() => new K2Keeper({ ...scene, checked: true }, sum)),
    );
  const exchange = scene.tardis;
  if (tardis !== undefined && exchange !== undefined)
    steps.set(
      "tardis-dev",
      replay(() => new TardisKeeper(tardis, exchange, sum)),
    );
  const market = scene.ccxt;
  if (ccxt !== undefined && market !== undefined)
    steps.set(
      "ccxt",
      replay(() => new CcxtKeeper(ccxt, market, sum)),
    );
  steps.set("JSON.parse", parseAll);
  return steps;
}

function replay(open: () => BookKeeper): Step {
  return (frames, passes) => {
    let keeper = open();
    for (let pass = 0; pass < passes; pass += 1) {
      if (pass > 0) keeper = open();
      for (const frame of frames) keeper.take(frame);
    }
    return keeper;
  };
}

function parseAll(frames: readonly SceneFrame[], passes: number): undefined {
  for (let pass = 0; pass < passes; pass += 1)
    for (const { bytes, isOther } of frames) {
      const { buffer, byteOffset, byteLength } = bytes;
      if (isOther !== true) JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString("utf8"));
    }
}

/** Processor time counts the collector's threads too. */
function timed(step: () => BookKeeper | undefined): Taken {
  const startMs = performance.now();
  const start = process.cpuUsage();
  const keeper = step();
  const { user, system } = process.cpuUsage(start);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - startMs, keeper };
}

function sameness(symbols: readonly string[], keeper: BookKeeper, k2: BookKeeper): string {
  const different = symbols.filter((symbol) => bestText(keeper.best(symbol)) !== bestText(k2.best(symbol)));
  const [first] = different;
  if (first === undefined) return "the same best levels";
  return `OTHER best levels of ${different.join(", ")}: ${bestText(keeper.best(first))} where K2 has ${bestText(k2.best(first))}`;
}

function bestText({ bid, ask }: BestLevels): string {
  return [bid, ask].map((level) => (level === undefined ? "none" : `${level.size} at ${level.price}`)).join(" / ");
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function thousands(value: number): string {
  return value < 10 ? value.toFixed(2) : whole(value);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run({ only: process.argv[2] ?? "" });
