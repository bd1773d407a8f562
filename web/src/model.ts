/** The rows of the API that the page shows; decimals are text. */
export interface TradeRow {
  readonly venue: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly price: string;
  readonly size: string;
  readonly side: "buy" | "sell" | "unknown";
  readonly eventTime: string;
  readonly receiveTime: string;
  readonly source: string;
}

export interface BarRow {
  readonly venue: string;
  readonly symbol: string;
  readonly start: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly trades: number;
  readonly revision: number;
  readonly complete: boolean;
}

export interface InstrumentRow {
  readonly venue: string;
  readonly symbol: string;
}

export interface FeedHealth {
  readonly feed: string;
  readonly connection: string;
  readonly state: string;
  /** The endpoint in use, or to be tried next. */
  readonly url: string;
  readonly symbols: readonly string[];
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly latencyMs: number | null;
  readonly lastFrameAt: string | null;
  readonly reconnects: number;
  readonly gaps: number;
  readonly lastError: string | null;
}

export interface Health {
  readonly mode: "simulated" | "live";
  readonly version: string;
  readonly ready: boolean;
  readonly problems: readonly string[];
  readonly feeds: readonly FeedHealth[];
  readonly pipeline: {
    readonly frames: number;
    readonly trades: number;
    readonly duplicates: number;
    readonly refused: number;
    readonly lagFrames: number;
  };
  readonly books?: { readonly books: number; readonly proven: number; readonly lagFrames: number };
  readonly venueData?: { readonly lagFrames: number };
  readonly store: { readonly trades: number; readonly lagRecords: number };
  readonly lake: readonly {
    readonly table: string;
    readonly committedAt: string | null;
    readonly rows: number;
    readonly files: number;
  }[];
  readonly quality: {
    readonly minute: string | null;
    readonly listings: number;
    readonly worst: readonly {
      readonly venue: string;
      readonly symbol: string;
      readonly minute: string;
      readonly problem: string;
    }[];
  };
  readonly process: { readonly residentBytes: number; readonly uptimeSeconds: number; readonly folder: string };
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function formatCount(value: number): string {
  return grouped.format(value);
}

export function formatBytes(bytes: number): string {
  return `${grouped.format(bytes / 1_048_576)} MiB`;
}

/** The time of day of an ISO time, to the millisecond. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 23);
}

export function secondsSince(iso: string | null): string {
  if (iso === null) return "–";
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
  return seconds < 60 ? `${seconds.toFixed(1)} s ago` : `${Math.floor(seconds / 60)} min ago`;
}
