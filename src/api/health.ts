/** How K2 is, for people (`k2 status`, the page) and for machines (`/readyz`). */
export interface HealthReport {
  readonly mode: "simulated" | "live";
  readonly version: string;
  readonly startedAt: string;
  readonly now: string;
  /** False while a part has failed or is still catching up after a start; `problems` says which. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  readonly feeds: readonly FeedHealth[];
  readonly pipeline: PipelineHealth;
  /** Absent where no books are captured or were imported. */
  readonly books?: BooksHealth;
  /** Of tickers, candles, funding, liquidations and status; absent where there are none. */
  readonly venueData?: StageHealth;
  readonly store: { readonly trades: number; readonly lagRecords: number };
  readonly lake: readonly TableHealth[];
  readonly quality: QualityHealth;
  readonly clocks: ClockHealth;
  /** The lake's upkeep; absent where this process does none. */
  readonly maintenance?: MaintenanceHealth;
  readonly process: { readonly residentBytes: number; readonly uptimeSeconds: number; readonly folder: string };
}

export interface FeedHealth {
  readonly feed: string;
  readonly venue: string;
  readonly connection: string;
  readonly state: string;
  /** In use, or to be tried next. */
  readonly url: string;
  /** open: too many failures in a row, nothing is tried for a while; half-open: the one try that decides. */
  readonly breaker: "closed" | "open" | "half-open";
  readonly symbols: readonly string[];
  readonly epoch: number;
  readonly frames: number;
  /** Over the last ten seconds. */
  readonly framesPerSecond: number;
  /** Of the last ten seconds' trades: our clock minus the venue's, milliseconds. May be negative. */
  readonly latencyMs: number | null;
  readonly lastFrameAt: string | null;
  readonly reconnects: number;
  readonly gaps: number;
  readonly lastError: string | null;
}

/** The venues' clocks against ours, by the trades of the last quarter of an hour: docs/clocks.md. */
export interface ClockHealth {
  /** What most venues agree to be wrong with our own clock; empty where nothing is. */
  readonly notes: readonly string[];
  /** Receive minus event time, milliseconds; below zero our clock is behind the venue's. */
  readonly connections: readonly {
    readonly feed: string;
    readonly venue: string;
    readonly connection: string;
    /** Minutes with trades that it rests on. */
    readonly minutes: number;
    /** What it hardly ever falls below: our clock minus the venue's, and the quickest way from it. */
    readonly floorMs: number;
    readonly typicalMs: number;
    readonly slowMs: number;
    /** How fast the floor moves, microseconds a second; null before twenty minutes. */
    readonly driftPpm: number | null;
  }[];
}

/** The last five minutes of `ops.quality`. */
export interface QualityHealth {
  /** The newest minute that is over; null before the first. */
  readonly minute: string | null;
  readonly listings: number;
  /** At most five listings to look at, the worst first. */
  readonly worst: readonly {
    readonly venue: string;
    readonly symbol: string;
    readonly minute: string;
    readonly problem: string;
  }[];
}

/** A stage that reads raw frames. */
export interface StageHealth {
  /** Raw frames not yet turned into events. */
  readonly lagFrames: number;
}

export interface PipelineHealth extends StageHealth {
  readonly frames: number;
  readonly trades: number;
  readonly duplicates: number;
  readonly refused: number;
}

export interface BooksHealth extends StageHealth {
  readonly books: number;
  /** Of them, those that are proven now. */
  readonly proven: number;
  readonly levels: number;
}

export interface TableHealth {
  readonly table: string;
  readonly snapshot: string | null;
  readonly committedAt: string | null;
  readonly rows: number;
  readonly files: number;
}

/** What the lake's jobs do and did. */
export interface MaintenanceHealth {
  /** `compact-hourly silver.trades`; null between jobs. */
  readonly running: string | null;
  /** What is beyond the limits, in words. */
  readonly alerts: readonly string[];
  /** The newest first. */
  readonly recent: readonly JobHealth[];
}

export interface JobHealth {
  readonly job: string;
  readonly table: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: string;
  readonly detail: string;
}
