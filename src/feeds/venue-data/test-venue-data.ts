import { sharedData } from "../../../test/shared-data.ts";
import type {
  CandleRecord,
  FundingRecord,
  LiquidationRecord,
  RefusalReason,
  StatusRecord,
  TickerRecord,
  VenueDataContext,
  VenueDataOutcome,
} from "../../domain/index.ts";
import { capturedFrames, frame } from "../decode/test-support.ts";
import type { Feed } from "../feed.ts";

/** What the tests of the readers share: a context that keeps what it is told, and recordings. */
export interface Kept {
  readonly outcomes: readonly VenueDataOutcome[];
  readonly tickers: readonly TickerRecord[];
  readonly candles: readonly CandleRecord[];
  readonly fundings: readonly FundingRecord[];
  readonly liquidations: readonly LiquidationRecord[];
  readonly statuses: readonly StatusRecord[];
  readonly refusals: readonly RefusedRecord[];
}

export interface RefusedRecord {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly rawSymbol?: string;
  readonly frameIndex?: number;
}

/** Frames through a feed's reader; all symbols are configured unless some are named. */
export function readTexts(
  feed: Feed,
  channels: readonly string[],
  frames: readonly string[],
  symbols?: readonly string[],
): Kept {
  return readFrames(feed, channels, frames.map(frame), symbols);
}

/** A context that keeps what it is told. @param symbols those configured; undefined: all */
export function contextOf(symbols?: readonly string[]): {
  readonly context: VenueDataContext;
  readonly kept: Omit<Kept, "outcomes">;
} {
  const kept = {
    tickers: [] as TickerRecord[],
    candles: [] as CandleRecord[],
    fundings: [] as FundingRecord[],
    liquidations: [] as LiquidationRecord[],
    statuses: [] as StatusRecord[],
    refusals: [] as RefusedRecord[],
  };
  const context: VenueDataContext = {
    isConfigured: (rawSymbol) => symbols === undefined || symbols.includes(rawSymbol),
    ticker: (record) => void kept.tickers.push(record),
    candle: (record) => void kept.candles.push(record),
    funding: (record) => void kept.fundings.push(record),
    liquidation: (record) => void kept.liquidations.push(record),
    status: (record) => void kept.statuses.push(record),
    refuse: (reason, detail, at = {}) => void kept.refusals.push({ reason, detail, ...at }),
  };
  return { context, kept };
}

export function readFrames(
  feed: Feed,
  channels: readonly string[],
  frames: readonly Uint8Array[],
  symbols?: readonly string[],
): Kept {
  const reader = feed.venueData?.createReader({ channels });
  if (reader === undefined) throw new RangeError(`${feed.id} has no such channels`);
  const { context, kept } = contextOf(symbols);
  const outcomes = frames.map((payload) => {
    // As whoever runs it does: a frame without a mark never gets here.
    const isMarked = hasMark(payload, reader.marks);
    const outcome = reader.read(payload, context);
    if (outcome === "venue-data" && !isMarked) throw new Error(`no mark: ${new TextDecoder().decode(payload)}`);
    return outcome;
  });
  return { outcomes, ...kept };
}

const START = 128;
const END = 96;

export function hasMark(
  payload: Uint8Array,
  marks: { readonly texts: readonly string[]; readonly within?: string | undefined },
): boolean {
  const bytes = Buffer.from(payload);
  const { within = "start", texts } = marks;
  return texts.some((text) => {
    const at = bytes.indexOf(text);
    if (at >= 0 && (within === "anywhere" || at < START)) return true;
    return within === "ends" && bytes.subarray(-END).indexOf(text) >= 0;
  });
}

/** The received frames of recorded files; undefined where one is not on this machine. */
export function recorded(...paths: readonly string[]): readonly Uint8Array[] | undefined {
  const files = paths.map(sharedData);
  const present = files.filter((file) => file !== undefined);
  return present.length < files.length ? undefined : present.flatMap(capturedFrames);
}

/** How many there are of each. */
export function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
