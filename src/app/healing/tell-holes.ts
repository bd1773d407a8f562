import { formatInstant } from "../../domain/index.ts";
import type { TimeSpan } from "./covered.ts";

/** Holes of one symbol that are told one by one; of more, those nearest to each other are told as one. */
export const HOLES_TOLD_MAX = 200;

/**
 * Says of what times trades of a symbol may be missing.
 *
 * @param holes ascending, by the venue's clock
 * @returns "" when there are none
 */
export function tellHoles(rawSymbol: string, holes: readonly TimeSpan[]): string {
  if (holes.length === 0) return "";
  const told = nearestJoined(holes, HOLES_TOLD_MAX);
  const spans = told.map(({ fromUs, toUs }) => `from ${formatInstant(fromUs)} to ${formatInstant(toUs)}`).join(", ");
  const parts = told.length === holes.length ? "" : `, in ${holes.length} parts of that`;
  return `of ${rawSymbol} what was traded ${spans} by the venue's clock may be missing${parts}`;
}

function nearestJoined(spans: readonly TimeSpan[], countMax: number): readonly TimeSpan[] {
  if (spans.length <= countMax) return spans;
  const distances = spans
    .slice(1)
    .map(({ fromUs }, index) => ({ index, distance: fromUs - (spans[index]?.toUs ?? 0) }));
  const ends = distances
    .toSorted((a, b) => b.distance - a.distance)
    .slice(0, countMax - 1)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
  return [...ends, spans.length - 1].map((end, place) => ({
    fromUs: spans[(ends[place - 1] ?? -1) + 1]?.fromUs ?? 0,
    toUs: spans[end]?.toUs ?? 0,
  }));
}
