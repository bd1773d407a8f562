import type { Listing, Listings, QuoteMinute, QuoteMinuteFlag } from "../../../domain/index.ts";
import type { SideShared } from "../../side/side-state.ts";
import type { ByteReader, ByteWriter } from "../../state/bytes.ts";
import { type Comparison, compareLines } from "./compare-lines.ts";
import { AWAY_US, GRACE_US, MINUTE_US, minuteOf, STALE_US } from "./minute-time.ts";
import { type Price, type QuotedSpan, type QuoteLine, quoteLine, spreadOf } from "./quote-line.ts";
import { QuotePlace, type ToldMark } from "./quote-place.ts";
import type { ToldMinutes } from "./told-minutes.ts";

export interface QuoteMinuteSink {
  quoteMinute(minute: QuoteMinute): void;
}

/** How one stands that no other venue is compared with. */
const ALONE: Comparison = { comparedUs: 0, locked: undefined, crossed: undefined, crossedMaxPpb: undefined };

interface Judged {
  readonly listing: Listing;
  readonly line: QuoteLine;
}

/**
 * Judges each minute of each listing's best bid and ask against itself and against the instrument's other venues. What a
 * minute's row says is a function of the frames of the minute alone: not of the order in which partitions are read, as far as
 * they are not further apart than GRACE_US, nor of how frames are cut into transactions, nor of restarts.
 *
 * The work is done when a minute is over; until then a quote costs a place in its track. A minute in which no frame came is
 * not told. Where the clock goes back, those under way are told as they are.
 *
 * Which minutes are told says the last row, of one time. Where the clock went back a checkpoint begins the other time: the
 * last row counts if it was told since.
 */
export class QuoteMinutes implements ToldMark, SideShared {
  readonly #listings: Listings;
  readonly #places: QuotePlace[] = [];
  /** The first minute that is not told yet. */
  minute: number;
  /** Receive time of the newest frame since the clock went back. */
  #clockUs: number;
  /** Rows ever told. */
  #rows: number;
  /** The clock went back: see above. */
  mustBeKept = false;

  constructor(listings: Listings, { firstUntold, endOffset }: ToldMinutes) {
    this.#listings = listings;
    this.minute = firstUntold;
    this.#clockUs = firstUntold * MINUTE_US;
    this.#rows = endOffset;
  }

  /** Where the quotes of one more partition come in. */
  place(): QuotePlace {
    const place = new QuotePlace(this.#listings, this);
    this.#places.push(place);
    return place;
  }

  /** To be called for each new frame, before its place is told of it. @param sink gets the minutes that are over */
  advance(timeUs: number, sink: QuoteMinuteSink): void {
    if (timeUs < this.#clockUs - AWAY_US) this.#goBack(timeUs, sink);
    if (timeUs > this.#clockUs) this.#clockUs = timeUs;
    if (this.#clockUs < (this.minute + 1) * MINUTE_US + GRACE_US) return;
    const open = minuteOf(this.#clockUs - GRACE_US);
    for (const minute of this.#untold()) if (minute < open) this.#tell(minute, sink);
    this.minute = Math.max(this.minute, open);
  }

  /** As advance, of a frame whose minutes were told. */
  advanceAgain(timeUs: number): void {
    if (timeUs <= this.#clockUs) return;
    this.#clockUs = timeUs;
    this.minute = Math.max(this.minute, minuteOf(timeUs - GRACE_US));
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#rows);
    writer.float(this.minute);
    writer.float(this.#clockUs);
    this.mustBeKept = false;
  }

  read(reader: ByteReader): void {
    const [rows, minute, clockUs] = [reader.whole(), reader.float(), reader.float()];
    if (rows === this.#rows) this.minute = minute;
    this.#clockUs = clockUs;
    this.#dropTold();
  }

  #goBack(timeUs: number, sink: QuoteMinuteSink): void {
    for (const minute of this.#untold()) this.#tell(minute, sink, { isCut: true });
    this.#dropTold();
    this.minute = minuteOf(timeUs);
    this.#clockUs = timeUs;
    this.mustBeKept = true;
  }

  /** The minutes in which frames came and that are not told, in their order. */
  #untold(): readonly number[] {
    const heard = new Set(this.#places.flatMap((place) => [...place.heard]));
    return [...heard].filter((minute) => minute >= this.minute).sort((a, b) => a - b);
  }

  /** After a start a place may have heard what another's clock says to be told. */
  #dropTold(): void {
    for (const place of this.#places) place.dropBefore(this.minute * MINUTE_US);
  }

  #tell(minute: number, sink: QuoteMinuteSink, { isCut = false }: { readonly isCut?: boolean } = {}): void {
    const startUs = minute * MINUTE_US;
    const endUs = startUs + MINUTE_US;
    const places = this.#places.filter(({ heardUs }) => heardUs >= 0 && heardUs <= endUs + AWAY_US);
    const judged = [...this.#lines(places, { startUs, endUs, isCut }).values()].sort(
      (a, b) => a.listing.index - b.listing.index,
    );
    const comparisons = compareInstruments(judged);
    this.#rows += judged.length;
    for (const one of judged) {
      const { listing, line } = one;
      const isPartial = isCut || line.track.sinceUs > startUs;
      const { comparedUs, locked, crossed, crossedMaxPpb } = comparisons.get(one) ?? ALONE;
      sink.quoteMinute({
        listing: listing.index,
        startUs,
        changes: line.changes,
        quotedUs: line.quotedUs,
        ownCrossedUs: line.ownCrossedUs,
        spread: spreadOf(line),
        comparedUs,
        locked,
        crossed,
        crossedMaxPpb,
        flags: flagsOf(line, isPartial),
        source: line.track.source,
      });
    }
    for (const place of places) place.dropBefore(endUs);
    this.minute = minute + 1;
  }

  /** Of each listing the line that is quoted the longest: of equals one of a book, then the first. */
  #lines(
    places: readonly QuotePlace[],
    { startUs, endUs, isCut }: { readonly startUs: number; readonly endUs: number; readonly isCut: boolean },
  ): ReadonlyMap<number, Judged> {
    const lines = new Map<number, Judged>();
    for (const place of places) {
      const untilUs = place.heardUs + (isCut ? 0 : STALE_US);
      for (const track of place.tracks()) {
        if (track.sinceUs >= endUs) continue;
        const line = quoteLine(track, { startUs, endUs, untilUs });
        const known = lines.get(track.listing)?.line;
        if (known === undefined || isBetter(line, known))
          lines.set(track.listing, { listing: this.#listings.at(track.listing), line });
      }
    }
    return lines;
  }
}

function isBetter(line: QuoteLine, than: QuoteLine): boolean {
  if (line.quotedUs !== than.quotedUs) return line.quotedUs > than.quotedUs;
  return line.track.isDerived && !than.track.isDerived;
}

function compareInstruments(judged: readonly Judged[]): ReadonlyMap<Judged, Comparison> {
  const bySymbol = new Map<string, Judged[]>();
  for (const one of judged) {
    const known = bySymbol.get(one.listing.symbol) ?? [];
    known.push(one);
    bySymbol.set(one.listing.symbol, known);
  }
  const found = new Map<Judged, Comparison>();
  for (const listings of bySymbol.values()) {
    if (listings.length < 2) continue;
    const exponent = Math.max(...listings.map(({ listing }) => listing.unitExponent));
    const lines = listings.map(({ listing, line }) => ({
      venue: listing.venue,
      spans: scaled(line.spans, exponent - listing.unitExponent),
    }));
    for (const [index, comparison] of compareLines(lines).entries()) {
      const one = listings[index];
      if (one !== undefined) found.set(one, comparison);
    }
  }
  return found;
}

/** Prices of a smaller unit in the largest, exactly. */
function scaled(spans: readonly QuotedSpan[], digits: number): readonly QuotedSpan[] {
  if (digits === 0) return spans;
  const factor = 10n ** BigInt(digits);
  const of = (price: Price): Price => BigInt(price) * factor;
  return spans.map(({ fromUs, toUs, bid, ask }) => ({ fromUs, toUs, bid: of(bid), ask: of(ask) }));
}

function flagsOf({ quotedUs, isCut }: QuoteLine, isPartial: boolean): readonly QuoteMinuteFlag[] {
  const flags: QuoteMinuteFlag[] = isPartial ? ["partial"] : [];
  if (quotedUs === 0) flags.push("unquoted");
  if (isCut) flags.push("cut");
  return flags;
}
