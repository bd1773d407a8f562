import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

function lines(
  text: string,
  step: number,
): { readonly seen: readonly (readonly [number, string])[]; readonly splitter: LineSplitter } {
  const bytes = Buffer.from(text);
  const splitter = new LineSplitter();
  const seen: (readonly [number, string])[] = [];
  const read = (of: Uint8Array, start: number, end: number, line: number): void => {
    seen.push([line, Buffer.from(of.subarray(start, end)).toString()]);
  };
  for (let at = 0; at < bytes.length; at += step) splitter.write(bytes.subarray(at, at + step), read);
  splitter.end(read);
  return { seen, splitter };
}

test("lines are those of the text, in whatever chunks it comes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z,]{0,20}$/)),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      (all, isWindows, step) => {
        const { seen } = lines(all.join(isWindows ? "\r\n" : "\n"), step);
        expect(seen).toEqual(all.map((line, index) => [index + 1, line] as const).filter(([, line]) => line !== ""));
      },
    ),
  );
});

test("a line longer than any is dropped and counted, and the next is right", () => {
  const long = "x".repeat(1_100_000);
  const { seen, splitter } = lines(`a\n${long}\nb\n${long}`, 64_000);
  expect(seen).toEqual([
    [1, "a"],
    [3, "b"],
  ]);
  expect([splitter.droppedBytes, splitter.count]).toEqual([2_200_000, 4]);
});
