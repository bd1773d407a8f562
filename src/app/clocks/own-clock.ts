/** What a connection's clock says of ours. */
export interface VenueClock {
  readonly venue: string;
  readonly floorMs: number;
  readonly driftPpm: number | null;
}

/** A floor below zero by less may come of how venues round their times. */
const BEHIND_MS = 5;
/** No way on earth takes this long by itself. */
const AHEAD_MS = 1_000;
/** Three milliseconds in a minute, a hundred times what a kept clock does. */
const DRIFT_PPM = 50;
/** One venue's clock may be wrong; of two that say the same, it is ours. */
const VENUES_MIN = 2;

/**
 * What is wrong with our own clock, as far as the venues agree on it; empty where nothing is. One venue that differs from
 * the others is that venue's affair.
 */
export function ownClockNotes(clocks: readonly VenueClock[]): readonly string[] {
  const venues = [...Map.groupBy(clocks, ({ venue }) => venue)].map(([venue, own]) => ({
    venue,
    floorMs: Math.min(...own.map(({ floorMs }) => floorMs)),
    driftPpm: own.find(({ driftPpm }) => driftPpm !== null)?.driftPpm ?? null,
  }));
  const agree = (count: number): boolean => count >= VENUES_MIN && count * 2 > venues.length;
  const named = (some: readonly VenueClock[], of: (clock: VenueClock) => string): string =>
    some.map((clock) => `${clock.venue} ${of(clock)}`).join(", ");
  const notes: string[] = [];
  const behind = venues.filter(({ floorMs }) => floorMs < -BEHIND_MS);
  if (agree(behind.length))
    notes.push(
      `this machine's clock is behind those of ${behind.length} of ${venues.length} venues (${named(behind, ({ floorMs }) => `${(-floorMs).toFixed(1)} ms`)}, each at the least): check its time synchronisation`,
    );
  if (agree(venues.length) && venues.every(({ floorMs }) => floorMs > AHEAD_MS))
    notes.push(
      `this machine's clock is ahead of those of all ${venues.length} venues, or they are all slow (${named(venues, ({ floorMs }) => `${floorMs.toFixed(0)} ms`)}, each at the most): check its time synchronisation`,
    );
  for (const sign of [1, -1]) {
    const drifting = venues.filter(({ driftPpm }) => (driftPpm ?? 0) * sign > DRIFT_PPM);
    if (agree(drifting.length))
      notes.push(
        `this machine's clock runs too ${sign > 0 ? "fast" : "slow"} against ${drifting.length} of ${venues.length} venues (${named(drifting, ({ driftPpm }) => `${(driftPpm ?? 0).toFixed(0)} ppm`)}): check its time synchronisation`,
      );
  }
  return notes;
}
