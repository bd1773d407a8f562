import fc from "fast-check";
import { expect, test } from "vitest";
import { InternalError, RecordBatchBuilder, recordAt } from "../base/index.ts";
import { appendFrameRecord, FRAME_KINDS, type Frame, FrameRecord, SOURCES } from "./index.ts";

const frame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom(...FRAME_KINDS),
  feed: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
  connection: fc.string({ unit: "binary", maxLength: 60 }),
  epoch: fc.nat(4_294_967_295),
  timeNs: fc.bigInt({ min: 0n, max: 9_000_000_000_000_000_999n }),
  source: fc.constantFrom(...SOURCES),
  payload: fc.uint8Array({ maxLength: 400 }),
});

test("frames written and read are equal: every byte, every nanosecond", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 10 }), (frames) => {
      const builder = new RecordBatchBuilder(16);
      for (const value of frames) appendFrameRecord(value, builder);
      const batch = builder.take();
      const read = Array.from({ length: batch.count }, (_, index) => new FrameRecord(recordAt(batch, index)).frame());
      expect(read).toEqual(frames);
    }),
  );
});

test("one field is read without the others, and the payload without a copy", () => {
  const builder = new RecordBatchBuilder();
  appendFrameRecord(
    {
      kind: "received",
      feed: "kraken-v1",
      connection: "kraken-v1/0",
      epoch: 3,
      timeNs: 1_700_000_000_123_456_789n,
      source: "replay",
      payload: new TextEncoder().encode("[1]"),
    },
    builder,
  );
  const batch = builder.take();
  const record = new FrameRecord(recordAt(batch, 0));
  expect([record.kind, record.feed, record.connection, record.epoch]).toEqual([
    "received",
    "kraken-v1",
    "kraken-v1/0",
    3,
  ]);
  expect([record.timeUs, record.timeNanos, record.sourceIndex]).toEqual([1_700_000_000_123_456, 789, 2]);
  expect(record.payload.buffer).toBe(batch.bytes.buffer);
});

test("a record of an unknown version is refused by name", () => {
  const record = new Uint8Array(32);
  record[0] = 2;
  expect(() => new FrameRecord(record)).toThrow(InternalError);
  expect(() => new FrameRecord(record)).toThrow(/version 2; this K2 reads version 1/);
});
