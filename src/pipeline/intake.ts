import { InternalError } from "../base/index.ts";
import {
  type ConnectionClosed,
  type ConnectionOpened,
  type FrameRecord,
  type Gap,
  type GapConcluded,
  type Refusal,
  TradeBatch,
} from "../domain/index.ts";
import { Candles, type FrameTicks } from "./candles.ts";
import { FeedTally, type Outcome } from "./counters.ts";
import type { Deduper } from "./dedupe.ts";
import type { ConnectionGaps, Connections, SeenFrame } from "./gaps.ts";
import type { IdContinuity } from "./id-continuity.ts";
import type { IdsSeen } from "./id-sequence.ts";
import type { ListingBook } from "./listing-book.ts";
import { NO_LISTING, Normaliser } from "./normalise.ts";
import type { FeedRules } from "./ports.ts";
import { QualityNotes } from "./quality/quality-notes.ts";
import { describeRefusal, refusalOf } from "./validate.ts";

/** About what a refusal's event takes beside its payload: many small bad records make more bytes than they came with. */
const REFUSAL_BYTES = 512;

/** What the frames of one transaction became; reused from one transaction to another. */
export class TakenIn implements FrameTicks {
  readonly trades: TradeBatch = new TradeBatch(4096);
  refusals: Refusal[] = [];
  gaps: Gap[] = [];
  /** Connections that were heard of; true where more changed than the time of the last frame. */
  readonly connections: Map<ConnectionGaps, boolean> = new Map();
  readonly tallies: Map<string, FeedTally> = new Map();
  frames = 0;
  bytes = 0;
  count = 0;
  timeUs: Float64Array = new Float64Array(4096);
  rowEnd: Uint32Array = new Uint32Array(4096);
  readonly historyEnds: Set<number> = new Set();
  /** For the judgement of minutes: see Quality. */
  readonly notes: QualityNotes = new QualityNotes();

  tick(timeUs: number): void {
    if (this.count === this.timeUs.length) {
      const [timeUsGrown, rowEndGrown] = [new Float64Array(this.count * 2), new Uint32Array(this.count * 2)];
      timeUsGrown.set(this.timeUs);
      rowEndGrown.set(this.rowEnd);
      this.timeUs = timeUsGrown;
      this.rowEnd = rowEndGrown;
    }
    this.timeUs[this.count] = timeUs;
    this.rowEnd[this.count] = this.trades.length;
    this.count += 1;
  }

  tally(feed: string): FeedTally {
    const known = this.tallies.get(feed);
    if (known !== undefined) return known;
    const tally = new FeedTally();
    this.tallies.set(feed, tally);
    return tally;
  }

  clear(): void {
    this.trades.clear();
    this.refusals = [];
    this.gaps = [];
    this.connections.clear();
    this.tallies.clear();
    this.historyEnds.clear();
    this.notes.clear();
    this.frames = 0;
    this.bytes = 0;
    this.count = 0;
  }
}

/** One partition of a raw topic: one connection's frames. */
export interface IntakePartition {
  readonly feed: string;
  readonly partition: number;
  readonly normaliser: Normaliser;
  /** See FeedRules.isHistory. */
  readonly isHistory: boolean;
  /** Of the record that is taken in. */
  offset: number;
  /** What of that record matters to gaps. */
  readonly seen: SeenIn;
  connection: ConnectionGaps | undefined;
  /** More than one connection wrote here (after a change of configuration): the name is read of every frame. */
  shared: boolean;
}

export interface IntakeOptions {
  readonly rules: FeedRules;
  readonly book: ListingBook;
  readonly deduper: Deduper;
  readonly connections: Connections;
  readonly continuity: IdContinuity;
}

/** Set anew for each record: a frame makes no objects but its rows. */
interface SeenIn extends SeenFrame, IdsSeen {
  readonly feed: string;
  connection: string;
  epoch: number;
  timeUs: number;
  source: number;
  isFetched: boolean;
}

/** Raw records → rows that are valid and new, refusals and gaps: decode, validate, dedupe, for one frame after another. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #normalisers: Map<string, Normaliser> = new Map();
  #tickUs: number;

  /** @param tickUs receive time of the last tick before, microseconds */
  constructor(options: IntakeOptions, tickUs = 0) {
    this.#options = options;
    this.#tickUs = tickUs;
  }

  /** Where the records of one partition of a feed's raw topic come in. */
  partition(feed: string, partition: number): IntakePartition {
    const isHistory = this.#options.rules.isHistory?.(feed) ?? false;
    const seen: SeenIn = { feed, connection: "", epoch: 0, timeUs: 0, source: 0, isFetched: false };
    const normaliser = this.#normaliser(feed);
    return { feed, partition, normaliser, isHistory, offset: 0, seen, connection: undefined, shared: false };
  }

  /** @param offset of the record in its partition */
  take(frame: FrameRecord, partition: IntakePartition, offset: number, into: TakenIn): void {
    const payload = frame.payload;
    const tally = into.tally(partition.feed);
    into.frames += 1;
    into.bytes += payload.byteLength;
    tally.bytes += payload.byteLength;
    partition.offset = offset;
    const rowsBefore = into.trades.length;
    const timeUs = frame.timeUs;
    if (partition.isHistory) this.#takeHistory(frame, payload, partition, tally, into);
    else {
      const refusalsBefore = into.refusals.length;
      const gapsBefore = into.gaps.length;
      this.#takeStream(frame, payload, partition, tally, into);
      if (frame.kind === "received") into.notes.heard(partition.normaliser.venue, timeUs, into.count);
      if (into.refusals.length > refusalsBefore) this.#noteRefusals(partition.seen, refusalsBefore, partition, into);
      for (const gap of into.gaps.length > gapsBefore ? into.gaps.slice(gapsBefore) : [])
        into.notes.gap(gap, into.count);
    }
    const isTick = into.trades.length > rowsBefore || into.historyEnds.has(into.count);
    if (!isTick && !Candles.entersNextSweep(timeUs, this.#tickUs)) return;
    this.#tickUs = timeUs;
    into.tick(timeUs);
  }

  #noteRefusals(
    { timeUs }: SeenFrame,
    before: number,
    { normaliser: { venue } }: IntakePartition,
    { notes, count, refusals }: TakenIn,
  ): void {
    for (const { rawSymbol } of refusals.slice(before)) {
      const listing = rawSymbol === undefined ? undefined : this.#options.book.listings.find(venue, rawSymbol);
      if (listing !== undefined) notes.push({ kind: "refused", listing: listing.index, timeUs }, count);
    }
  }

  /** What is not of a connection: nothing can be missing of it. */
  #takeHistory(
    frame: FrameRecord,
    payload: Uint8Array,
    partition: IntakePartition,
    tally: FeedTally,
    into: TakenIn,
  ): void {
    const { kind } = frame;
    if (kind === "received" || kind === "fetched") this.#received(frame, payload, partition, tally, into);
    else tally.frames[kind] += 1;
    if (kind === "closed") into.historyEnds.add(into.count);
  }

  #takeStream(
    frame: FrameRecord,
    payload: Uint8Array,
    partition: IntakePartition,
    tally: FeedTally,
    into: TakenIn,
  ): void {
    const { kind, timeUs } = frame;
    const { gaps } = into;
    this.#options.continuity.tick(timeUs, gaps);
    const connection = this.#connectionOf(frame, partition);
    const isFetched = kind === "fetched";
    const { seen } = partition;
    seen.connection = connection.connection;
    seen.epoch = frame.epoch;
    seen.timeUs = timeUs;
    seen.source = frame.sourceIndex;
    seen.isFetched = isFetched;
    let isChanged = false;
    if (kind === "received" || isFetched) {
      const rowsBefore = into.trades.length;
      const outcome = this.#received(frame, payload, partition, tally, into);
      isChanged = isFetched
        ? connection.fetched(frame.epoch, into.trades.length - rowsBefore)
        : connection.received(seen, outcome === "trades" || outcome === "other", gaps);
    } else {
      tally.frames[kind] += 1;
      isChanged = kind !== "sent";
      if (kind !== "sent") this.#lifecycle(kind, payload, seen, connection, gaps);
    }
    if (isChanged) into.connections.set(connection, true);
    else if (!into.connections.has(connection)) into.connections.set(connection, false);
  }

  #received(
    frame: FrameRecord,
    payload: Uint8Array,
    partition: IntakePartition,
    tally: FeedTally,
    into: TakenIn,
  ): Outcome {
    const { normaliser } = partition;
    normaliser.trades = into.trades;
    normaliser.refusals = into.refusals;
    const refusalsBefore = into.refusals.length;
    const start = into.trades.length;
    const outcome = normaliser.normalise(frame, payload, partition.partition, partition.offset);
    tally.frames[outcome] += 1;
    if (normaliser.refusedIds.length > 0 && !partition.isHistory) {
      for (const [listing, id] of normaliser.refusedIds)
        this.#options.continuity.seeRefused(listing, id, partition.seen, into.gaps);
    }
    if (into.trades.length > start) this.#admitRows(start, partition, tally, into);
    normaliser.endFrame();
    const refused = into.refusals.length - refusalsBefore;
    tally.refusals += refused;
    into.bytes += refused * REFUSAL_BYTES;
    return outcome;
  }

  /** Keeps the rows from `start` on that are valid and new, moved together. */
  #admitRows(start: number, partition: IntakePartition, tally: FeedTally, into: TakenIn): void {
    const { trades } = into;
    const { continuity } = this.#options;
    const { normaliser, isHistory, seen } = partition;
    const isTracked = normaliser.ids !== undefined && !isHistory;
    const end = trades.length;
    tally.rows += end - start;
    let kept = start;
    for (let row = start; row < end; row += 1) {
      if (isTracked && trades.listing[row] !== NO_LISTING) continuity.seeRow(trades, row, seen, into.gaps);
      const refusedBefore = tally.refusedRows;
      if (!this.#admits(row, normaliser, tally, trades)) {
        if (!isHistory && tally.refusedRows === refusedBefore)
          into.notes.push({ kind: "duplicate", listing: trades.listing[row] ?? 0, timeUs: seen.timeUs }, into.count);
        continue;
      }
      if (kept < row) {
        trades.length = kept;
        trades.pushRow(trades, row);
      }
      kept += 1;
    }
    trades.length = kept;
    tally.trades += kept - start;
  }

  #admits(row: number, normaliser: Normaliser, tally: FeedTally, trades: TradeBatch): boolean {
    const listing = trades.listing[row] ?? NO_LISTING;
    let reason = refusalOf(trades, row) ?? (listing === NO_LISTING ? "malformed" : undefined);
    if (reason === undefined) {
      const verdict = this.#options.deduper.admit(trades, row);
      if (verdict === "new") return true;
      if (verdict === "duplicate") tally.duplicates += 1;
      if (verdict === "unproven") tally.unproven += 1;
      if (verdict !== "conflict") return false;
      reason = "conflicting_duplicate";
    }
    tally.refusedRows += 1;
    const rawSymbol = listing === NO_LISTING ? undefined : this.#options.book.listings.at(listing).rawSymbol;
    const at = { rawSymbol, frameIndex: trades.frameIndex[row] };
    normaliser.refuseRecord("validate", reason, describeRefusal(reason, trades, row), at);
    return false;
  }

  #lifecycle(
    kind: "opened" | "closed" | "concluded",
    payload: Uint8Array,
    seen: SeenFrame,
    connection: ConnectionGaps,
    gaps: Gap[],
  ): void {
    if (kind === "opened") connection.opened(seen, parseLifecycle<ConnectionOpened>(kind, payload), gaps);
    else if (kind === "closed") connection.closed(seen, parseLifecycle<ConnectionClosed>(kind, payload), gaps);
    else {
      const concluded = parseLifecycle<GapConcluded>(kind, payload);
      if (!this.#options.continuity.concluded(concluded, gaps)) connection.concluded(concluded, gaps);
    }
  }

  #normaliser(feed: string): Normaliser {
    const known = this.#normalisers.get(feed);
    if (known !== undefined) return known;
    const normaliser = new Normaliser(feed, this.#options.rules, this.#options.book);
    this.#normalisers.set(feed, normaliser);
    return normaliser;
  }

  /** A connection has a partition to itself, so its name is read at its first frame and when a socket opens or closes. */
  #connectionOf(frame: FrameRecord, partition: IntakePartition): ConnectionGaps {
    const kind = frame.kind;
    const mayChange = partition.shared || kind === "opened" || kind === "closed" || kind === "concluded";
    if (partition.connection !== undefined && !mayChange) return partition.connection;
    const connection = this.#options.connections.of(partition.feed, frame.connection);
    partition.shared ||= partition.connection !== undefined && partition.connection !== connection;
    partition.connection = connection;
    return connection;
  }
}

function parseLifecycle<Body>(kind: string, payload: Uint8Array): Body {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    throw new InternalError(`A record of kind ${kind} in the raw log is not JSON; the log or its writer is broken`, {
      cause: error,
    });
  }
}
