import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dbnStream, mboRecord } from "./dbn-fixture.ts";
import { readDbn, unpackZstd } from "./index.ts";
import { ZstdFrames } from "./zstd-frames.ts";

async function* chunks(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function unpacked(packed: Uint8Array, step: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of unpackZstd(chunks(packed, step))) parts.push(part);
  return Buffer.concat(parts);
}

/** A frame that decoders step over. */
function skippable(length: number): Buffer {
  const frame = Buffer.alloc(8 + length, 0xaa);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(length, 4);
  return frame;
}

describe("unpackZstd()", () => {
  test("gives what all frames hold, in whatever chunks they come", async () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      // Long enough for several blocks; the first is a run of one byte.
      fc.integer({ min: 100_000, max: 400_000 }).map((length) => new Uint8Array(length).fill(7)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ content, gap: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }) }), {
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 3000 }),
        async (frames, step) => {
          const packed = Buffer.concat(
            frames.flatMap((frame) => [
              ...(frame.gap === undefined ? [] : [skippable(frame.gap)]),
              zstdCompressSync(frame.content),
            ]),
          );
          expect((await unpacked(packed, step)).equals(Buffer.concat(frames.map((frame) => frame.content)))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("says that a stream is cut or damaged", async () => {
    const packed = Buffer.concat([zstdCompressSync(Buffer.from("first")), zstdCompressSync(Buffer.from("second"))]);
    await expect(unpacked(packed.subarray(0, -1), 10)).rejects.toThrow("ends within a frame");
    await expect(unpacked(Buffer.concat([packed, Buffer.from("rest!")]), 10)).rejects.toThrow("does not begin as one");
    const wrong = Buffer.from(packed);
    wrong[6] = 7; // The head of the first block: the last one, of a kind that does not exist.
    await expect(unpacked(wrong, 10)).rejects.toThrow("damaged");
  });

  test("an early end closes the source", async () => {
    let isClosed = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield zstdCompressSync(Buffer.from("again"));
      } finally {
        isClosed = true;
      }
    };
    for await (const part of unpackZstd(source())) {
      expect(Buffer.from(part).toString()).toBe("again");
      break;
    }
    expect(isClosed).toBe(true);
  });
});

test("ZstdFrames hands on every byte once", () => {
  const packed = Buffer.concat([zstdCompressSync(Buffer.alloc(300_000, "abc")), skippable(0), skippable(5)]);
  const frames = new ZstdFrames();
  const parts = [...frames.split(packed.subarray(0, 9)), ...frames.split(packed.subarray(9))];
  expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(packed)).toBe(true);
  expect([parts.filter(({ endsFrame }) => endsFrame).length, frames.isWhole]).toEqual([3, true]);
});

test("readDbn() reads a stream packed and plain, and stops when told", async () => {
  const stream = dbnStream({ version: 3 }, [
    mboRecord({ action: "A", side: "B" }),
    mboRecord({ action: "C", side: "B" }),
  ]);
  const packed = Buffer.concat([zstdCompressSync(stream.subarray(0, 150)), zstdCompressSync(stream.subarray(150))]);
  for (const bytes of [stream, packed]) {
    expect(await readDbn(chunks(bytes, 3), { record: () => true })).toEqual([
      { type: 0xa0, name: "mbo", taken: 2, skipped: 0, malformed: 0 },
    ]);
  }
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(readDbn(chunks(packed, 3), { record: () => true }, { signal })).rejects.toThrow("enough");
});
