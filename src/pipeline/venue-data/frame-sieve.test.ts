import fc from "fast-check";
import { expect, test } from "vitest";
import type { FrameMarks } from "../../domain/index.ts";
import { FrameSieve } from "./frame-sieve.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

test("a frame is kept where a mark begins within its first 128 bytes, or its last 96 where channels are named last", () => {
  const marks: FrameMarks = { texts: ['"e":"kline"', '"e":"24hrTicker"'] };
  const sieve = new FrameSieve(marks);
  const at = (place: number): Uint8Array => bytes(`${"x".repeat(place)}"e":"kline"${"y".repeat(400)}`);
  expect([0, 1, 60, 127, 128, 300].map((place) => sieve.mayHold(at(place)))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(sieve.mayHold(bytes('{"e":"24hrTicker","E":1}'))).toBe(true);
  expect(sieve.mayHold(bytes('{"e":"aggTrade","E":1,"s":"BTCUSDT"}'))).toBe(false);
  expect(sieve.mayHold(bytes('{"e":"klin'))).toBe(false);
  const ends = new FrameSieve({ texts: ['"ticker"'], within: "ends" });
  expect(ends.mayHold(bytes(`[340,{"a":["${"1".repeat(900)}"]},"ticker","XBT/USD"]`))).toBe(true);
  expect(ends.mayHold(bytes(`[340,["${"1".repeat(300)}"ticker"${"1".repeat(300)}"],"trade","XBT/USD"]`))).toBe(false);
  const anywhere = new FrameSieve({ texts: ['"feed":"ticker"'], within: "anywhere" });
  expect(anywhere.mayHold(bytes(`{"x":"${"1".repeat(500)}","feed":"ticker"}${"1".repeat(500)}`))).toBe(true);
});

test("it finds what a search for each mark finds, whatever the marks and the frame", () => {
  const text = fc.string({ unit: fc.constantFrom('"', "a", "b", ":"), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 4 }),
      fc.string({ unit: fc.constantFrom('"', "a", "b", ":", "c"), maxLength: 200 }),
      fc.constantFrom("start", "ends", "anywhere" as const),
      (texts, frame, within) => {
        const begins = Array.from(frame, (_, at) => at).filter((at) =>
          texts.some((mark) => frame.startsWith(mark, at)),
        );
        const wanted = begins.some(
          (at) => within === "anywhere" || at < 128 || (within === "ends" && at >= frame.length - 96),
        );
        expect(new FrameSieve({ texts, within }).mayHold(bytes(frame))).toBe(wanted);
      },
    ),
    { numRuns: 2_000 },
  );
});
