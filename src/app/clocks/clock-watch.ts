import type { ClockHealth } from "../../api/index.ts";
import type { Logger, Metrics } from "../../base/index.ts";
import { type Listings, type QualityMinute, SOURCES } from "../../domain/index.ts";
import type { ConnectionStatus } from "../../feeds/index.ts";
import { type ClockEstimate, ClockWindow } from "./clock-window.ts";
import { ownClockNotes } from "./own-clock.ts";

export interface ClockWatchOptions {
  readonly status: () => readonly Pick<ConnectionStatus, "feed" | "venue" | "connection" | "symbols">[];
  readonly logger: Logger;
  readonly metrics: Metrics;
}

type ConnectionClock = ClockHealth["connections"][number];

/**
 * The venues' clocks against ours, by connection, from the minutes of `ops.quality`: nothing is done for a trade. Where two
 * connections bring the same listing, both are judged by whichever of them was first with each trade.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #windows = new Map<string, ClockWindow>();
  #health: ClockHealth = { connections: [], notes: [] };

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    const { metrics } = options;
    const labels = ["feed", "venue", "connection"] as const;
    const floor = metrics.gauge({
      name: "k2_clock_floor_seconds",
      help: "Receive minus event time, what it hardly ever falls below: our clock minus the venue's and the quickest way from it",
      labels,
    });
    const drift = metrics.gauge({
      name: "k2_clock_drift_ppm",
      help: "How fast that floor moves, microseconds a second, over the last hour",
      labels,
    });
    const suspect = metrics.gauge({
      name: "k2_clock_suspect",
      help: "1 while most venues agree that this machine's clock is wrong",
      labels: [],
    });
    metrics.onCollect(() => {
      for (const { feed, venue, connection, floorMs, driftPpm } of this.#health.connections) {
        floor.set({ feed, venue, connection }, floorMs / 1_000);
        if (driftPpm !== null) drift.set({ feed, venue, connection }, driftPpm);
      }
      suspect.set({}, this.#health.notes.length > 0 ? 1 : 0);
    });
  }

  report(): ClockHealth {
    return this.#health;
  }

  /** Takes minutes as they are told; called about once a minute. */
  saw(minutes: readonly QualityMinute[], listings: Listings): void {
    const told = minutes.filter(tellsOfClocks);
    const newestUs = told.at(-1)?.startUs;
    if (newestUs === undefined) return;
    const connections = this.#options.status();
    for (const minute of told) {
      if (minute.latency === undefined) continue;
      const { venue, rawSymbol } = listings.at(minute.listing);
      for (const { connection, venue: of, symbols } of connections) {
        if (of === venue && symbols.includes(rawSymbol)) this.#add(connection, minute);
      }
    }
    const clocks = connections.flatMap(({ feed, venue, connection }) => {
      const estimate = this.#windows.get(connection)?.estimate(newestUs);
      return estimate === undefined ? [] : [clockOf({ feed, venue, connection }, estimate)];
    });
    this.#tell({ connections: clocks, notes: ownClockNotes(clocks) });
  }

  #add(connection: string, { startUs, trades, latency }: QualityMinute): void {
    if (latency === undefined) return;
    const window = this.#windows.get(connection) ?? new ClockWindow();
    this.#windows.set(connection, window);
    window.add({ startUs, trades, leastUs: latency.minUs, typicalUs: latency.p50Us, slowUs: latency.p99Us });
  }

  #tell(health: ClockHealth): void {
    const { logger } = this.#options;
    const wasWell = this.#health.notes.length === 0;
    this.#health = health;
    if (wasWell && health.notes.length > 0) logger.warn({ notes: health.notes }, "our own clock seems to be wrong");
    if (!wasWell && health.notes.length === 0) logger.info({}, "our own clock agrees with the venues' again");
  }
}

/** Not what a recording said: its times of receipt are another machine's, or its events long past. */
function tellsOfClocks({ source, flags }: QualityMinute): boolean {
  const from = SOURCES[source];
  return (from === "live" || from === "simulated") && !flags.includes("again");
}

function clockOf(
  of: Pick<ConnectionClock, "feed" | "venue" | "connection">,
  { minutes, floorUs, typicalUs, slowUs, driftPpm }: ClockEstimate,
): ConnectionClock {
  return {
    ...of,
    minutes,
    floorMs: floorUs / 1_000,
    typicalMs: typicalUs / 1_000,
    slowMs: slowUs / 1_000,
    driftPpm: driftPpm ?? null,
  };
}
