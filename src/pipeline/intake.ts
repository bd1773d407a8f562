import { InternalError } from "../base/index.ts";
import {
  type ConnectionClosed,
  type ConnectionOpened,
  type FrameRecord,
  type Gap,
  type Refusal,
  TradeBatch,
} from "../domain/index.ts";
import { Candles, type FrameTicks } from "./candles.ts";
import { FeedTally, type Outcome } from "./counters.ts";
import type { Deduper } from "./dedupe.ts";
import type { ConnectionGaps, Connections, SeenFrame } from "./gaps.ts";
import type { ListingBook } from "./listing-book.ts";
import { NO_LISTING, Normaliser } from "./normalise.ts";
import type { FeedRules } from "./ports.ts";
import { describeRefusal, refusalOf } from "./validate.ts";

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
  connection: ConnectionGaps | undefined;
  /** More than one connection wrote here (after a change of configuration): the name is read of every frame. */
  shared: boolean;
}

export interface IntakeOptions {
  readonly rules: FeedRules;
  readonly book: ListingBook;
  readonly deduper: Deduper;
  readonly connections: Connections;
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
    return { feed, partition, normaliser: this.#normaliser(feed), connection: undefined, shared: false };
  }

  /** @param offset of the record in its partition */
  take(frame: FrameRecord, partition: IntakePartition, offset: number, into: TakenIn): void {
    const kind = frame.kind;
    const payload = frame.payload;
    const tally = into.tally(partition.feed);
    into.frames += 1;
    into.bytes += payload.byteLength;
    tally.bytes += payload.byteLength;
    const connection = this.#connectionOf(frame, partition);
    const rowsBefore = into.trades.length;
    const gapsBefore = into.gaps.length;
    const timeUs = frame.timeUs;
    const seen = { epoch: frame.epoch, timeUs, source: frame.sourceIndex };
    if (kind === "received") {
      const outcome = this.#received(frame, payload, partition, offset, tally, into);
      connection.received(seen, outcome === "trades" || outcome === "other", into.gaps);
    } else {
      tally.frames[kind] += 1;
      if (kind !== "sent") this.#lifecycle(kind, payload, seen, connection, into);
    }
    if (into.gaps.length > gapsBefore) into.connections.set(connection, true);
    else if (!into.connections.has(connection)) into.connections.set(connection, false);
    if (into.trades.length === rowsBefore && !Candles.entersNextSweep(timeUs, this.#tickUs)) return;
    this.#tickUs = timeUs;
    into.tick(timeUs);
  }

  #received(
    frame: FrameRecord,
    payload: Uint8Array,
    { normaliser, partition }: IntakePartition,
    offset: number,
    tally: FeedTally,
    into: TakenIn,
  ): Outcome {
    normaliser.trades = into.trades;
    normaliser.refusals = into.refusals;
    const refusalsBefore = into.refusals.length;
    const start = into.trades.length;
    const outcome = normaliser.normalise(frame, payload, partition, offset);
    tally.frames[outcome] += 1;
    if (into.trades.length > start) this.#admitRows(start, normaliser, tally, into.trades);
    tally.refusals += into.refusals.length - refusalsBefore;
    return outcome;
  }

  /** Keeps the rows from `start` on that are valid and new, moved together. */
  #admitRows(start: number, normaliser: Normaliser, tally: FeedTally, trades: TradeBatch): void {
    const end = trades.length;
    tally.rows += end - start;
    let kept = start;
    for (let row = start; row < end; row += 1) {
      if (!this.#admits(row, normaliser, tally, trades)) continue;
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
    kind: "opened" | "closed",
    payload: Uint8Array,
    seen: SeenFrame,
    connection: ConnectionGaps,
    into: TakenIn,
  ): void {
    if (kind === "opened") connection.opened(seen, parseLifecycle<ConnectionOpened>(kind, payload), into.gaps);
    else connection.closed(seen, parseLifecycle<ConnectionClosed>(kind, payload), into.gaps);
    into.connections.set(connection, true);
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
    const mayChange = partition.shared || kind === "opened" || kind === "closed";
    if (partition.connection !== undefined && !mayChange) return partition.connection;
    const connection = this.#options.connections.of(partition.feed, frame.connection);
    partition.shared ||= partition.connection !== undefined && partition.connection !== connection;
    partition.connection = connection;
    return connection;
  }
}

function parseLifecycle<Body>(kind: "opened" | "closed", payload: Uint8Array): Body {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    throw new InternalError(`A record of kind ${kind} in the raw log is not JSON; the log or its writer is broken`, {
      cause: error,
    });
  }
}
