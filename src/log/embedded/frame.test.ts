import fc from "fast-check";
import { expect, test } from "vitest";
import { recordAt, recordBatchOf } from "../../base/index.ts";
import { decodeFrame, encodeFrame, entryRecords, notesOf, sealFrame } from "./frame.ts";

const anyRecords = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
const anyFrame = fc.record({
  segment: fc.integer({ min: 1, max: 1_000_000 }),
  commit: fc.maxSafeNat(),
  appendedMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  entries: fc.array(
    fc.record({ topicId: fc.nat(9), partition: fc.nat(65_535), firstOffset: fc.maxSafeNat(), records: anyRecords }),
    { maxLength: 4 },
  ),
  group: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
});

function encode(frame: typeof anyFrame extends fc.Arbitrary<infer F> ? F : never): Uint8Array {
  const entries = frame.entries.map((entry) => ({ ...entry, records: recordBatchOf(entry.records) }));
  const notes = frame.group === undefined ? undefined : { progress: [{ group: frame.group, positions: [] }] };
  const bytes = encodeFrame({ ...frame, kind: "commit", entries, notes });
  sealFrame(bytes);
  return bytes.subarray(0, new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true));
}

test("a frame comes back as it was written", () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const decoded = decodeFrame(encode(frame));
      if (decoded === undefined) throw new Error("the frame was not accepted");
      expect(decoded).toMatchObject({ segment: frame.segment, commit: frame.commit, appendedMs: frame.appendedMs });
      expect(notesOf(decoded)?.progress?.[0]?.group).toBe(frame.group);
      expect(decoded.entries.length).toBe(frame.entries.length);
      for (const [index, entry] of decoded.entries.entries()) {
        const written = frame.entries[index];
        expect(entry).toMatchObject({
          topicId: written?.topicId,
          partition: written?.partition,
          firstOffset: written?.firstOffset,
        });
        const batch = entryRecords(decoded, entry, 0, entry.count);
        const records = Array.from({ length: batch.count }, (_, record) => new Uint8Array(recordAt(batch, record)));
        expect(records).toEqual(written?.records);
      }
    }),
  );
});

test("any part of an entry is a batch of its own", () => {
  fc.assert(
    fc.property(anyRecords, fc.nat(), fc.nat(), (records, a, b) => {
      const frame = decodeFrame(
        encode({
          segment: 1,
          commit: 1,
          appendedMs: 0,
          group: undefined,
          entries: [{ topicId: 1, partition: 0, firstOffset: 5, records }],
        }),
      );
      const [from, to] = [a % records.length, (b % records.length) + 1];
      const entry = frame?.entries[0];
      if (frame === undefined || entry === undefined || from >= to) return;
      const part = entryRecords(frame, entry, from, to);
      const seen = Array.from({ length: part.count }, (_, record) => new Uint8Array(recordAt(part, record)));
      expect(seen).toEqual(records.slice(from, to));
    }),
  );
});

test("a frame with any one bit changed, or cut anywhere, is not accepted", () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(), fc.nat(7), (frame, place, bit) => {
      const bytes = encode(frame);
      const at = place % bytes.byteLength;
      const spoilt = new Uint8Array(bytes);
      spoilt[at] = (spoilt[at] ?? 0) ^ (1 << bit);
      expect(decodeFrame(spoilt)).toBeUndefined();
      expect(decodeFrame(bytes.slice(0, at))).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
