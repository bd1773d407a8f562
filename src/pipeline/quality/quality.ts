import type { Listings, QualityFlag, QualityMinute, TradeBatch } from "../../domain/index.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { divergencePpm, type LastPrice } from "./divergence.ts";
import { GapTime } from "./gap-time.ts";
import { isOfStream, ListingQuality, MINUTE_US, minuteOf } from "./listing-quality.ts";
import type { MinuteTally } from "./minute-tally.ts";
import { type JournalEntry, QualityJournal, type WentBack } from "./quality-journal.ts";
import type { QualityNote, QualityNotes } from "./quality-notes.ts";
import { ToldRanges } from "./told-ranges.ts";

/** A minute is told this long after its end: connections may be that much apart. */
const GRACE_US = 2_000_000;
/** After a longer pause K2 was away: no minutes are told of that time. Nor is what comes after a step back as far. */
const AWAY_US = 10 * MINUTE_US;
/** `sparse`: fewer than a quarter of so many expected trades at least. */
const EXPECTED_MIN = 12;
const SPARSE_SHARE = 4;

export interface QualitySink {
  push(row: QualityMinute): unknown;
}

/** The moments and rows of a transaction, and what else was noted: see TakenIn. */
export interface QualityInput {
  readonly trades: TradeBatch;
  readonly count: number;
  readonly timeUs: Float64Array;
  readonly rowEnd: Uint32Array;
  readonly notes: QualityNotes;
}

/**
 * Judges each minute of each listing, by the receive clock. A function of the frames and their order alone: not of how
 * they are cut into transactions, nor of restarts.
 *
 * Where the clock goes back by more than AWAY_US, as when an old recording is played into a folder that has newer rows, the
 * minutes under way are told as they are and all that was known of listings is forgotten: what comes is of another time. A
 * minute may then be told of a listing a second time, flagged `again`: of the trades that were received in it this time,
 * each of which counts in one row alone.
 */
export class Quality {
  readonly #listings: Listings;
  readonly #byListing: Map<number, ListingQuality> = new Map();
  /** By minute, the venues that sent anything. */
  readonly #heard: Map<number, Set<string>> = new Map();
  readonly #gaps: GapTime = new GapTime();
  readonly #journal: QualityJournal = new QualityJournal();
  #toRestore: JournalEntry[] = [];
  /** Of each listing, how many trades are to be passed over in a restore. */
  #toSkip: number[] = [];
  /** Of each listing, how many trades there were since the checkpoint. */
  #added: number[] = [];
  /** The first minute that is not told yet; -1 before the first tick. */
  #minute = -1;
  /** Since when K2 listens without a long pause. */
  #resumedUs = 0;
  readonly #told: ToldRanges = new ToldRanges();

  constructor(listings: Listings) {
    this.#listings = listings;
  }

  /** @param sink gets the minutes that are over, in their order and that of the listings */
  apply({ trades, count, timeUs, rowEnd, notes }: QualityInput, sink: QualitySink): void {
    const noted = notes.all();
    let note = 0;
    let row = 0;
    for (let tick = 0; tick <= count; tick += 1) {
      for (let next = noted[note]; next !== undefined && next.ticks <= tick; next = noted[note]) {
        this.#note(next.note, sink);
        note += 1;
      }
      if (tick === count) break;
      this.#followBack(timeUs[tick] ?? 0, sink);
      const end = rowEnd[tick] ?? row;
      for (; row < end; row += 1) this.#add(trades, row);
      this.#advance(timeUs[tick] ?? 0, sink);
    }
  }

  /** The whole state, for a checkpoint. */
  write(writer: ByteWriter): void {
    writer.whole(this.#minute + 1);
    writer.float(this.#resumedUs);
    writer.text(JSON.stringify([...this.#heard].map(([minute, venues]) => [minute, [...venues]])));
    this.#gaps.write(writer);
    writer.whole(this.#byListing.size);
    for (const [listing, state] of this.#byListing) {
      writer.whole(listing);
      state.write(writer);
    }
    this.#told.write(writer);
    this.#added = [];
  }

  /** Of a checkpoint, whose end this is. */
  read(reader: ByteReader): void {
    this.#minute = reader.whole() - 1;
    this.#resumedUs = reader.float();
    for (const [minute, venues] of JSON.parse(reader.text()) as [number, string[]][])
      this.#heard.set(minute, new Set(venues));
    this.#gaps.read(reader);
    for (let left = reader.whole(); left > 0; left -= 1)
      this.#byListing.set(reader.whole(), ListingQuality.read(reader));
    if (!reader.atEnd) this.#told.read(reader); // Before version 4 of the state a clock that went back was waited for.
  }

  /** What changed since the last call and is not in the trades. */
  writeChanges(writer: ByteWriter): void {
    this.#journal.write(writer);
  }

  /** What writeChanges wrote, one after the other; before the trades, as these do not say which of them were forgotten. */
  restoreChanges(reader: ByteReader): void {
    for (const entry of QualityJournal.read(reader)) {
      if (entry.kind !== "wentBack") this.#toRestore.push(entry);
      else this.#restoreBack(entry);
    }
  }

  /** Trades since the checkpoint, each listing's in their order. */
  restoreTrades(trades: TradeBatch): void {
    for (let row = 0; row < trades.length; row += 1) {
      if (!isOfStream(trades, row)) continue;
      if (this.#countAdded(trades.listing[row] ?? 0) <= (this.#toSkip[trades.listing[row] ?? 0] ?? 0)) continue;
      const state = this.#stateOf(trades, row);
      state.add(trades, row, false);
      state.stripBefore(minuteOf(trades.receiveTimeUs[row] ?? 0) - 1);
    }
  }

  /** Afterwards all is as it was. */
  endRestore(): void {
    // Trades that were late were not counted when their minute was told.
    for (const entry of this.#toRestore) {
      if (entry.kind !== "late") continue;
      const tally = this.#byListing.get(entry.listing)?.tally(entry.minute);
      if (tally !== undefined) tally.trades -= 1;
    }
    for (const entry of this.#toRestore) this.#restore(entry);
    this.#toRestore = [];
    this.#toSkip = [];
  }

  #add(trades: TradeBatch, row: number): void {
    if (!isOfStream(trades, row)) return;
    this.#countAdded(trades.listing[row] ?? 0);
    const minute = minuteOf(trades.receiveTimeUs[row] ?? 0);
    const isLate = minute < this.#minute;
    if (isLate) this.#journal.push({ kind: "late", listing: trades.listing[row] ?? 0, minute });
    this.#stateOf(trades, row).add(trades, row, isLate);
  }

  /** @returns how many trades of the listing there were since the checkpoint, this one among them */
  #countAdded(listing: number): number {
    const count = (this.#added[listing] ?? 0) + 1;
    this.#added[listing] = count;
    return count;
  }

  #stateOf(trades: TradeBatch, row: number): ListingQuality {
    const listing = trades.listing[row] ?? 0;
    const known = this.#byListing.get(listing);
    if (known !== undefined) return known;
    const state = new ListingQuality(trades.receiveTimeUs[row] ?? 0);
    this.#byListing.set(listing, state);
    return state;
  }

  #note(note: QualityNote, sink: QualitySink): void {
    if (note.kind === "gap") {
      this.#gaps.note(note.gap);
      this.#journal.push(note);
      return;
    }
    this.#followBack(note.timeUs, sink);
    const minute = minuteOf(note.timeUs);
    if (minute < this.#minute) return;
    if (note.kind === "heard") {
      if (this.#hear(note.venue, minute)) this.#journal.push({ kind: "heard", venue: note.venue, minute });
    } else if (this.#byListing.has(note.listing)) {
      this.#count(note.kind, note.listing, minute);
      this.#journal.push({ kind: note.kind, listing: note.listing, minute });
    }
  }

  #hear(venue: string, minute: number): boolean {
    const venues = this.#heard.get(minute) ?? new Set();
    this.#heard.set(minute, venues);
    const isNew = !venues.has(venue);
    venues.add(venue);
    return isNew;
  }

  #count(kind: "duplicate" | "refused", listing: number, minute: number): void {
    const tally = this.#byListing.get(listing)?.tally(minute);
    if (tally === undefined) return;
    if (kind === "duplicate") tally.duplicates += 1;
    else tally.refused += 1;
  }

  #restore(entry: JournalEntry): void {
    switch (entry.kind) {
      case "gap":
        this.#gaps.note(entry.gap);
        break;
      case "heard":
        this.#hear(entry.venue, entry.minute);
        break;
      case "late":
      case "wentBack":
        break;
      case "told":
        this.#tell(entry.minute, { push: () => {} });
        break;
      case "resumed":
        this.#resume(entry.minute, entry.timeUs);
        break;
      default:
        this.#count(entry.kind, entry.listing, entry.minute);
    }
  }

  #advance(timeUs: number, sink: QualitySink): void {
    if (this.#minute < 0) this.#resumed(minuteOf(timeUs), timeUs);
    while ((this.#minute + 1) * MINUTE_US + GRACE_US <= timeUs) {
      const isAway = timeUs - this.#minute * MINUTE_US > AWAY_US;
      this.#tellNext(sink);
      if (!isAway) continue;
      if (this.#heard.has(this.#minute)) this.#tellNext(sink); // It had begun before the pause.
      this.#resumed(minuteOf(timeUs - GRACE_US), timeUs);
    }
  }

  #tellNext(sink: QualitySink): void {
    this.#journal.push({ kind: "told", minute: this.#minute });
    this.#tell(this.#minute, sink);
  }

  /** Begins anew where the clock went back: see Quality. */
  #followBack(timeUs: number, sink: QualitySink): void {
    if (timeUs >= this.#minute * MINUTE_US - AWAY_US) return;
    const underWay = [...this.#heard.keys()].filter((minute) => minute >= this.#minute).sort((a, b) => a - b);
    for (const minute of underWay) {
      this.#journal.push({ kind: "told", minute });
      this.#tell(minute, sink, { isCut: true });
    }
    const told = new ByteWriter();
    this.#told.write(told);
    const back: WentBack = {
      kind: "wentBack",
      minute: minuteOf(timeUs),
      timeUs,
      forgotten: Array.from(this.#added, (count = 0) => count),
      told: told.take(),
    };
    this.#journal.push(back);
    this.#goBack(back);
  }

  #goBack({ minute, timeUs }: WentBack): void {
    this.#byListing.clear();
    this.#heard.clear();
    this.#resume(minute, timeUs);
  }

  /** Of what was noted before only the gaps are still needed. */
  #restoreBack(back: WentBack): void {
    for (const entry of this.#toRestore) if (entry.kind === "gap" || entry.kind === "told") this.#restore(entry);
    this.#toRestore = [];
    this.#toSkip = [...back.forgotten];
    this.#told.read(new ByteReader(back.told)); // Of listings, too, that only the trades to come would bring back.
    this.#goBack(back);
  }

  #resumed(minute: number, timeUs: number): void {
    this.#journal.push({ kind: "resumed", minute, timeUs });
    this.#resume(minute, timeUs);
  }

  #resume(minute: number, timeUs: number): void {
    this.#minute = minute;
    this.#resumedUs = timeUs;
  }

  /** @param isCut the minute ends before its time: the clock goes back */
  #tell(minute: number, sink: QualitySink, { isCut = false }: { readonly isCut?: boolean } = {}): void {
    const startUs = minute * MINUTE_US;
    const endUs = startUs + MINUTE_US;
    const taken = [...this.#byListing]
      .filter(([, { sinceUs }]) => sinceUs < endUs)
      .sort(([a], [b]) => a - b)
      .map(([listing, state]) => ({ listing: this.#listings.at(listing), state, tally: state.take(minute) }));
    const prices = lastPrices(taken);
    for (const { listing, state, tally } of taken) {
      const gapUs = this.#gaps.within(listing, startUs, endUs);
      const isPartial = isCut || state.sinceUs > startUs || this.#resumedUs > startUs;
      const isHeard = this.#heard.get(minute)?.has(listing.venue) === true;
      const { expectedTrades } = state;
      sink.push({
        listing: listing.index,
        startUs,
        trades: tally.trades,
        duplicates: tally.duplicates,
        refused: tally.refused,
        outOfOrder: tally.outOfOrder,
        gapUs,
        latency: tally.latency(),
        priceOutliers: tally.priceOutliers,
        sizeOutliers: tally.sizeOutliers,
        outlierIds: tally.outlierIds,
        divergencePpm:
          tally.price === 0n
            ? undefined
            : divergencePpm({ ...listing, price: tally.price }, prices.get(listing.symbol) ?? []),
        expectedTrades,
        flags: flagsOf(tally, { isPartial, isHeard, isAgain: this.#told.add(listing.index, minute), expectedTrades }),
        source: state.source,
      });
      if (!isPartial && gapUs === 0 && (isHeard || tally.trades > 0)) state.learn(tally.trades);
    }
    for (const each of this.#heard.keys()) if (each <= minute) this.#heard.delete(each);
    this.#gaps.forgetBefore(endUs);
    this.#minute = minute + 1;
  }
}

function flagsOf(
  { trades }: MinuteTally,
  of: {
    readonly isPartial: boolean;
    readonly isHeard: boolean;
    readonly isAgain: boolean;
    readonly expectedTrades: number | undefined;
  },
): readonly QualityFlag[] {
  const flags: QualityFlag[] = of.isPartial ? ["partial"] : [];
  const expected = of.expectedTrades ?? 0;
  if (trades === 0) flags.push(of.isHeard ? "quiet" : "silent");
  if (!of.isPartial && expected >= EXPECTED_MIN && trades * SPARSE_SHARE < expected) flags.push("sparse");
  if (of.isAgain) flags.push("again");
  return flags;
}

/** Of each instrument, the last price at each of its venues that had a trade. */
function lastPrices(
  taken: readonly {
    readonly listing: { readonly symbol: string; readonly venue: string; readonly unitExponent: number };
    readonly tally: MinuteTally;
  }[],
): ReadonlyMap<string, readonly LastPrice[]> {
  const prices = new Map<string, LastPrice[]>();
  for (const { listing, tally } of taken) {
    if (tally.price === 0n) continue;
    const known = prices.get(listing.symbol) ?? [];
    known.push({ venue: listing.venue, unitExponent: listing.unitExponent, price: tally.price });
    prices.set(listing.symbol, known);
  }
  return prices;
}
