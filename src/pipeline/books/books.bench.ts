import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type RecordBatch, RecordBatchBuilder, seededRandom } from "../../base/index.ts";
import {
  ASK,
  appendFrameRecord,
  BID,
  type BookContext,
  type BookReader,
  FrameRecord,
  rawTopic,
} from "../../domain/index.ts";
import type { EventSink, LogRecords, PartitionBounds, TopicPosition } from "../ports.ts";
import { BookOutput } from "./book-output.ts";
import { BookPartition } from "./book-partition.ts";
import type { BookRules } from "./book-rules.ts";
import { openBooks } from "./books.ts";
import { ReadyDesk } from "./test-books.ts";

export interface BooksBenchOptions {
  readonly frames?: number;
  readonly rounds?: number;
}

const START_US = 1_700_000_000_000_000;
const FRAMES_A_CHUNK = 1_000;

/**
 * Frames a second from the raw log to the event log: books kept, quotes, changes and snapshots written, with a log that
 * forgets. The reader takes its levels from bytes without a parser, so that what is measured is all but the decoding.
 * And the memory of a thousand books.
 */
export async function run({ frames = 200_000, rounds = 3 }: BooksBenchOptions = {}): Promise<void> {
  console.log(`books: ${frames.toLocaleString("en-US")} frames, best of ${rounds}`);
  console.log("levels a frame   books   frames/s    levels/s");
  for (const [levels, books] of [
    [1, 10],
    [8, 10],
    [40, 10],
    [8, 1_000],
  ] as const) {
    let best = 0;
    for (let round = 0; round < rounds; round += 1) best = Math.max(best, await rate(frames, levels, books));
    console.log(
      `${String(levels).padStart(14)}   ${String(books).padStart(5)}   ${whole(best).padStart(8)}   ${whole(best * levels).padStart(9)}`,
    );
  }
  console.log("memory of 1,000 books");
  for (const depth of [20, 200, 1_000]) {
    const bytes = memoryOf(1_000, depth);
    console.log(`${String(depth).padStart(5)} levels a side: ${(bytes / 1_048_576).toFixed(1)} MiB`);
  }
}

/** u16 book, u8 whether it is the whole, u8 zero, u32 sequence, then of each level: u8 side ×4, i32 price, i32 size. */
class BytesReader implements BookReader {
  read(payload: Uint8Array, context: BookContext): "book" {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const listing = context.listing(`B${view.getUint16(0, true)}`, "100.01", "1.0001");
    if (listing === undefined) return "book";
    const { levels } = context;
    levels.clear();
    for (let at = 8; at < payload.byteLength; at += 12) {
      const row = levels.nextRow();
      levels.side[row] = view.getUint8(at);
      levels.price.setNumber(row, view.getInt32(at + 4, true) * 1_000_000);
      levels.size.setNumber(row, view.getInt32(at + 8, true) * 10_000);
      levels.length += 1;
    }
    context.message({
      listing,
      channel: "book",
      verdict: view.getUint8(2) === 1 ? "replace" : "apply",
      eventTimeUs: START_US,
      eventTimeNanos: 0,
      sequence: view.getUint32(4, true),
      frameIndex: 0,
    });
    return "book";
  }
  save(): string {
    return "";
  }
  restore(): void {}
}

const RULES: BookRules = {
  venueOf: (feed) => feed,
  readerFor: () => new BytesReader(),
  instrument: (feed, rawSymbol) => ({ venue: feed, symbol: `${rawSymbol}-USD-SPOT` }),
};

function payloadOf(book: number, sequence: number, levels: readonly (readonly [number, number, number])[]): Uint8Array {
  const payload = new Uint8Array(8 + levels.length * 12);
  const view = new DataView(payload.buffer);
  view.setUint16(0, book, true);
  view.setUint8(2, sequence === 0 ? 1 : 0);
  view.setUint32(4, sequence, true);
  for (const [index, [side, price, size]] of levels.entries()) {
    view.setUint8(8 + index * 12, side);
    view.setInt32(12 + index * 12, price, true);
    view.setInt32(16 + index * 12, size, true);
  }
  return payload;
}

/** Prices below 10,000 are bids, the others asks, most near the middle: the best changes as often as in a market. */
function levelsFor(count: number, depth: number, random: { next(): number }): (readonly [number, number, number])[] {
  return Array.from({ length: count }, () => {
    const distance = 1 + Math.floor(random.next() ** 3 * depth);
    const isBid = random.next() < 0.5;
    const size = random.next() < 0.3 ? 0 : 1 + Math.floor(random.next() * 1_000);
    return [isBid ? BID : ASK, isBid ? 10_000 - distance : 10_000 + distance, size] as const;
  });
}

function wholeBook(depth: number): (readonly [number, number, number])[] {
  return Array.from({ length: 2 * depth }, (_, index) =>
    index < depth ? ([BID, 9_999 - index, 5] as const) : ([ASK, 10_001 + index - depth, 5] as const),
  );
}

function chunksOf(frames: number, levels: number, books: number): readonly RecordBatch[] {
  const random = seededRandom(7);
  const chunks: RecordBatch[] = [];
  const builder = new RecordBatchBuilder();
  for (let frame = 0; frame < frames; frame += 1) {
    const sequence = Math.floor(frame / books);
    const payload = payloadOf(
      frame % books,
      sequence,
      sequence === 0 ? wholeBook(100) : levelsFor(levels, 100, random),
    );
    appendFrameRecord(frameOf(START_US + frame * 50, payload), builder);
    if (builder.count === FRAMES_A_CHUNK) chunks.push(builder.take());
  }
  if (builder.count > 0) chunks.push(builder.take());
  return chunks;
}

function frameOf(timeUs: number, payload: Uint8Array): Parameters<typeof appendFrameRecord>[0] {
  const timeNs = BigInt(timeUs) * 1_000n;
  return { kind: "received", feed: "one", connection: "one/0", epoch: 1, timeNs, source: "live", payload };
}

async function rate(frames: number, levels: number, books: number): Promise<number> {
  const log = new ForgetfulLog(chunksOf(frames, levels, books), frames);
  const keeper = await openBooks({
    raw: log,
    events: log,
    rules: RULES,
    rawTopics: [rawTopic("one")],
    desk: new ReadyDesk(),
  });
  const started = performance.now();
  await keeper.run({ follow: false });
  return frames / ((performance.now() - started) / 1_000);
}

/** Frames to read; what is appended is counted and gone. */
class ForgetfulLog implements EventSink {
  readonly #chunks: readonly RecordBatch[];
  readonly #frames: number;
  readonly #ends = new Map<string, number>();

  constructor(chunks: readonly RecordBatch[], frames: number) {
    this.#chunks = chunks;
    this.#frames = frames;
  }
  async ensureTopic(): Promise<void> {}
  async append(
    entries: readonly { readonly topic: string; readonly records: RecordBatch }[],
  ): Promise<readonly number[]> {
    await new Promise(setImmediate);
    return entries.map(({ topic, records }) => {
      const offset = this.#ends.get(topic) ?? 0;
      this.#ends.set(topic, offset + records.count);
      return offset;
    });
  }
  async *read({ topic, partition }: TopicPosition): AsyncGenerator<LogRecords> {
    let firstOffset = 0;
    for (const records of this.#chunks) {
      yield { topic, partition, firstOffset, records };
      firstOffset += records.count;
    }
  }
  async bounds(topic: string): Promise<readonly PartitionBounds[]> {
    const isRaw = topic.startsWith("raw.");
    return [{ partition: 0, startOffset: 0, endOffset: isRaw ? this.#frames : 0 }];
  }
  async progress(): Promise<readonly TopicPosition[]> {
    return [];
  }
}

function memoryOf(books: number, depth: number): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    for (let round = 0; round < 3; round += 1) collect(); // What weak references hold goes with a later one.
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const output = new BookOutput();
  const partition = new BookPartition({
    feed: "one",
    partition: 0,
    rules: RULES,
    snapshots: { everyMs: 60_000, depth: 1_000 },
    desk: new ReadyDesk(),
  });
  const take = (book: number): void => {
    const builder = new RecordBatchBuilder();
    appendFrameRecord(frameOf(START_US, payloadOf(book, 0, wholeBook(depth))), builder);
    partition.take(new FrameRecord(builder.take().bytes), book, output);
    output.clear();
  };
  take(0);
  const before = used();
  for (let book = 1; book <= books; book += 1) take(book);
  const bytes = used() - before;
  if (partition.counts().proven !== books + 1) throw new Error("a book is missing");
  return bytes;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
