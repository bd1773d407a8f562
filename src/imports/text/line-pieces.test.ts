import fc from "fast-check";
import { expect, test } from "vitest";
import { linePieces, type Piece } from "./line-pieces.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

interface TextPiece extends Omit<Piece, "bytes"> {
  readonly text: string;
}

async function cut(
  text: string,
  sizes: readonly number[],
  options: Partial<Parameters<typeof linePieces>[1]> = {},
): Promise<readonly TextPiece[]> {
  const pieces: TextPiece[] = [];
  const chunks = chunked(encoder.encode(text), sizes);
  for await (const { bytes, ...piece } of linePieces(chunks, { bytesMax: 64, ...options }))
    pieces.push({ ...piece, text: decoder.decode(bytes) });
  return pieces;
}

const secondOf = (line: Uint8Array): string => decoder.decode(line).split(",")[0] ?? "";
const lines = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.stringMatching(/^[a-z]{0,20}$/)), { maxLength: 40 })
  .map((rows) => rows.map(([key, rest]) => `${key},${rest}`));
const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });

test("the pieces are the text, whole lines each, and say where they stand", async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.boolean(), sizes, async (rows, endsOpen, chunkSizes) => {
      const text = rows.join("\n") + (endsOpen ? "" : "\n");
      const pieces = await cut(text, chunkSizes);
      expect(pieces.map((piece) => piece.text).join("")).toBe(text);
      let byte = 0;
      let row = 1;
      for (const piece of pieces) {
        expect(piece).toMatchObject({ byte, row });
        expect(piece.text.length).toBeLessThanOrEqual(64);
        byte += piece.text.length;
        row += piece.text.split("\n").length - 1;
        if (byte < text.length) expect(piece.text.endsWith("\n")).toBe(true);
      }
      const filled = text.split("\n").filter((line) => line !== "").length;
      expect(pieces.reduce((sum, piece) => sum + piece.rows, 0)).toBe(filled);
    }),
    { numRuns: 200 },
  );
});

test("begun again at any cut, and with other chunks, it makes the same cuts from there on", async () => {
  await fc.assert(
    fc.asyncProperty(lines, sizes, sizes, fc.boolean(), async (rows, some, others, isTied) => {
      const text = `${rows.join("\n")}\n`;
      const options = isTied ? { tieOf: secondOf } : {};
      const pieces = await cut(text, some, options);
      for (const [index, { byte }] of pieces.entries()) {
        expect(await cut(text, others, { ...options, from: byte })).toEqual(pieces.slice(index));
      }
    }),
    { numRuns: 100 },
  );
});

test("lines of one time are never parted, even where they are longer than a piece", async () => {
  await fc.assert(
    fc.asyncProperty(lines, sizes, async (rows, chunkSizes) => {
      const sorted = [...rows].sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0));
      const pieces = await cut(`${sorted.join("\n")}\n`, chunkSizes, { tieOf: secondOf });
      for (const [index, piece] of pieces.entries()) {
        const last = piece.text.trimEnd().split("\n").at(-1)?.split(",")[0];
        expect(pieces[index + 1]?.text.split(",")[0]).not.toBe(last);
      }
    }),
    { numRuns: 200 },
  );
});

test("a text without line ends is no table", async () => {
  await expect(cut("x".repeat(5 * 1024 * 1024), [65_536])).rejects.toThrow(
    "Row 1 (byte 0): the line that begins here has more than 4194304 bytes",
  );
});
