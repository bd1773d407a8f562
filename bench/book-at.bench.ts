import { fileURLToPath } from "node:url";
import {
  ASK,
  BID,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  BookLevels,
  type BookMessage,
  type EventTopic,
  TOPICS,
} from "../src/domain/index.ts";
import { BookOutput } from "../src/pipeline/books/book-output.ts";
import { KeptBook } from "../src/pipeline/books/kept-book.ts";
import { TestPlatform } from "../src/query/test-platform.ts";
import { TEST_LISTINGS } from "../src/store/test-records.ts";
import { quantilesText, whole } from "./whole-path/quantiles.ts";

export interface BookAtBenchOptions {
  /** Changed levels, spread over 24 hours. */
  readonly changesADay?: readonly number[];
  /** Of a single minute. */
  readonly changesAMinute?: number;
  readonly questions?: number;
}

const START_US = Date.UTC(2026, 10, 21) * 1_000;
const HOUR_US = 3_600_000_000;
const MINUTE_US = 60_000_000;
const LEVELS_A_MESSAGE = 10;
/** A side. */
const DEPTH = 500;
/** Bids are below it, asks above. */
const MIDDLE = 50_000;
const OUTPUT_BYTES = 1024 * 1024;

/**
 * What a book at a past time costs: the whole book before it, and what changed since, out of the lake's files of an hour
 * each. How many changes that are is bounded by time and by number, so a busy day costs no more than a quiet one.
 */
export async function run(options: BookAtBenchOptions = {}): Promise<void> {
  const { changesADay = [1_000_000, 10_000_000], changesAMinute = 2_000_000, questions = 100 } = options;
  for (const changes of changesADay) {
    await measure(`${whole(changes)} changes a day`, { changes, spanUs: 24 * HOUR_US, questions });
  }
  const minute = { changes: changesAMinute, spanUs: MINUTE_US - 1, questions: Math.ceil(questions / 4) };
  await measure(`${whole(changesAMinute)} changes in a minute`, minute);
  await measure("  the same, whole books by time alone", { ...minute, changesMin: Number.POSITIVE_INFINITY });
}

interface Day {
  readonly changes: number;
  readonly spanUs: number;
  readonly questions: number;
  readonly changesMin?: number;
}

async function measure(name: string, day: Day): Promise<void> {
  await using platform = await TestPlatform.open();
  await fill(platform, day);
  const [listing] = TEST_LISTINGS;
  if (listing === undefined) throw new Error("no listing");
  const { symbol, venue } = listing;
  const tookMs: number[] = [];
  let messages = 0;
  for (let question = 0; question < day.questions; question += 1) {
    const share = Math.floor((day.spanUs * (question + 0.5)) / day.questions);
    // The last moment of a minute: most has changed since the whole book that comes with its beginning.
    const atUs = START_US + (day.spanUs > MINUTE_US ? share - (share % MINUTE_US) + MINUTE_US - 1 : share);
    const startMs = performance.now();
    const { proof } = await platform.query.book({ symbol, venue, atUs, depth: 20 });
    tookMs.push(performance.now() - startMs);
    messages = Math.max(messages, proof.changes);
  }
  console.log(`${name}: ${quantilesText(tookMs)}, at most ${whole(messages * LEVELS_A_MESSAGE)} changes read`);
}

/** Random changes around one price, written as the pipeline writes it, landed and evicted hour by hour. */
async function fill(platform: TestPlatform, { changes, spanUs, changesMin }: Day): Promise<void> {
  const book = new KeptBook(0, { connection: "binance/0", rawSymbol: "BTCUSDT" });
  const rules = { everyMs: 60_000, depth: 1_000, ...(changesMin === undefined ? {} : { changesMin }) };
  const output = new BookOutput();
  const levels = new BookLevels();
  const messages = Math.floor(changes / LEVELS_A_MESSAGE);
  const ends = new Map<string, number>();
  let [seed, hour] = [1, 0];
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 4_294_967_296) * below);
  };
  const flush = async (): Promise<void> => {
    for (const { topic, records } of output.takeEntries()) {
      if (topic !== TOPICS.bookChanges && topic !== TOPICS.bookSnapshots) continue;
      const firstOffset = ends.get(topic) ?? 0;
      await platform.store.apply({ topic: topic as EventTopic, partition: 0, firstOffset, appendedMs: 0, records });
      ends.set(topic, firstOffset + records.count);
    }
    output.clear();
  };
  for (let number = 0; number < messages; number += 1) {
    const timeUs = START_US + Math.floor((spanUs * number) / messages);
    levels.clear();
    if (number === 0) for (let rank = 1; rank <= DEPTH; rank += 1) pushBoth(levels, rank);
    for (let change = 0; change < LEVELS_A_MESSAGE; change += 1) {
      // Mostly near the best price.
      const rank = 1 + random(1 + random(DEPTH));
      const side = random(2) === 0 ? BID : ASK;
      const price = BigInt(side === BID ? MIDDLE - rank : MIDDLE + rank);
      levels.push(side, { price: price * 1_000_000n, size: BigInt(random(4)) * 1_000_000n });
    }
    const message: BookMessage = {
      ...{ listing: { index: 0, unitExponent: 0 }, channel: "book", verdict: number === 0 ? "replace" : "apply" },
      ...{ eventTimeUs: timeUs, eventTimeNanos: 0, sequence: number, frameIndex: 0 },
    };
    const place = { feed: "binance", venue: "binance", connection: "binance/0", epoch: 1, receiveTimeUs: timeUs };
    const raw = { receiveTimeNanos: 0, source: 1, rawPartition: 0, rawOffset: number };
    book.take(message, levels, { ...place, ...raw }, rules, output);
    if (output.byteLength > OUTPUT_BYTES) await flush();
    if (timeUs - START_US >= (hour + 1) * HOUR_US) {
      hour += 1;
      await flush();
      await land(platform);
    }
  }
  await flush();
  await land(platform);
}

function pushBoth(levels: BookLevels, rank: number): void {
  for (const [side, price] of [
    [BID, MIDDLE - rank],
    [ASK, MIDDLE + rank],
  ] as const)
    levels.push(side, { price: BigInt(price) * 1_000_000n, size: 1_000_000n });
}

async function land(platform: TestPlatform): Promise<void> {
  for (const table of [BOOK_CHANGES, BOOK_SNAPSHOTS]) await platform.land(table);
  await platform.evict();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
