import { BAR_INTERVAL_US, type Bar } from "./bar.ts";

export interface FillGapsOptions {
  /** Go on after the last bar up to this time (exclusive), microseconds since the Unix epoch. */
  readonly endUs?: number;
}

/**
 * The bars, and for every interval without a trade between them what venues print there: open, high, low and close
 * at the previous close, volumes and trades 0. Nothing stands before the first bar: its previous close is not known.
 * Lazy, so that a caller who takes a page does not pay for a year of silence.
 *
 * @param bars of one listing and one interval, ascending by start
 */
export function* fillGaps(
  bars: Iterable<Bar>,
  { endUs = Number.NEGATIVE_INFINITY }: FillGapsOptions = {},
): Generator<Bar> {
  let previous: Bar | undefined;
  for (const bar of bars) {
    if (previous !== undefined) yield* between(previous, bar.startUs);
    yield bar;
    previous = bar;
  }
  if (previous !== undefined) yield* between(previous, endUs);
}

function* between(previous: Bar, endUs: number): Generator<Bar> {
  const width = BAR_INTERVAL_US[previous.interval];
  for (let startUs = previous.startUs + width; startUs < endUs; startUs += width) yield emptyBar(previous, startUs);
}

function emptyBar(previous: Bar, startUs: number): Bar {
  const price = previous.close;
  const at = { timeUs: startUs, timeNanos: 0, sequence: 0n, frameIndex: 0 };
  return {
    ...previous,
    startUs,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 0n,
    quoteVolume: 0n,
    buyVolume: 0n,
    sellVolume: 0n,
    trades: 0,
    first: at,
    last: at,
    revision: 0,
    cause: "closed",
    complete: true,
  };
}
