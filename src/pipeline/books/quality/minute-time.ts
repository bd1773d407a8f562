/** Of the minutes of quotes, by the clock of receipt, microseconds. */
export const MINUTE_US = 60_000_000;
/** A minute is told this long after its end: connections may be that much apart. */
export const GRACE_US = 2_000_000;
/** A quote stands as long as its connection is heard: not beyond so long a silence. */
export const STALE_US = 5_000_000;
/** A clock that goes back further is of another recording. */
export const AWAY_US: number = 10 * MINUTE_US;

export function minuteOf(timeUs: number): number {
  return Math.floor(timeUs / MINUTE_US);
}
