import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { RobustWindow } from "./robust-window.ts";

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 32, maxLength: 200 });

test("a score is the distance from the median of the last 64 values in their median absolute deviations", () => {
  fc.assert(
    fc.property(values, fc.double({ min: -1e6, max: 1e6, noNaN: true }), (added, value) => {
      const window = new RobustWindow(1e-3);
      for (const each of added) window.add(each);
      // Both are computed anew after every 16 values.
      const seen = added
        .slice(0, added.length - (added.length % 16))
        .slice(-64)
        .map(Math.fround);
      const median = medianOf(seen);
      const deviation = Math.max(medianOf(seen.map((each) => Math.abs(each - median))) * 1.4826, 1e-3);
      expect(window.scoreOf(value)).toBeCloseTo((value - median) / deviation, 6);
    }),
  );
});

test("nothing is said of a value while fewer than 32 are known", () => {
  const window = new RobustWindow(1);
  for (let count = 0; count < 31; count += 1) window.add(count);
  expect(window.scoreOf(1e9)).toBe(0);
  window.add(31);
  expect(window.scoreOf(1e9)).toBeGreaterThan(1e6);
});

test("a window that was written and read goes on as the one that was not", () => {
  fc.assert(
    fc.property(values, fc.nat(), (added, at) => {
      const whole = new RobustWindow(1e-3);
      let stopped = new RobustWindow(1e-3);
      added.forEach((value, index) => {
        if (index === at % added.length) stopped = copyOf(stopped);
        whole.add(value);
        stopped.add(value);
        expect(stopped.scoreOf(7)).toBe(whole.scoreOf(7));
      });
    }),
  );
});

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function copyOf(window: RobustWindow): RobustWindow {
  const writer = new ByteWriter();
  window.write(writer);
  const copy = new RobustWindow(1e-3);
  copy.read(new ByteReader(writer.take()));
  return copy;
}
