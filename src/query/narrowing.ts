import type { Times } from "./lake-source.ts";
import type { RangeRequest } from "./query.ts";

/** Times from `startUs` (inclusive) to `endUs` (exclusive), microseconds; open where undefined. */
export interface TimeWindow {
  readonly startUs: number | undefined;
  readonly endUs: number | undefined;
}

export interface NarrowingInput extends TimeWindow {
  readonly order: RangeRequest["order"];
  /** Of the data, inclusive; undefined where there is none. */
  readonly times: Times | undefined;
  readonly firstWidthUs: number;
}

const GROWTH = 16;

/**
 * Ever wider windows from the end at which a page begins, the last being all of the range. A page that a narrow window
 * fills is the right page: whatever lies outside comes after it. So the newest hundred trades of a year cost a look at
 * its last minutes.
 */
export function* narrowing({ startUs, endUs, order, times, firstWidthUs }: NarrowingInput): Generator<TimeWindow> {
  if (times === undefined) return;
  const first = Math.max(startUs ?? Number.NEGATIVE_INFINITY, times.oldestUs);
  const end = Math.min(endUs ?? Number.POSITIVE_INFINITY, times.newestUs + 1);
  const all = { startUs, endUs };
  if (Number.isFinite(first) && Number.isFinite(end)) {
    for (let widthUs = firstWidthUs; widthUs < end - first; widthUs *= GROWTH) {
      yield order === "ascending" ? { startUs, endUs: first + widthUs } : { startUs: end - widthUs, endUs };
    }
  }
  yield all;
}
