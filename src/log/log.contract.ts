import { expect, test } from "vitest";
import { InvalidInputError, recordAt, recordBatchOf, seededRandom } from "../base/index.ts";
import { LogClosedError, OffsetOutOfRangeError, TopicUnknownError } from "./errors.ts";
import type { Log, LogChunk, LogEntry, ReadOptions, TopicPosition } from "./log.ts";

/** One place where a log is kept. Opening it again after disposing finds what was appended. */
export interface LogPlace extends AsyncDisposable {
  open(options?: LogPlaceOptions): Promise<Log>;
}

export interface LogPlaceOptions {
  /** How much lies between two points at which retention can cut. */
  readonly segmentBytesMax?: number;
}

const SMALL_SEGMENTS: LogPlaceOptions = { segmentBytesMax: 4_096 };

/** What every Log must do. Each adapter's test calls it and adds only what is its own. */
export function describeLog(name: string, makePlace: () => Promise<LogPlace>): void {
  const check = (behaviour: string, run: (place: LogPlace) => Promise<void>): void =>
    test(`${name}: ${behaviour}`, async () => {
      await using place = await makePlace();
      await run(place);
    });

  describeAppending(check);
  describeReading(check);
  describeTopics(check);
  describeRetention(check);
}

type Check = (behaviour: string, run: (place: LogPlace) => Promise<void>) => void;

function describeAppending(check: Check): void {
  check("append() gives each entry its first offset and keeps the order", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 2 });
    expect(await log.append([entry("market.trades", 0, ["a", "b"])])).toEqual([0]);
    const offsets = await log.append([
      entry("market.trades", 0, ["c"]),
      entry("market.trades", 1, ["x", "y", "z"]),
      entry("market.trades", 0, ["d", "e"]),
    ]);
    expect(offsets).toEqual([2, 0, 3]);
    expect(await texts(log, at("market.trades", 0, 0))).toEqual(["a", "b", "c", "d", "e"]);
    expect(await texts(log, at("market.trades", 1, 0))).toEqual(["x", "y", "z"]);
  });

  check("what was appended is there when opened again, with topics and progress", async (place) => {
    {
      await using log = await place.open();
      await log.ensureTopic({ topic: "market.trades", partitions: 2, retentionMs: 1_000, retentionBytes: 10 });
      await log.append([entry("market.trades", 1, ["a", "b"])], {
        group: "lake",
        positions: [at("market.trades", 1, 1)],
      });
    }
    await using log = await place.open();
    expect(await texts(log, at("market.trades", 1, 0))).toEqual(["a", "b"]);
    expect(await log.topics()).toEqual([
      {
        topic: "market.trades",
        partitions: 2,
        retentionMs: 1_000,
        retentionBytes: 10,
        bounds: [
          { partition: 0, startOffset: 0, endOffset: 0 },
          { partition: 1, startOffset: 0, endOffset: 2 },
        ],
      },
    ]);
    expect(await log.progress("lake")).toEqual([at("market.trades", 1, 1)]);
    expect(await log.append([entry("market.trades", 1, ["c"])])).toEqual([2]);
  });

  check("100 concurrent appends keep the order of the calls", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    const appends = Array.from({ length: 100 }, (_, index) => log.append([entry("market.trades", 0, [`n${index}`])]));
    expect((await Promise.all(appends)).flat()).toEqual(Array.from({ length: 100 }, (_, index) => index));
    const expected = Array.from({ length: 100 }, (_, index) => `n${index}`);
    expect(await texts(log, at("market.trades", 0, 0))).toEqual(expected);
  });

  check("an append that names an unknown topic or partition stores nothing of itself", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    const good = entry("market.trades", 0, ["a"]);
    await expect(log.append([good, entry("market.bars", 0, ["b"])])).rejects.toThrow(TopicUnknownError);
    await expect(log.append([good, entry("market.trades", 1, ["b"])])).rejects.toThrow(TopicUnknownError);
    await expect(log.append([good, entry("market.trades", -1, ["b"])])).rejects.toThrow(TopicUnknownError);
    const progress = { group: "g", positions: [at("market.bars", 0, 0)] };
    await expect(log.append([good], progress)).rejects.toThrow(TopicUnknownError);
    expect(await log.bounds("market.trades")).toEqual([{ partition: 0, startOffset: 0, endOffset: 0 }]);
  });

  check("an append with no entries, or with empty ones, stores nothing", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    await log.append([entry("market.trades", 0, ["a"])]);
    expect(await log.append([])).toEqual([]);
    expect(await log.append([entry("market.trades", 0, [])])).toEqual([1]);
    const mixed = [entry("market.trades", 0, []), entry("market.trades", 0, ["b"]), entry("market.trades", 0, [])];
    expect(await log.append(mixed)).toEqual([1, 1, 2]);
    expect(await texts(log, at("market.trades", 0, 0))).toEqual(["a", "b"]);
  });

  check("records may be empty, and keep their places", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    await log.append([entry("market.trades", 0, ["", "a", "", ""])]);
    expect(await texts(log, at("market.trades", 0, 0))).toEqual(["", "a", "", ""]);
    expect(await texts(log, at("market.trades", 0, 2))).toEqual(["", ""]);
  });

  check("a record of 32 MiB comes back as it was", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "raw.kraken", partitions: 1 });
    const random = seededRandom(7);
    const large = new Uint8Array(32 * 1024 * 1024);
    for (let index = 0; index < large.length; index += 997) large[index] = random.int(256);
    const small = new TextEncoder().encode("after");
    await log.append([{ topic: "raw.kraken", partition: 0, records: recordBatchOf([large, small]) }]);
    const chunks = await collect(log.read(at("raw.kraken", 0, 0), { follow: false }));
    expect(chunks.map(({ records }) => records.count)).toEqual([1, 1]);
    expect(Buffer.compare(recordOf(chunks[0], 0), large)).toBe(0);
    expect(recordOf(chunks[1], 0)).toEqual(small);
  });

  check("a batch that claims more than it holds is refused", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    const records = { count: 2, bytes: new Uint8Array(3), ends: new Uint32Array([1, 9]) };
    await expect(log.append([{ topic: "market.trades", partition: 0, records }])).rejects.toThrow(InvalidInputError);
  });

  check("progress without entries is kept, and adds to what the group has", async (place) => {
    {
      await using log = await place.open();
      await log.ensureTopic({ topic: "raw.kraken", partitions: 2 });
      await log.append([], { group: "pipeline", positions: [at("raw.kraken", 0, 5), at("raw.kraken", 1, 7)] });
      await log.append([], { group: "pipeline", positions: [at("raw.kraken", 1, 9)] });
      await log.append([], { group: "other", positions: [at("raw.kraken", 1, 1)] });
    }
    await using log = await place.open();
    expect(sorted(await log.progress("pipeline"))).toEqual([at("raw.kraken", 0, 5), at("raw.kraken", 1, 9)]);
    expect(await log.progress("nobody")).toEqual([]);
  });
}

function describeReading(check: Check): void {
  check("a reader that follows gets what is appended later", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 2 });
    await log.append([entry("market.trades", 0, ["a"])]);
    const reading = log.read(at("market.trades", 0, 0))[Symbol.asyncIterator]();
    expect(textsOf((await reading.next()).value)).toEqual(["a"]);
    const later = reading.next();
    await log.append([entry("market.trades", 1, ["not yours"])]);
    await log.append([entry("market.trades", 0, ["b", "c"])]);
    expect(textsOf((await later).value)).toEqual(["b", "c"]);
    await reading.return?.();
  });

  check("a reader that follows sees every record once while many append", async (place) => {
    await using log = await place.open(SMALL_SEGMENTS);
    await log.ensureTopic({ topic: "market.trades", partitions: 3 });
    const total = 600;
    const readers = [0, 1, 2].map(async (partition) => {
      const seen: string[] = [];
      for await (const chunk of log.read(at("market.trades", partition, 0))) {
        expect(chunk.firstOffset).toBe(seen.length);
        seen.push(...textsOf(chunk));
        if (seen.length === total / 3) break;
      }
      return seen;
    });
    for (let index = 0; index < total; index += 6) {
      const some = Array.from({ length: 6 }, (_, extra) => index + extra);
      await Promise.all(some.map((number) => log.append([entry("market.trades", number % 3, [`n${number}`])])));
    }
    for (const [partition, seen] of (await Promise.all(readers)).entries()) {
      expect(seen).toEqual(Array.from({ length: total / 3 }, (_, index) => `n${index * 3 + partition}`));
    }
  });

  check("aborting wakes a reader that waits at the end, with the signal's reason", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "quiet", partitions: 1 });
    const abort = new AbortController();
    const reading = collect(log.read(at("quiet", 0, 0), { signal: abort.signal }));
    const reason = new Error("enough");
    setTimeout(() => abort.abort(reason), 10);
    await expect(reading).rejects.toBe(reason);
    await expect(collect(log.read(at("quiet", 0, 0), { signal: abort.signal }))).rejects.toBe(reason);
  });

  check("closing the log wakes its readers with LogClosedError, and refuses everything after", async (place) => {
    const log = await place.open();
    await log.ensureTopic({ topic: "quiet", partitions: 1 });
    const reading = expect(collect(log.read(at("quiet", 0, 0)))).rejects.toThrow(LogClosedError);
    const appending = log.append([entry("quiet", 0, ["last"])]);
    await log[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    await reading;
    expect(await appending).toEqual([0]);
    await expect(log.append([entry("quiet", 0, ["a"])])).rejects.toThrow(LogClosedError);
    await expect(log.bounds("quiet")).rejects.toThrow(LogClosedError);
    await using again = await place.open();
    expect(await texts(again, at("quiet", 0, 0))).toEqual(["last"]);
  });

  check("a chunk holds at most maxBytes, but at least one record, from any offset", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    const records = Array.from({ length: 60 }, (_, index) => `${index}`.padStart(10, "."));
    for (let from = 0; from < 60; from += 20)
      await log.append([entry("market.trades", 0, records.slice(from, from + 20))]);
    for (const maxBytes of [1, 10, 35, 400, 1_000_000]) {
      for (const from of [0, 1, 19, 20, 33, 59, 60]) {
        const chunks = await collect(log.read(at("market.trades", 0, from), { follow: false, maxBytes }));
        expect(chunks.flatMap(textsOf)).toEqual(records.slice(from));
        let offset = from;
        for (const chunk of chunks) {
          expect(chunk.firstOffset).toBe(offset);
          expect(chunk.records.bytes.byteLength).toBeLessThanOrEqual(Math.max(10, maxBytes));
          offset += chunk.records.count;
        }
      }
    }
  });

  check("small appends come back together in large chunks", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    for (let index = 0; index < 50; index += 1) await log.append([entry("market.trades", 0, [`n${index}`])]);
    const chunks = await collect(log.read(at("market.trades", 0, 0), { follow: false }));
    expect(chunks.length).toBeLessThanOrEqual(5);
    expect(chunks.flatMap(textsOf).length).toBe(50);
  });

  check("an offset beyond the end, or none at all, is out of range and says what there is", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    await log.append([entry("market.trades", 0, ["a", "b"])]);
    for (const offset of [3, -1, Number.NaN]) {
      const error = await collect(log.read(at("market.trades", 0, offset), { follow: false })).catch(
        (thrown) => thrown,
      );
      expect(error).toBeInstanceOf(OffsetOutOfRangeError);
      expect(error).toMatchObject({ startOffset: 0, endOffset: 2, code: "K2_LOG_OFFSET_OUT_OF_RANGE" });
    }
    expect(await texts(log, at("market.trades", 0, 2))).toEqual([]);
  });

  check("an unknown topic or partition cannot be read", async (place) => {
    await using log = await place.open();
    await expect(collect(log.read(at("nothing", 0, 0)))).rejects.toThrow(TopicUnknownError);
    await expect(log.bounds("nothing")).rejects.toThrow(TopicUnknownError);
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    await expect(collect(log.read(at("market.trades", 1, 0)))).rejects.toThrow(TopicUnknownError);
  });
}

function describeTopics(check: Check): void {
  check("a topic's partitions grow and never shrink; its retention is the latest given", async (place) => {
    await using log = await place.open();
    await log.ensureTopic({ topic: "market.trades", partitions: 2 });
    await log.append([entry("market.trades", 1, ["a"])]);
    await log.ensureTopic({ topic: "market.trades", partitions: 4, retentionMs: 5 });
    await log.append([entry("market.trades", 3, ["b"])]);
    await log.ensureTopic({ topic: "market.trades", partitions: 1, retentionMs: 9 });
    const [topic] = await log.topics();
    expect(topic).toMatchObject({ topic: "market.trades", partitions: 4, retentionMs: 9 });
    expect(topic?.bounds.map(({ endOffset }) => endOffset)).toEqual([0, 1, 0, 1]);
  });

  check("topics made at the same time do not mix", async (place) => {
    await using log = await place.open();
    const names = Array.from({ length: 10 }, (_, index) => `topic-${index}`);
    await Promise.all([...names, ...names].map((topic) => log.ensureTopic({ topic, partitions: 1 })));
    await Promise.all(names.map((topic) => log.append([entry(topic, 0, [topic])])));
    for (const topic of names) expect(await texts(log, at(topic, 0, 0))).toEqual([topic]);
  });

  check("a name or a number of partitions that cannot be is refused", async (place) => {
    await using log = await place.open();
    for (const topic of ["", "a b", "../up", "x".repeat(250)]) {
      await expect((async () => log.ensureTopic({ topic, partitions: 1 }))()).rejects.toThrow(InvalidInputError);
    }
    for (const partitions of [0, -1, 1.5]) {
      await expect((async () => log.ensureTopic({ topic: "a", partitions }))()).rejects.toThrow(InvalidInputError);
    }
  });
}

const LATER_MS = 4_102_444_800_000; // The year 2100: everything is old then.

function describeRetention(check: Check): void {
  check("retention by age removes old records, and reading them is out of range", async (place) => {
    await using log = await place.open(SMALL_SEGMENTS);
    await log.ensureTopic({ topic: "raw.kraken", partitions: 1, retentionMs: 60_000 });
    await fill(log, "raw.kraken", 200);
    expect(await log.applyRetention({ nowMs: Date.now(), keepFrom: [] })).toEqual({
      segmentsRemoved: 0,
      bytesRemoved: 0,
    });
    const report = await log.applyRetention({ nowMs: LATER_MS, keepFrom: [] });
    expect(report.segmentsRemoved).toBeGreaterThan(0);
    expect(report.bytesRemoved).toBeGreaterThan(0);
    const [bounds] = await log.bounds("raw.kraken");
    expect(bounds?.endOffset).toBe(200);
    const start = bounds?.startOffset ?? 0;
    expect(start).toBeGreaterThan(0);
    await expect(texts(log, at("raw.kraken", 0, 0))).rejects.toThrow(OffsetOutOfRangeError);
    await expect(texts(log, at("raw.kraken", 0, start - 1))).rejects.toThrow(OffsetOutOfRangeError);
    expect((await texts(log, at("raw.kraken", 0, start))).length).toBe(200 - start);
    expect(await log.append([entry("raw.kraken", 0, ["next"])])).toEqual([200]);
  });

  check("retention never removes what a consumer still needs", async (place) => {
    await using log = await place.open(SMALL_SEGMENTS);
    await log.ensureTopic({ topic: "raw.kraken", partitions: 1, retentionMs: 0 });
    await fill(log, "raw.kraken", 200);
    await log.applyRetention({ nowMs: LATER_MS, keepFrom: [at("raw.kraken", 0, 50)] });
    const [bounds] = await log.bounds("raw.kraken");
    expect(bounds?.startOffset).toBeLessThanOrEqual(50);
    expect((await texts(log, at("raw.kraken", 0, 50))).length).toBe(150);
  });

  check("retention keeps topics that keep their records for ever, and bounds, topics and progress", async (place) => {
    {
      await using log = await place.open(SMALL_SEGMENTS);
      await log.ensureTopic({ topic: "market.listings", partitions: 1 });
      await log.ensureTopic({ topic: "market.trades", partitions: 1, retentionMs: 0 });
      await log.append([entry("market.listings", 0, ["BTC-USD"])], {
        group: "g",
        positions: [at("market.trades", 0, 3)],
      });
      await fill(log, "market.trades", 200);
      expect((await log.applyRetention({ nowMs: LATER_MS, keepFrom: [] })).segmentsRemoved).toBeGreaterThan(0);
    }
    await using log = await place.open(SMALL_SEGMENTS);
    expect(await texts(log, at("market.listings", 0, 0))).toEqual(["BTC-USD"]);
    expect(await log.progress("g")).toEqual([at("market.trades", 0, 3)]);
    const [bounds] = await log.bounds("market.trades");
    expect(bounds?.startOffset).toBeGreaterThan(0);
    expect(bounds?.endOffset).toBe(200);
    expect((await texts(log, at("market.trades", 0, bounds?.startOffset ?? 0))).at(-1)).toBe(fillText(199));
  });

  check("retention by size removes the oldest until the rest fits", async (place) => {
    await using log = await place.open(SMALL_SEGMENTS);
    await log.ensureTopic({ topic: "raw.kraken", partitions: 1, retentionBytes: 12_000 });
    await fill(log, "raw.kraken", 300);
    const first = await log.applyRetention({ nowMs: Date.now(), keepFrom: [] });
    expect(first.segmentsRemoved).toBeGreaterThan(0);
    const [bounds] = await log.bounds("raw.kraken");
    expect(bounds?.startOffset).toBeGreaterThan(0);
    expect(bounds?.startOffset).toBeLessThan(300);
    expect(await log.applyRetention({ nowMs: Date.now(), keepFrom: [] })).toEqual({
      segmentsRemoved: 0,
      bytesRemoved: 0,
    });
  });

  check("a reader that fell behind retention is told, not skipped ahead", async (place) => {
    await using log = await place.open(SMALL_SEGMENTS);
    await log.ensureTopic({ topic: "raw.kraken", partitions: 1, retentionMs: 0 });
    await fill(log, "raw.kraken", 200);
    const reading = log.read(at("raw.kraken", 0, 0), { maxBytes: 100 })[Symbol.asyncIterator]();
    expect((await reading.next()).value.firstOffset).toBe(0);
    await log.applyRetention({ nowMs: LATER_MS, keepFrom: [] });
    await expect(reading.next()).rejects.toThrow(OffsetOutOfRangeError);
  });
}

const fillText = (index: number): string => `record ${index} `.padEnd(100, ".");

async function fill(log: Log, topic: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 5) {
    const records = Array.from({ length: 5 }, (_, extra) => fillText(index + extra));
    await log.append([entry(topic, 0, records)]);
  }
}

function at(topic: string, partition: number, offset: number): TopicPosition {
  return { topic, partition, offset };
}

function sorted(positions: readonly TopicPosition[]): TopicPosition[] {
  return [...positions].sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
}

function entry(topic: string, partition: number, records: readonly string[]): LogEntry {
  return { topic, partition, records: recordBatchOf(records.map((text) => new TextEncoder().encode(text))) };
}

async function collect(chunks: AsyncIterable<LogChunk>): Promise<LogChunk[]> {
  const collected: LogChunk[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return collected;
}

function recordOf(chunk: LogChunk | undefined, index: number): Uint8Array {
  return chunk === undefined ? new Uint8Array(0) : recordAt(chunk.records, index);
}

function textsOf(chunk: LogChunk): string[] {
  return Array.from({ length: chunk.records.count }, (_, index) => new TextDecoder().decode(recordOf(chunk, index)));
}

async function texts(log: Pick<Log, "read">, from: TopicPosition, options: ReadOptions = {}): Promise<string[]> {
  return (await collect(log.read(from, { follow: false, ...options }))).flatMap(textsOf);
}
