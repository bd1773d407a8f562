import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { sharedData } from "../../../test/shared-data.ts";
import { type Random, seededRandom } from "../../base/index.ts";
import { ASK, BID, BookLevels, OrderBook, parseDecimal, rescaled } from "../index.ts";

export interface BookBenchOptions {
  /** Level updates of the made stream. */
  readonly updates?: number;
  readonly rounds?: number;
}

/** One message's levels. */
type Message = BookLevels;

/**
 * Level updates a second, best bid and ask read after each message. The peer keeps each side as a sorted array of
 * objects with doubles, found by binary search: what a book in JavaScript mostly is.
 */
export async function run({ updates = 2_000_000, rounds = 5 }: BookBenchOptions = {}): Promise<void> {
  console.log(`book: million level updates a second, best of ${rounds} rounds`);
  const made = madeMessages(updates);
  report("made, 1,000 levels a side", made, rounds);
  const deep = madeMessages(updates / 10, { levels: 20_000, spreadMax: 20_000 });
  report("made, 20,000 levels a side, anywhere", deep, rounds);
  for (const [name, path] of RECORDINGS) {
    const recorded = recordedMessages(path);
    if (recorded !== undefined) report(name, recorded, rounds);
  }
}

const RECORDINGS = [
  ["recorded, Binance USD-M BTCUSDT", "ws/binance/hftbacktest/usdm_btcusdt_20240808.gz"],
  ["recorded, Binance spot BTCUSDT", "ws/binance/hftbacktest/spot_btcusdt_20240808.gz"],
] as const;

function report(name: string, messages: readonly Message[], rounds: number): void {
  const updates = messages.reduce((sum, { length }) => sum + length, 0);
  const passes = Math.max(1, Math.ceil(500_000 / updates));
  const k2 = best(rounds, () => {
    for (let pass = 0; pass < passes; pass += 1) replay(messages);
  });
  const peer = best(rounds, () => {
    for (let pass = 0; pass < passes; pass += 1) replayPeer(messages);
  });
  const rate = (ms: number): string => ((updates * passes) / ms / 1000).toFixed(1);
  const size = (updates / messages.length).toFixed(1);
  console.log(
    `${name.padEnd(38)} ${size.padStart(5)} a message: K2 ${rate(k2)}, peer ${rate(peer)} (${(peer / k2).toFixed(1)}×)`,
  );
}

function replay(messages: readonly Message[]): void {
  const book = new OrderBook();
  let sum = 0;
  for (const message of messages) {
    book.apply(message);
    if (book.bids.length > 0 && book.asks.length > 0) sum += book.asks.priceNumber(0) - book.bids.priceNumber(0);
  }
  if (Number.isNaN(sum)) throw new Error("a price is beyond 2^53");
}

interface PeerLevel {
  price: number;
  size: number;
}

function replayPeer(messages: readonly Message[]): void {
  const bids: PeerLevel[] = [];
  const asks: PeerLevel[] = [];
  let sum = 0;
  for (const { length, side, price, size } of messages) {
    for (let row = 0; row < length; row += 1) {
      const isBid = side[row] === BID;
      setPeer(isBid ? bids : asks, isBid ? -1 : 1, { price: price.getNumber(row), size: size.getNumber(row) });
    }
    sum += (asks[0]?.price ?? 0) - (bids[0]?.price ?? 0);
  }
  if (Number.isNaN(sum)) throw new Error("a price is beyond 2^53");
}

function setPeer(levels: PeerLevel[], order: number, level: PeerLevel): void {
  let from = 0;
  let to = levels.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (((levels[middle] as PeerLevel).price - level.price) * order < 0) from = middle + 1;
    else to = middle;
  }
  const found = levels[from];
  if (found?.price !== level.price) {
    if (level.size > 0) levels.splice(from, 0, level);
  } else if (level.size > 0) {
    found.size = level.size;
  } else {
    levels.splice(from, 1);
  }
}

/** In processor time of this program: what else runs on the machine takes no part in it. */
function best(rounds: number, step: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= rounds; round += 1) {
    const start = process.cpuUsage();
    step();
    const { user } = process.cpuUsage(start);
    if (round > 0) least = Math.min(least, user / 1000); // The first round warms up.
  }
  return least;
}

/** A book, then changes: mostly near the best price, two in three of a level that is there. */
function madeMessages(
  updates: number,
  { levels = 1000, spreadMax = 40 }: { readonly levels?: number; readonly spreadMax?: number } = {},
): readonly Message[] {
  const random = seededRandom(1);
  const first = new BookLevels(2 * levels);
  for (let index = 0; index < levels; index += 1) {
    for (const side of [BID, ASK])
      add(first, side, { price: priceAt(side, index, 0), size: 1 + random.int(1_000_000) });
  }
  const messages = [first];
  let middle = 0;
  for (let made = 0; made < updates; ) {
    const count = 1 + random.int(40);
    const message = new BookLevels(count);
    middle += random.int(3) - 1;
    for (let index = 0; index < count; index += 1) change(message, { random, middle, spreadMax });
    messages.push(message);
    made += count;
  }
  return messages;
}

function change(
  message: BookLevels,
  { random, middle, spreadMax }: { readonly random: Random; readonly middle: number; readonly spreadMax: number },
): void {
  const side = random.int(2) === 0 ? BID : ASK;
  // The product of two draws is small mostly: nine in ten changes are near the best.
  const distance = Math.floor((random.int(spreadMax) * random.int(1000)) / 1000);
  const size = random.int(4) === 0 ? 0 : 1 + random.int(1_000_000);
  add(message, side, { price: priceAt(side, distance, middle), size });
}

function priceAt(side: number, distance: number, middle: number): number {
  return 6_180_000_000_000 + (middle + (side === BID ? -1 - distance : distance)) * 1_000_000;
}

function add(
  levels: BookLevels,
  side: number,
  { price, size }: { readonly price: number; readonly size: number },
): void {
  const row = levels.nextRow();
  levels.side[row] = side;
  levels.price.setNumber(row, price);
  levels.size.setNumber(row, size);
  levels.length += 1;
}

interface DepthEvent {
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

/** The depth events of a recording; its snapshot is left out, for the rate of changes is what counts. */
function recordedMessages(path: string): readonly Message[] | undefined {
  const file = sharedData(path);
  if (file === undefined) return undefined;
  return gunzipSync(readFileSync(file))
    .toString("utf8")
    .split("\n")
    .filter((line) => line.includes('"depthUpdate"'))
    .map((line) => levelsOf((JSON.parse(line.slice(line.indexOf(" ") + 1)) as { data: DepthEvent }).data));
}

function levelsOf({ b, a }: DepthEvent): Message {
  const levels = new BookLevels(b.length + a.length);
  for (const [side, pairs] of [
    [BID, b],
    [ASK, a],
  ] as const) {
    for (const [price, size] of pairs) levels.push(side, { price: mantissa(price), size: mantissa(size) });
  }
  return levels;
}

function mantissa(text: string): bigint {
  return rescaled(parseDecimal(text), 8) ?? 0n;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
