/** How far back a floor looks: a quarter of an hour, so that a minute of a busy network does not count. */
const FLOOR_MINUTES = 15;
/** How far back a drift looks. */
const DRIFT_MINUTES = 60;
/** Fewer say nothing about a drift: it would be the noise of the network. */
const DRIFT_MINUTES_MIN = 20;
/** Of the least latencies of the minutes: so a single minute, of a wrong event time perhaps, makes no floor. */
const FLOOR_QUANTILE = 0.1;
const MINUTE_US = 60_000_000;

/** Receive minus event time over one minute, microseconds. */
export interface ClockMinute {
  readonly startUs: number;
  readonly leastUs: number;
  readonly typicalUs: number;
  readonly slowUs: number;
  readonly trades: number;
}

/** Our clock against another's, as far as one-way times tell. Microseconds. */
export interface ClockEstimate {
  /** Minutes with trades, of the last quarter of an hour. */
  readonly minutes: number;
  /**
   * What receive minus event time hardly ever falls below: how far our clock is ahead of the venue's, and the quickest way
   * from it together. Below zero our clock is behind, by at least as much.
   */
  readonly floorUs: number;
  /** The middle one of the minutes' medians. */
  readonly typicalUs: number;
  /** The most of the minutes' 99th percentiles. */
  readonly slowUs: number;
  /** How fast the floor moves, microseconds a second: one of the two clocks runs wrong, or the way changes. */
  readonly driftPpm: number | undefined;
}

/** The last hour of one venue's clock against ours, one entry a minute. */
export class ClockWindow {
  #minutes: ClockMinute[] = [];

  /** Takes minutes in order; another of the same minute is joined with it. */
  add(minute: ClockMinute): void {
    const last = this.#minutes.at(-1);
    if (last !== undefined && minute.startUs < last.startUs) return; // Told late: the window has gone on.
    if (last?.startUs === minute.startUs) this.#minutes[this.#minutes.length - 1] = joined(last, minute);
    else this.#minutes.push(minute);
    const oldestUs = minute.startUs - (DRIFT_MINUTES - 1) * MINUTE_US;
    if ((this.#minutes[0]?.startUs ?? oldestUs) < oldestUs)
      this.#minutes = this.#minutes.filter(({ startUs }) => startUs >= oldestUs);
  }

  /** @param nowUs start of the newest minute of all: what is older than the window does not count */
  estimate(nowUs: number): ClockEstimate | undefined {
    const recent = this.#minutes.filter(({ startUs }) => startUs > nowUs - FLOOR_MINUTES * MINUTE_US);
    if (recent.length === 0) return undefined;
    return {
      minutes: recent.length,
      floorUs: quantile(
        recent.map(({ leastUs }) => leastUs),
        FLOOR_QUANTILE,
      ),
      typicalUs: quantile(
        recent.map(({ typicalUs }) => typicalUs),
        0.5,
      ),
      slowUs: Math.max(...recent.map(({ slowUs }) => slowUs)),
      driftPpm: this.#driftPpm(nowUs),
    };
  }

  /** The middle one of the slopes between all pairs of minutes: a few wild minutes do not bend it (Theil and Sen). */
  #driftPpm(nowUs: number): number | undefined {
    const minutes = this.#minutes.filter(({ startUs }) => startUs > nowUs - DRIFT_MINUTES * MINUTE_US);
    if (minutes.length < DRIFT_MINUTES_MIN) return undefined;
    const slopes: number[] = [];
    for (const [index, later] of minutes.entries()) {
      for (const earlier of minutes.slice(0, index))
        slopes.push(((later.leastUs - earlier.leastUs) / (later.startUs - earlier.startUs)) * 1_000_000);
    }
    return quantile(slopes, 0.5);
  }
}

function joined(one: ClockMinute, other: ClockMinute): ClockMinute {
  const trades = one.trades + other.trades;
  return {
    startUs: one.startUs,
    leastUs: Math.min(one.leastUs, other.leastUs),
    // The medians of several listings, weighed by their trades.
    typicalUs: trades === 0 ? one.typicalUs : (one.typicalUs * one.trades + other.typicalUs * other.trades) / trades,
    slowUs: Math.max(one.slowUs, other.slowUs),
    trades,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
