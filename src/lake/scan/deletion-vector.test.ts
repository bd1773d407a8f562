import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LakeCorruptError } from "../errors.ts";
import { encodeRoaring64 } from "../write/encode-roaring.ts";
import { decodeDeletionVector } from "./deletion-vector.ts";
import { decodeRoaring64, type Run } from "./roaring-bitmap.ts";

/** Serialised by CRoaring (pyroaring's BitMap64), by what they hold. */
const CROARING: readonly { readonly holds: string; readonly hex: string; readonly runs: readonly Run[] }[] = [
  {
    holds: "arrays under two keys",
    hex:
      "0200000000000000000000003a3000000200000000000300010000001800000020000000000001000500ffff0000" +
      "020000003a3000000100000000000000100000000000",
    runs: [
      { start: 0, end: 2 },
      { start: 5, end: 6 },
      { start: 65_535, end: 65_537 },
      { start: 2 ** 33, end: 2 ** 33 + 1 },
    ],
  },
  {
    holds: "run containers without offsets",
    hex: "0100000000000000000000003b3001000300009bff0100d311010064009bff01000000d311",
    runs: [{ start: 100, end: 70_100 }],
  },
  { holds: "nothing", hex: "0000000000000000", runs: [] },
];

test.each(CROARING)("a bitmap of CRoaring's with $holds is read", ({ hex, runs }) => {
  expect(decodeRoaring64(Buffer.from(hex, "hex"))).toEqual(runs);
});

test("a bitmap container of CRoaring's, every second value of 12,000, is read", () => {
  const header = Buffer.from("0100000000000000000000003a3000000100000000006f1710000000", "hex");
  const bits = Buffer.concat([Buffer.alloc(1_500, 0x55), Buffer.alloc(8_192 - 1_500)]);
  const bytes = Buffer.concat([header, bits]);
  expect(crc32(bytes)).toBe(796_284_985); // Of the bytes as CRoaring wrote them.
  expect(decodeRoaring64(bytes)).toEqual(
    Array.from({ length: 6_000 }, (_, index) => ({ start: index * 2, end: index * 2 + 1 })),
  );
});

const runLists = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 200_000 }), length: fc.integer({ min: 1, max: 9_000 }) }), {
    maxLength: 40,
  })
  .map((parts) => {
    const runs: Run[] = [];
    for (const { gap, length } of parts) {
      const start = (runs.at(-1)?.end ?? 0) + gap;
      runs.push({ start, end: start + length });
    }
    return runs;
  });

test("whatever is written as a bitmap comes back", () => {
  fc.assert(
    fc.property(runLists, (runs) => {
      expect(decodeRoaring64(encodeRoaring64(runs))).toEqual(runs);
    }),
  );
});

function vectorOf(bitmap: Uint8Array): Buffer {
  const checked = Buffer.concat([Buffer.from("d1d33964", "hex"), bitmap]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(checked.byteLength);
  checksum.writeUInt32BE(crc32(checked));
  return Buffer.concat([length, checked, checksum]);
}

test("a deletion vector with any bit turned, or cut anywhere, is refused", () => {
  const [first] = CROARING;
  const vector = vectorOf(Buffer.from(first?.hex ?? "", "hex"));
  expect(decodeDeletionVector(vector)).toEqual(first?.runs);
  for (let index = 0; index < vector.byteLength; index += 1) {
    expect(() => decodeDeletionVector(vector.subarray(0, index))).toThrow(LakeCorruptError);
    const turned = Buffer.from(vector);
    turned[index] = (turned[index] ?? 0) ^ (1 << (index % 8));
    expect(() => decodeDeletionVector(turned)).toThrow(LakeCorruptError);
  }
});

test("a bitmap that is torn behind a right checksum is refused", () => {
  const bitmap = Buffer.from(CROARING[0]?.hex ?? "", "hex");
  for (let length = 0; length < bitmap.byteLength; length += 1) {
    expect(() => decodeDeletionVector(vectorOf(bitmap.subarray(0, length)))).toThrow(LakeCorruptError);
  }
});
