import type { Gap, GapConcluded, GapResolution, TradeBatch } from "../domain/index.ts";
import { aggregateNumber } from "./aggregate-number.ts";
import { HOLES_MAX, type Hole, IdSequence, type IdsSeen, type Known } from "./id-sequence.ts";
import { type IdRange, MissingIds } from "./missing-ids.ts";
import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/** Skipped ids may come this much later, on our clock, before they are called missing: frames overtake each other. */
export const ID_HOLD_US = 2_000_000;
/** No market trades faster than this: what skips more ids has begun to count anew. */
const IDS_PER_SECOND_MAX = 100_000;
const NEVER = Number.POSITIVE_INFINITY;
/** State records before this version do not say when counting began. */
const START_TIME_SINCE = 5;
const SAFE_HIGH_MAX = 0x20_0000;

/** Where a listing stands: what is missing of it, and which id comes next. */
export interface IdsKnown {
  /** The id that would follow; undefined before the first. */
  readonly next: number | undefined;
  /** The first that was counted, and when it came, on our clock, microseconds (0: long ago). */
  readonly first: number;
  readonly firstUs: number;
  /** When the newest came, on our clock, microseconds. */
  readonly newestUs: number;
  readonly missing: readonly IdRange[];
}

/** Tells what is missing. */
export interface GapDesk {
  /** Gaps that the venue is to be asked for: of connections that run again, and of ids that are missing. */
  gapsToHeal(): readonly Gap[];
  /** Ids that are missing still of a gap of cause "missed"; none when it is closed. */
  missingOf(gapId: string): readonly IdRange[];
  /** Where a listing's ids stand. @param isAggregate of aggregate trades (`a<number>`) */
  idsKnown(listing: number, isAggregate: boolean): IdsKnown;
}

/** Finds ids that are missing where a venue's ids grow by one, names the gaps they make, and closes them when they come. */
export class IdContinuity {
  readonly #names: (listing: number) => { readonly venue: string; readonly rawSymbol: string };
  readonly #plain: (IdSequence | undefined)[] = [];
  readonly #aggregate: (IdSequence | undefined)[] = [];
  readonly #withHoles = new Set<IdSequence>();
  #touched: IdSequence[] = [];
  #dueUs = NEVER;

  constructor(names: (listing: number) => { readonly venue: string; readonly rawSymbol: string }) {
    this.#names = names;
  }

  /** Takes note of one row. @returns how much of what it stands for was known; "none" where ids do not tell */
  seeRow(trades: TradeBatch, row: number, at: IdsSeen, gaps: Gap[]): Known {
    const listing = trades.listing[row] ?? 0;
    const text = trades.idText[row];
    if (text === undefined) {
      const high = trades.idNumber.high(row);
      if (high < 0 || high >= SAFE_HIGH_MAX) return "none";
      const id = high * 4_294_967_296 + (trades.idNumber.low(row) >>> 0);
      const first = Math.max(0, id - (trades.executions[row] ?? 1) + 1);
      return this.#see(this.#sequence(listing, false), first, id, at, gaps);
    }
    const id = aggregateNumber(text);
    return id === undefined ? "none" : this.#see(this.#sequence(listing, true), id, id, at, gaps);
  }

  /** Takes note of a record that was refused though its id could be read: it is not missing. */
  seeRefused(listing: number, text: string, at: IdsSeen, gaps: Gap[]): void {
    const aggregate = aggregateNumber(text);
    const id = aggregate ?? (/^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN);
    if (Number.isSafeInteger(id)) this.#see(this.#sequence(listing, aggregate !== undefined), id, id, at, gaps);
  }

  /** Tells of holes that have been there for longer than ids may be late. */
  tick(timeUs: number, gaps: Gap[]): void {
    if (timeUs < this.#dueUs) return;
    this.#dueUs = NEVER;
    // In an order that does not depend on how they were remembered: a restart must not change what is told.
    for (const sequence of [...this.#withHoles].sort(bySequence)) {
      for (const hole of sequence.holes) {
        if (hole.gap !== undefined) continue;
        if (hole.toUs + ID_HOLD_US > timeUs) this.#dueUs = Math.min(this.#dueUs, hole.toUs + ID_HOLD_US);
        else this.#tell(sequence, hole, gaps);
      }
    }
  }

  /** Closes a gap that nobody will ask for any more. @returns false when it is none of these, or closed already */
  concluded({ gapId, coverage, requests, detail }: GapConcluded, gaps: Gap[]): boolean {
    for (const sequence of this.#withHoles) {
      const hole = sequence.holes.find(({ gap }) => gap?.gapId === gapId);
      if (hole?.gap === undefined) continue;
      const came = hole.gap.late + hole.gap.fetched;
      const why = detail === "" ? "" : `; ${detail}`;
      const told = `${came} of ${hole.gap.count} came, ${requests} requests${why}; still missing are ${hole.missing.describe()}`;
      this.#close(sequence, hole, resolutionOf(coverage, came), told, gaps);
      return true;
    }
    return false;
  }

  /** What is known of a listing's ids. @param isAggregate of aggregate trades (`a<number>`) */
  known(listing: number, isAggregate: boolean): IdsKnown {
    const sequence = (isAggregate ? this.#aggregate : this.#plain)[listing];
    if (sequence === undefined || sequence.next < 0)
      return { next: undefined, first: -1, firstUs: 0, newestUs: 0, missing: [] };
    const { next, start: first, startUs: firstUs, newestUs, missing } = sequence;
    return { next, first, firstUs, newestUs, missing };
  }

  /** What is missing still of a gap that was told; nothing where it is closed. */
  missingOf(gapId: string): readonly IdRange[] {
    for (const { holes } of this.#withHoles) {
      const hole = holes.find(({ gap }) => gap?.gapId === gapId);
      if (hole !== undefined) return hole.missing.ranges;
    }
    return [];
  }

  /** Gaps that are open, as they were told. */
  openGaps(): readonly Gap[] {
    return [...this.#withHoles].flatMap((sequence) =>
      sequence.holes.flatMap((hole) => (hole.gap === undefined ? [] : [this.#event(sequence, hole, hole.gap.detail)])),
    );
  }

  /** All of it. */
  write(writer: ByteWriter): void {
    const sequences = [...this.#plain, ...this.#aggregate].filter((sequence) => sequence !== undefined);
    writer.whole(sequences.length);
    for (const sequence of sequences) writeSequence(sequence, writer, true);
  }

  /** What has changed since the last call. */
  writeChanges(writer: ByteWriter): void {
    writer.whole(this.#touched.length);
    for (const sequence of this.#touched) {
      writeSequence(sequence, writer, sequence.holesChanged);
      sequence.isTouched = false;
      sequence.holesChanged = false;
    }
    this.#touched = [];
  }

  /** Either of both. @param version of the state record that it stands in */
  read(reader: ByteReader, version: number): void {
    for (let left = reader.whole(); left > 0; left -= 1) this.#readSequence(reader, version);
  }

  #readSequence(reader: ByteReader, version: number): void {
    const listing = reader.whole();
    const sequence = this.#find(listing, reader.byte() === 1);
    sequence.start = reader.whole() - 1;
    if (version >= START_TIME_SINCE) sequence.startUs = reader.float();
    sequence.next = reader.whole() - 1;
    sequence.newestUs = reader.float();
    const holes = reader.text();
    if (holes === "") return;
    sequence.holes = readHoles(holes);
    if (sequence.holes.length === 0) this.#withHoles.delete(sequence);
    else this.#withHoles.add(sequence);
    for (const { gap, toUs } of sequence.holes) {
      if (gap === undefined) this.#dueUs = Math.min(this.#dueUs, toUs + ID_HOLD_US);
    }
  }

  #sequence(listing: number, isAggregate: boolean): IdSequence {
    const sequence = (isAggregate ? this.#aggregate : this.#plain)[listing] ?? this.#find(listing, isAggregate);
    if (!sequence.isTouched) {
      sequence.isTouched = true;
      this.#touched.push(sequence);
    }
    return sequence;
  }

  #find(listing: number, isAggregate: boolean): IdSequence {
    const kind = isAggregate ? this.#aggregate : this.#plain;
    const sequence = kind[listing] ?? new IdSequence(listing, isAggregate);
    kind[listing] = sequence;
    return sequence;
  }

  #see(sequence: IdSequence, first: number, last: number, at: IdsSeen, gaps: Gap[]): Known {
    if (first === sequence.next) {
      sequence.advance(last, at);
      return "none";
    }
    return sequence.see(
      first,
      last,
      at,
      (hole) => this.#hole(sequence, hole, gaps),
      (hole, count) => this.#filled(sequence, hole, count, at, gaps),
    );
  }

  #hole(sequence: IdSequence, hole: Hole, gaps: Gap[]): void {
    sequence.holesChanged = true;
    const seconds = Math.max(1, (hole.toUs - hole.fromUs) / 1_000_000);
    if (hole.missing.count > seconds * IDS_PER_SECOND_MAX) {
      this.#tell(sequence, hole, gaps);
      gaps.push({
        ...this.#event(
          sequence,
          hole,
          `more than a market trades in ${Math.round(seconds)} s; counted on from the new ids`,
        ),
        state: "closed",
        resolution: "renumbered",
      });
      return;
    }
    sequence.holes.push(hole);
    this.#withHoles.add(sequence);
    this.#dueUs = Math.min(this.#dueUs, hole.toUs + ID_HOLD_US);
    if (sequence.holes.length > HOLES_MAX) this.#giveUp(sequence, sequence.holes[0] as Hole, gaps);
  }

  #filled(sequence: IdSequence, hole: Hole, count: number, { isFetched }: IdsSeen, gaps: Gap[]): void {
    sequence.holesChanged = true;
    const { gap, missing } = hole;
    if (gap !== undefined) {
      if (isFetched) gap.fetched += count;
      else gap.late += count;
    }
    if (missing.isOverfull) this.#giveUp(sequence, hole, gaps);
    else if (missing.isEmpty && gap === undefined) this.#remove(sequence, hole);
    else if (missing.isEmpty && gap !== undefined) {
      const told = `${gap.count} of ${gap.count} came: ${gap.fetched} from the venue's history, ${gap.late} by themselves`;
      this.#close(sequence, hole, gap.fetched > 0 ? "healed" : "arrived late", told, gaps);
    }
  }

  #giveUp(sequence: IdSequence, hole: Hole, gaps: Gap[]): void {
    if (hole.gap === undefined) this.#tell(sequence, hole, gaps);
    const detail = `too many holes at a time to keep track of; still missing were ${hole.missing.describe()}`;
    this.#close(sequence, hole, "given up", detail, gaps);
  }

  #tell(sequence: IdSequence, hole: Hole, gaps: Gap[]): void {
    const { venue, rawSymbol } = this.#names(sequence.listing);
    const { first, last, count } = hole.missing;
    const detail = `missing are ${hole.missing.describe()}`;
    const gapId = `${venue}|${rawSymbol}#${sequence.isAggregate ? "a" : ""}${first}-${last}`;
    hole.gap = { gapId, count, detail, late: 0, fetched: 0 };
    sequence.holesChanged = true;
    this.#touch(sequence);
    gaps.push(this.#event(sequence, hole, detail));
  }

  #close(sequence: IdSequence, hole: Hole, resolution: GapResolution, detail: string, gaps: Gap[]): void {
    gaps.push({ ...this.#event(sequence, hole, detail), state: "closed", resolution });
    this.#remove(sequence, hole);
  }

  #remove(sequence: IdSequence, hole: Hole): void {
    sequence.holes = sequence.holes.filter((other) => other !== hole);
    sequence.holesChanged = true;
    this.#touch(sequence);
    if (sequence.holes.length === 0) this.#withHoles.delete(sequence);
  }

  #touch(sequence: IdSequence): void {
    if (sequence.isTouched) return;
    sequence.isTouched = true;
    this.#touched.push(sequence);
  }

  #event(sequence: IdSequence, { gap, ...hole }: Hole, detail: string): Gap {
    const { venue, rawSymbol } = this.#names(sequence.listing);
    return {
      gapId: gap?.gapId ?? "",
      venue,
      feed: hole.feed,
      connection: hole.connection,
      epoch: hole.epoch,
      rawSymbols: [rawSymbol],
      cause: "missed",
      state: "open",
      fromUs: hole.fromUs,
      toUs: hole.toUs,
      detail,
      resolution: undefined,
      source: hole.source,
    };
  }
}

function bySequence(a: IdSequence, b: IdSequence): number {
  return a.listing - b.listing || Number(a.isAggregate) - Number(b.isAggregate);
}

/** What a gap is closed with of which not all came. */
export function resolutionOf(coverage: GapConcluded["coverage"], came: number): GapResolution {
  if (coverage === "notOffered") return "not offered by the venue";
  if (came > 0) return "partly healed";
  if (coverage === "beyond") return "beyond the venue's history";
  // Asked for and answered, and not in the answer.
  return coverage === "whole" ? "not offered by the venue" : "given up";
}

function writeSequence(sequence: IdSequence, writer: ByteWriter, withHoles: boolean): void {
  writer.whole(sequence.listing);
  writer.byte(sequence.isAggregate ? 1 : 0);
  writer.whole(sequence.start + 1);
  writer.float(sequence.startUs);
  writer.whole(sequence.next + 1);
  writer.float(sequence.newestUs);
  const holes = sequence.holes.map(({ missing, ...hole }) => ({ ...hole, ranges: missing.ranges }));
  writer.text(withHoles ? JSON.stringify(holes) : "");
}

function readHoles(text: string): Hole[] {
  const holes = JSON.parse(text) as readonly (Omit<Hole, "missing"> & { readonly ranges: readonly IdRange[] })[];
  return holes.map(({ ranges, gap, ...hole }) => ({ ...hole, gap, missing: new MissingIds(ranges) }));
}
