import { expect, test } from "vitest";
import { narrowing } from "./narrowing.ts";

const DAY = 86_400_000_000;

test("windows grow from the newest time back, and end with all of the range", () => {
  const windows = [
    ...narrowing({
      startUs: undefined,
      endUs: undefined,
      order: "descending",
      times: { oldestUs: 0, newestUs: DAY - 1 },
      firstWidthUs: 60_000_000,
    }),
  ];
  expect(windows).toEqual([
    { startUs: DAY - 60_000_000, endUs: undefined },
    { startUs: DAY - 960_000_000, endUs: undefined },
    { startUs: DAY - 15_360_000_000, endUs: undefined },
    { startUs: undefined, endUs: undefined },
  ]);
});

test("windows begin at the start of the range, or of the data where that is later", () => {
  const input = {
    endUs: 5000,
    order: "ascending",
    times: { oldestUs: 1000, newestUs: 90_000 },
    firstWidthUs: 100,
  } as const;
  expect([...narrowing({ ...input, startUs: 10 })]).toEqual([
    { startUs: 10, endUs: 1100 },
    { startUs: 10, endUs: 2600 },
    { startUs: 10, endUs: 5000 },
  ]);
  expect([...narrowing({ ...input, startUs: 4950 })]).toEqual([{ startUs: 4950, endUs: 5000 }]);
});

test("without data there is nothing to look at; without bounds all is looked at once", () => {
  const input = { startUs: undefined, endUs: undefined, order: "ascending", firstWidthUs: 1 } as const;
  expect([...narrowing({ ...input, times: undefined })]).toEqual([]);
  const unknown = { oldestUs: Number.NEGATIVE_INFINITY, newestUs: Number.POSITIVE_INFINITY };
  expect([...narrowing({ ...input, times: unknown })]).toEqual([{ startUs: undefined, endUs: undefined }]);
});
