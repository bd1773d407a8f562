import { expect, test } from "vitest";
import type { Bar } from "./bar.ts";
import { fillGaps } from "./bar-fill.ts";

const at = { timeUs: 0, timeNanos: 0, sequence: 0n, frameIndex: 0 };
const bar = (minute: number, close: bigint): Bar => ({
  listing: 3,
  interval: "1m",
  startUs: minute * 60_000_000,
  open: close - 1n,
  high: close + 1n,
  low: close - 2n,
  close,
  volume: 5n,
  quoteVolume: 9n,
  buyVolume: 2n,
  sellVolume: 3n,
  trades: 4,
  first: at,
  last: at,
  revision: 2,
  knownAtUs: 77,
  cause: "late",
  complete: true,
  source: 1,
});

test("fillGaps() prints minutes without a trade at the previous close, with nothing traded", () => {
  const filled = [...fillGaps([bar(1, 50n), bar(4, 60n)], { endUs: 6 * 60_000_000 })];
  expect(
    filled.map(({ startUs, open, high, low, close, volume, trades }) => [
      startUs / 60_000_000,
      open,
      high,
      low,
      close,
      volume,
      trades,
    ]),
  ).toEqual([
    [1, 49n, 51n, 48n, 50n, 5n, 4],
    [2, 50n, 50n, 50n, 50n, 0n, 0],
    [3, 50n, 50n, 50n, 50n, 0n, 0],
    [4, 59n, 61n, 58n, 60n, 5n, 4],
    [5, 60n, 60n, 60n, 60n, 0n, 0],
  ]);
  expect(filled[1]).toMatchObject({
    listing: 3,
    interval: "1m",
    quoteVolume: 0n,
    revision: 0,
    cause: "closed",
    source: 1,
  });
});

test("fillGaps() adds nothing before the first bar, nor where there is none", () => {
  expect([...fillGaps([], { endUs: 1e15 })]).toEqual([]);
  expect([...fillGaps([bar(9, 1n)])].map(({ startUs }) => startUs / 60_000_000)).toEqual([9]);
});

test("fillGaps() is lazy: a page of a long silence costs a page", () => {
  const iterator = fillGaps([bar(1, 5n)], { endUs: Number.MAX_SAFE_INTEGER });
  expect(Array.from({ length: 3 }, () => iterator.next().value?.startUs)).toEqual([
    60_000_000, 120_000_000, 180_000_000,
  ]);
});
