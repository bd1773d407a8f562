import fc from "fast-check";
import { expect, test } from "vitest";
import { type Clock, InvalidInputError, type RecordBatch, RecordBatchBuilder, recordAt } from "../base/index.ts";
import { appendFrameRecord, FRAME_KINDS, FrameRecord } from "../domain/index.ts";
import { FrameRecorder, type FrameRecorderOptions } from "./frame-recorder.ts";
import { settle, TestClock } from "./test-clock.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textsOf = (batch: RecordBatch): readonly string[] =>
  Array.from({ length: batch.count }, (_, index) =>
    new TextDecoder().decode(new FrameRecord(recordAt(batch, index)).payload),
  );

/** A sink that a test lets go one flush at a time. */
function heldSink() {
  const held: { readonly batch: RecordBatch; readonly done: PromiseWithResolvers<void> }[] = [];
  const flush = (batch: RecordBatch): Promise<void> => {
    const done = Promise.withResolvers<void>();
    held.push({ batch, done });
    return done.promise;
  };
  const texts = (): readonly (readonly string[])[] => held.map(({ batch }) => textsOf(batch));
  return { held, flush, texts };
}

function createRecorder(changes: Partial<FrameRecorderOptions>): FrameRecorder {
  return new FrameRecorder({
    feed: "test",
    connection: "test/0",
    source: "live",
    clock: new TestClock(),
    unflushedBytesMax: 1_000_000,
    batchBytesMax: 100_000,
    flush: async () => {},
    onPressure: () => {},
    onFlushed: () => {},
    onFailed: () => {},
    ...changes,
  });
}

test("FrameRecorder keeps one flush in flight; what arrives meanwhile is the next batch", async () => {
  const sink = heldSink();
  const recorder = createRecorder({ flush: sink.flush });
  recorder.record("received", 1, bytes("a"));
  recorder.record("received", 1, bytes("b"));
  await settle();
  recorder.record("received", 1, bytes("c"));
  recorder.record("received", 1, bytes("d"));
  await settle();
  expect(sink.texts()).toEqual([["a", "b"]]);
  sink.held[0]?.done.resolve();
  await settle();
  expect(sink.texts()).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect(recorder.unflushedBytes).toBe(sink.held[1]?.batch.bytes.byteLength);
  sink.held[1]?.done.resolve();
  await recorder.flushed();
  expect(recorder.unflushedBytes).toBe(0);
});

test("FrameRecorder flushes a frame that comes at any moment of the flush before it", async () => {
  for (let moments = 0; moments < 15; moments += 1) {
    const flushed: string[] = [];
    const recorder = createRecorder({ flush: async (batch) => void flushed.push(...textsOf(batch)) });
    recorder.record("received", 1, bytes("a"));
    for (let moment = 0; moment < moments; moment += 1) await Promise.resolve();
    recorder.record("received", 1, bytes("b"));
    await settle();
    expect(flushed, `${moments} moments between`).toEqual(["a", "b"]);
  }
});

test("FrameRecorder stamps each frame with the clock and the connection's names", async () => {
  const sink = heldSink();
  const clock = new TestClock();
  const recorder = createRecorder({ flush: sink.flush, clock, source: "replay" });
  await clock.advance(1.5);
  recorder.record("sent", 7, bytes("a"));
  await settle();
  const batch = sink.held[0]?.batch;
  if (batch === undefined) throw new Error("nothing was flushed");
  expect(new FrameRecord(recordAt(batch, 0)).frame()).toEqual({
    kind: "sent",
    feed: "test",
    connection: "test/0",
    epoch: 7,
    timeNs: TestClock.startNs + 1_500_000n,
    source: "replay",
    payload: bytes("a"),
  });
});

test("FrameRecorder writes what appendFrameRecord() writes, whatever the mix of kinds, epochs, lengths and times", async () => {
  const frame = fc.record({
    kind: fc.constantFrom(...FRAME_KINDS),
    epoch: fc.integer({ min: 1, max: 3 }),
    payload: fc.uint8Array({ maxLength: 300 }),
    pauseMs: fc.constantFrom(0, 0, 0, 0.001, 5),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.integer({ min: 1, max: 1_000 }), async (frames, batchBytesMax) => {
      const clock = new TestClock();
      const written: Uint8Array[] = [];
      const expected = new RecordBatchBuilder();
      const recorder = createRecorder({
        clock,
        batchBytesMax,
        flush: async (batch) => {
          for (let index = 0; index < batch.count; index += 1) written.push(recordAt(batch, index).slice());
        },
      });
      for (const { pauseMs, ...rest } of frames) {
        if (pauseMs > 0) await clock.advance(pauseMs);
        recorder.record(rest.kind, rest.epoch, rest.payload);
        const name = { feed: "test", connection: "test/0", source: "live" } as const;
        appendFrameRecord({ ...rest, ...name, timeNs: clock.nowNs() }, expected);
      }
      await recorder.flushed();
      const batch = expected.take();
      expect(written).toEqual(Array.from({ length: batch.count }, (_, index) => recordAt(batch, index).slice()));
      expect(recorder.unflushedBytes).toBe(0);
    }),
  );
});

test("FrameRecorder gives the frames of one read one time, and the next read its own", async () => {
  let reads = 0;
  const clock = new TestClock();
  const sink = heldSink();
  const nowNs = (): bigint => {
    reads += 1;
    return BigInt(reads) * 1_000n;
  };
  const ticking: Clock = { nowNs, monotonicMs: () => 0, sleep: (durationMs) => clock.sleep(durationMs) };
  const recorder = createRecorder({ flush: sink.flush, clock: ticking });
  recorder.record("received", 1, bytes("a"));
  recorder.record("received", 1, bytes("b"));
  await settle();
  recorder.record("received", 1, bytes("c"));
  sink.held[0]?.done.resolve();
  await settle();
  const times = sink.held.flatMap(({ batch }) =>
    Array.from({ length: batch.count }, (_, index) => new FrameRecord(recordAt(batch, index)).frame().timeNs),
  );
  expect([times, reads]).toEqual([[1_000n, 1_000n, 2_000n], 2]);
});

test("FrameRecorder closes a batch with the record that reaches the limit", async () => {
  const sink = heldSink();
  const recorder = createRecorder({ flush: sink.flush, batchBytesMax: 100 });
  for (const text of ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(500)])
    recorder.record("received", 1, bytes(text));
  for (let index = 0; index < 4; index += 1) {
    await settle();
    sink.held[index]?.done.resolve();
  }
  await recorder.flushed();
  expect(sink.texts().map((batch) => batch.map((text) => text.slice(0, 1)).join(""))).toEqual(["ab", "cd"]);
});

test("FrameRecorder tells of high pressure once, and of relief below half", async () => {
  const sink = heldSink();
  const pressure: boolean[] = [];
  const recorder = createRecorder({
    flush: sink.flush,
    unflushedBytesMax: 300,
    batchBytesMax: 150,
    onPressure: (isHigh) => void pressure.push(isHigh),
  });
  for (let index = 0; index < 4; index += 1) recorder.record("received", 1, bytes("x".repeat(120)));
  expect(pressure).toEqual([true]);
  await settle();
  while (recorder.unflushedBytes > 300) {
    sink.held.at(-1)?.done.resolve();
    await settle();
  }
  expect(pressure).toEqual([true]);
  expect(recorder.isPressed).toBe(true);
  sink.held.at(-1)?.done.resolve();
  await settle();
  expect(pressure).toEqual([true, false]);
});

test("FrameRecorder takes nothing after a rejected flush, and says what was lost and what to do", async () => {
  const sink = heldSink();
  const failures: string[] = [];
  const recorder = createRecorder({ flush: sink.flush, onFailed: (error) => void failures.push(error.message) });
  recorder.record("received", 1, bytes("a"));
  await settle();
  recorder.record("received", 1, bytes("b"));
  sink.held[0]?.done.reject(new InvalidInputError("the disk is full"));
  await expect(recorder.flushed()).rejects.toMatchObject({ code: "K2_FRAMES_NOT_RECORDED", remedy: "fix-input" });
  recorder.record("received", 1, bytes("c"));
  await settle();
  expect(sink.texts()).toEqual([["a"]]);
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatch(/frames of test\/0: the disk is full\. \d+ bytes were received and are not in the log/);
});

test("FrameRecorder fails when a sink throws before it returns a promise", async () => {
  const recorder = createRecorder({
    flush: () => {
      throw new Error("closed");
    },
  });
  recorder.record("received", 1, bytes("a"));
  await expect(recorder.flushed()).rejects.toThrow(/closed/);
});
