import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeDeletionVector } from "../scan/deletion-vector.ts";
import { countRuns, encodeRoaring64, joinRuns } from "./encode-roaring.ts";
import { encodeVectors } from "./puffin.ts";

/** Runs that fall on and across the borders of containers and of 32-bit bitmaps, dense and sparse. */
const anyRuns = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.nat(300_000),
        fc.integer({ min: 65_500, max: 65_600 }),
        fc.integer({ min: 2 ** 32 - 70_000, max: 2 ** 32 + 70_000 }),
        fc.integer({ min: 0, max: 2 ** 34 }),
      ),
      fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90_000 })),
    ),
    { maxLength: 40 },
  )
  .map((pairs) => joinRuns(pairs.map(([start, length]) => ({ start, end: start + length }))));

test("deletion vectors come back position for position, wherever the containers end", () => {
  fc.assert(
    fc.property(fc.array(anyRuns, { minLength: 1, maxLength: 3 }), (files) => {
      const { bytes, blobs } = encodeVectors(
        files.map((runs, index) => ({ location: `file:///${index}`, runs, cardinality: countRuns(runs) })),
      );
      for (const [index, { offset, byteLength }] of blobs.entries()) {
        expect(decodeDeletionVector(bytes.subarray(offset, offset + byteLength))).toEqual(files[index]);
      }
    }),
    { numRuns: 150 },
  );
});

test("a few positions take an array, many scattered ones a bitmap and neighbours a run", () => {
  const scattered = Array.from({ length: 5_000 }, (_, index) => ({ start: index * 13, end: index * 13 + 1 }));
  const sizes = [[{ start: 5, end: 6 }], [{ start: 0, end: 65_536 }], scattered].map(
    (runs) => encodeRoaring64(runs).byteLength,
  );
  const [count, key] = [8, 4];
  expect(sizes).toEqual([count + key + 16 + 2, count + key + 9 + 6, count + key + 16 + 8_192]);
});

test("a Puffin file's footer names every vector with its data file and number of rows", () => {
  const { bytes, blobs } = encodeVectors([
    { location: "s3://b/x.parquet", runs: [{ start: 3, end: 5 }], cardinality: 2 },
  ]);
  const buffer = Buffer.from(bytes);
  const payloadBytes = buffer.readInt32LE(buffer.byteLength - 12);
  const footer = JSON.parse(buffer.subarray(-12 - payloadBytes, -12).toString("utf8"));
  expect(buffer.subarray(-4).toString("latin1")).toBe("PFA1");
  expect(buffer.subarray(-16 - payloadBytes, -12 - payloadBytes).toString("latin1")).toBe("PFA1");
  expect(footer.blobs).toEqual([
    {
      type: "deletion-vector-v1",
      fields: [2_147_483_645],
      "snapshot-id": -1,
      "sequence-number": -1,
      offset: blobs[0]?.offset,
      length: blobs[0]?.byteLength,
      properties: { "referenced-data-file": "s3://b/x.parquet", cardinality: "2" },
    },
  ]);
});
