import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BOOKS_PARTITION, type Frame, TOPICS } from "../../domain/index.ts";
import { closed, frame, MemoryLog, opened, T0 } from "../test-support.ts";
import { type Books, type BooksOptions, openBooks } from "./books.ts";
import { bookFrame, ReadyDesk, type ScriptedMessage, scriptedBooks, unsavedBooks } from "./test-books.ts";

const OPTIONS = { rules: scriptedBooks, snapshots: { everyMs: 1, depth: 5 } };

/** Frames of two connections with snapshots, changes, holes, lost messages, change-overs and crashes. */
const anyFrames: fc.Arbitrary<readonly Frame[]> = fc
  .array(
    fc.record({
      kind: fc.oneof(
        { weight: 14, arbitrary: fc.constant("change") },
        { weight: 4, arbitrary: fc.constantFrom("snap", "quote") },
        { weight: 1, arbitrary: fc.constantFrom("hole", "lost", "reopen", "planned", "junk") },
      ),
      symbol: fc.constantFrom("BTC", "ETH"),
      price: fc.integer({ min: 90, max: 110 }),
      size: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 20, maxLength: 120 },
  )
  .map((steps) => {
    const frames: Frame[] = [opened(T0, 1)];
    const sequences = new Map<string, number>();
    let epoch = 1;
    let timeUs = T0;
    for (const { kind, symbol: s, price, size } of steps) {
      timeUs += 400;
      const side = price < 100 ? { b: [[`${price}`, `${size}`]] as const } : { a: [[`${price}`, `${size}`]] as const };
      const seq = (sequences.get(s) ?? 0) + (kind === "hole" ? 2 : 1);
      const message: ScriptedMessage = { s, seq, ...side, ...(kind === "snap" ? { snap: true } : {}) };
      if (kind === "lost") frames.push(frame(timeUs, { lost: "some" }, { epoch }));
      else if (kind === "junk") frames.push(frame(timeUs, "junk", { epoch }));
      else if (kind === "quote") frames.push(bookFrame(timeUs, [{ s, quote: true, ...side }], { epoch }));
      else if (kind === "reopen") {
        if (price > 100) frames.push(closed(timeUs, epoch));
        epoch += 1;
        frames.push(opened(timeUs, epoch));
      } else if (kind === "planned") {
        epoch += 1;
        frames.push(opened(timeUs, epoch, { planned: true }));
      } else {
        sequences.set(s, seq);
        frames.push(bookFrame(timeUs, [message], { epoch: price % 7 === 0 ? Math.max(1, epoch - 1) : epoch }));
      }
    }
    return frames;
  });

function open(log: MemoryLog, desk: ReadyDesk, of: Partial<BooksOptions>): Promise<Books> {
  return openBooks({ raw: log, events: log, rawTopics: ["raw.one"], desk, ...OPTIONS, ...of });
}

test("killed at any append, before or after it took effect, and started again, the events are those of one run", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyFrames,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      fc.constantFrom(scriptedBooks, unsavedBooks),
      async (frames, framesMax, checkpointBytes, cuts, rules) => {
        const whole = new MemoryLog();
        whole.putFrames(frames);
        const desk = new ReadyDesk();
        await (await open(whole, desk, {})).run({ follow: false });

        const log = new MemoryLog();
        log.putFrames(frames);
        log.chunkRecords = 3;
        const killing = (): void => {
          if ((cuts.next().value ?? 9) < 3) throw new Error("killed");
        };
        for (let starts = 0; ; starts += 1) {
          const isLast = starts > 40;
          log.beforeAppend = isLast ? () => {} : killing;
          log.afterAppend = isLast ? () => {} : killing;
          const books = await open(log, desk, { framesMax, checkpointBytes, rules });
          try {
            await books.run({ follow: false });
            break;
          } catch (error) {
            if (!(error instanceof Error) || error.message !== "killed") throw error;
          }
          for (const kept of books.keepFrom()) expect(kept.offset).toBeGreaterThanOrEqual(0);
        }
        expect(log.eventBytes()).toEqual(whole.eventBytes());
      },
    ),
    { numRuns: 60 },
  );
});

test("a start reads the frames since the last checkpoint only, and retention is told to keep those", async () => {
  const log = new MemoryLog();
  const desk = new ReadyDesk();
  const message = (seq: number): ScriptedMessage => ({
    s: "BTC",
    seq,
    b: [[`${50 + (seq % 40)}`, `${1 + (seq % 3)}`]],
    a: [["101", "1"]],
    ...(seq === 1 ? { snap: true } : {}),
  });
  log.putFrames([
    opened(T0, 1),
    ...Array.from({ length: 100 }, (_, index) => bookFrame(T0 + index, [message(index + 1)])),
  ]);
  const first = await open(log, desk, { framesMax: 10, checkpointBytes: 2_000 });
  await first.run({ follow: false });
  const kept = first.keepFrom().find(({ topic }) => topic === "raw.one")?.offset ?? 0;
  expect(kept).toBeGreaterThan(70);
  expect(kept).toBeLessThan(101);

  const second = await open(log, desk, {});
  expect(second.keepFrom()).toEqual(first.keepFrom());
  const before = log.eventBytes();
  await second.run({ follow: false });
  expect(log.eventBytes()).toEqual(before);
  expect(second.status()).toMatchObject({ books: 1, proven: 1, levels: first.status().levels });
});

test("of a reader that cannot be saved retention is told to keep its socket's frames from the opening on", async () => {
  const log = new MemoryLog();
  const change = (seq: number): Frame =>
    bookFrame(T0 + seq, [{ s: "BTC", seq, b: [[`${50 + seq}`, "1"]], ...(seq % 20 === 1 ? { snap: true } : {}) }], {
      epoch: seq > 20 ? 2 : 1,
    });
  const changes = Array.from({ length: 40 }, (_, index) => change(index + 1));
  log.putFrames([opened(T0, 1), ...changes.slice(0, 20), closed(T0 + 20, 1), opened(T0 + 20, 2), ...changes.slice(20)]);
  const desk = new ReadyDesk();
  const options = { framesMax: 5, checkpointBytes: 500, rules: unsavedBooks };
  const books = await open(log, desk, options);
  await books.run({ follow: false });
  expect(books.keepFrom().find(({ topic }) => topic === "raw.one")?.offset).toBe(22);
  log.putFrames([bookFrame(T0 + 41, [{ s: "BTC", seq: 41, b: [["1", "1"]] }], { epoch: 2 })]);
  const next = await open(log, desk, options);
  await next.run({ follow: false });
  expect(next.status()).toMatchObject({ books: 1, proven: 1 });
});

test("on the embedded log, closed and opened again after every few frames, the events are those of one run", async () => {
  const { openLog } = await import("../../log/index.ts");
  const [frames] = fc.sample(anyFrames, { numRuns: 1, seed: 20 });
  if (frames === undefined) throw new Error("no sample");
  const { recordsOf } = await import("../test-support.ts");
  const folder = await mkdtemp(join(tmpdir(), "k2-books-"));
  try {
    const eventsAfter = async (name: string, cut: number): Promise<Record<string, readonly string[]>> => {
      const desk = new ReadyDesk();
      for (let from = 0; from < frames.length; from += cut) {
        await using log = await openLog({ folder: join(folder, name) });
        await log.ensureTopic({ topic: "raw.one", partitions: 1 });
        for (const topic of Object.values(TOPICS)) await log.ensureTopic({ topic, partitions: 2 });
        await log.append([{ topic: "raw.one", partition: 0, records: recordsOf(frames.slice(from, from + cut)) }]);
        const books = await openBooks({
          raw: log,
          events: log,
          rawTopics: ["raw.one"],
          desk,
          ...OPTIONS,
          framesMax: 3,
          checkpointBytes: 500,
        });
        await books.run({ follow: false });
      }
      await using log = await openLog({ folder: join(folder, name) });
      const bytes: Record<string, string[]> = {};
      for (const topic of Object.values(TOPICS)) {
        for (const partition of [0, BOOKS_PARTITION]) {
          for await (const { records } of log.read({ topic, partition, offset: 0 }, { follow: false })) {
            const list = bytes[`${topic}/${partition}`] ?? [];
            bytes[`${topic}/${partition}`] = list;
            for (let index = 0; index < records.count; index += 1) list.push(hexOf(records, index));
          }
        }
      }
      return bytes;
    };
    const once = await eventsAfter("once", frames.length);
    expect(Object.keys(once)).toContain("market.book-changes/0");
    expect(await eventsAfter("often", 4)).toEqual(once);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function hexOf({ bytes, ends }: { readonly bytes: Uint8Array; readonly ends: Uint32Array }, index: number): string {
  return Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index])).toString("hex");
}
