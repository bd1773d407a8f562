import fc from "fast-check";
import { expect, test } from "vitest";
import { BAR_INTERVAL_US, BAR_INTERVALS, barStartUs, compareTradeOrder } from "./index.ts";

const interval = fc.constantFrom(...BAR_INTERVALS);
const timeUs = fc.integer({ min: -1_000_000_000_000, max: 9_000_000_000_000_000 });

test("a bar starts at a whole multiple of its width and holds its trade's time", () => {
  fc.assert(
    fc.property(timeUs, interval, (time, width) => {
      const start = barStartUs(time, width);
      expect(Math.abs(start % BAR_INTERVAL_US[width])).toBe(0);
      expect(start <= time && time < start + BAR_INTERVAL_US[width]).toBe(true);
      expect(barStartUs(start, width)).toBe(start);
    }),
  );
});

test("each width is a whole multiple of every finer one, so bars of bars are bars", () => {
  const widths = BAR_INTERVALS.map((name) => BAR_INTERVAL_US[name]);
  for (const [index, width] of widths.entries()) {
    for (const finer of widths.slice(0, index)) expect(width % finer).toBe(0);
  }
});

test("a finer bar lies within one coarser bar", () => {
  fc.assert(
    fc.property(timeUs, interval, interval, (time, a, b) => {
      const [finer, coarser] = BAR_INTERVAL_US[a] <= BAR_INTERVAL_US[b] ? [a, b] : [b, a];
      expect(barStartUs(barStartUs(time, finer), coarser)).toBe(barStartUs(time, coarser));
    }),
  );
});

test("days start at midnight UTC", () => {
  const time = Date.parse("2026-03-29T23:59:59.999Z") * 1000 + 999;
  expect(barStartUs(time, "1d")).toBe(Date.parse("2026-03-29T00:00:00Z") * 1000);
});

test("trades of a listing are in one total order", () => {
  const order = fc.record({
    timeUs: fc.nat(3),
    timeNanos: fc.nat(2),
    sequence: fc.bigInt({ min: 0n, max: 2n }),
    frameIndex: fc.nat(2),
  });
  fc.assert(
    fc.property(order, order, order, (a, b, c) => {
      expect(Math.sign(compareTradeOrder(a, b)) + 0).toBe(-Math.sign(compareTradeOrder(b, a)) + 0);
      expect(compareTradeOrder(a, b) === 0).toBe(JSON.stringify(plain(a)) === JSON.stringify(plain(b)));
      if (compareTradeOrder(a, b) < 0 && compareTradeOrder(b, c) < 0) expect(compareTradeOrder(a, c)).toBeLessThan(0);
    }),
  );
  const base = { timeUs: 1, timeNanos: 1, sequence: 5n, frameIndex: 9 };
  expect(compareTradeOrder(base, { ...base, timeNanos: 2, sequence: 0n, frameIndex: 0 })).toBeLessThan(0);
  expect(compareTradeOrder(base, { ...base, sequence: 2n ** 62n, frameIndex: 0 })).toBeLessThan(0);
});

function plain({ sequence, ...rest }: Parameters<typeof compareTradeOrder>[0]): object {
  return { ...rest, sequence: sequence.toString() };
}
