import {
  ASK,
  BID,
  type BookContext,
  type BookVerdict,
  type DecodedListing,
  type Int64Column,
  STORED_SCALE,
} from "../../domain/index.ts";
import { type BookTable, FIELD_TEXT_MAX, type ImportFormat, type TableFormat } from "../format.ts";
import type { HeadListing, KnownSpan, PieceHead } from "../piece-head.ts";
import { latin1, readDecimal, readWhole } from "../table/numbers.ts";
import type { RowPlace } from "../table/piece-lines.ts";
import { Remembered } from "../table/remembered.ts";
import { CsvRows } from "../table/row-fields.ts";
import { RowTimes } from "../table/row-times.ts";
import { layoutOf, type PlacedColumn, type TableLayout } from "../table/table-layout.ts";
import { type LevelPlaces, ladderOf, recordedTimes } from "./book-columns.ts";
import type { BookStates } from "./book-states.ts";
import { NO_PIECE, type PieceCounts, type PieceId, pieceId, type RowRefusal } from "./piece-counts.ts";
import { completeSides } from "./quote-sides.ts";

/** The listing that rows speak of, and how books tell it from others. */
interface RowListing {
  readonly listing: DecodedListing;
  readonly named: HeadListing;
  readonly key: string;
}

const NO_SIDE = -1;
const SEQUENCE_DIGITS = 15;

/** Reads the rows of one file's pieces as messages of books: rows of changed levels, or whole ladders. */
export class BookRowReader {
  readonly #layout: TableLayout;
  readonly #books: BookTable;
  readonly #rows: CsvRows;
  readonly #times: RowTimes;
  readonly #recorded: RowTimes;
  readonly #text: string;
  readonly #listings: readonly HeadListing[];
  readonly #states: BookStates;
  readonly #ladder: readonly LevelPlaces[];
  readonly #texts = new Remembered((text) => text);
  readonly #sides: Remembered<number>;
  readonly #snapshots: Remembered<boolean>;
  readonly #suspicious: Remembered<boolean>;
  /** From the time of a row to the time at which its quote holds. */
  readonly #laterUs: number;
  /** Found by the row's symbol and market, within one context. */
  readonly #found = new Map<string, RowListing>();
  #context: BookContext | undefined;
  #known: readonly KnownSpan[] = [];
  #piece: PieceId = NO_PIECE;
  #counts = { taken: 0, known: 0, refused: 0 };
  #refusals: RowRefusal[] = [];
  #firstUs: number | undefined;
  #lastUs: number | undefined;
  /** The message that rows are being gathered for. */
  #open: OpenMessage | undefined;

  private constructor(
    table: TableFormat & { readonly books: BookTable },
    layout: TableLayout,
    times: { readonly event: RowTimes; readonly recorded: RowTimes },
    { listings, text, interval }: PieceHead,
    states: BookStates,
  ) {
    const { side, isSnapshot, suspicious } = layout.of;
    this.#layout = layout;
    this.#books = table.books;
    this.#rows = new CsvRows(table.delimiter);
    this.#times = times.event;
    this.#recorded = times.recorded;
    this.#text = text;
    this.#listings = listings;
    this.#states = states;
    this.#ladder = ladderOf(layout);
    const [bids, asks] = side?.role.kind === "side" ? [side.role.buy, side.role.sell] : [[], []];
    this.#sides = new Remembered((text) => (bids.includes(text) ? BID : asks.includes(text) ? ASK : NO_SIDE));
    const whole = isSnapshot?.role.kind === "isSnapshot" ? isSnapshot.role.when : [];
    this.#snapshots = new Remembered((text) => whole.includes(text));
    const bad = suspicious?.role.kind === "suspicious" ? suspicious.role.when : [];
    this.#suspicious = new Remembered((text) => bad.includes(text));
    this.#laterUs = table.books.endUs?.[interval ?? ""] ?? 0;
  }

  /** @returns or why this file cannot be read */
  static of(
    format: Pick<ImportFormat, "books"> & TableFormat,
    head: PieceHead,
    states: BookStates,
  ): BookRowReader | string {
    const layout = layoutOf(format, head.header);
    if (typeof layout === "string") return layout;
    const event = RowTimes.of(format, layout, head.date);
    const recorded = recordedTimes(format, layout, head.date) ?? event;
    if (typeof event === "string") return event;
    if (typeof recorded === "string") return recorded;
    const { books } = format;
    if (books === undefined) return "its format is none of books";
    if (books.endUs !== undefined && books.endUs[head.interval ?? ""] === undefined)
      return "its name does not say the interval";
    return new BookRowReader({ ...format, books }, layout, { event, recorded }, head, states);
  }

  begin(context: BookContext, head: PieceHead): void {
    this.#piece = pieceId(head);
    if (context !== this.#context) this.#found.clear();
    this.#context = context;
    this.#known = head.known ?? [];
    this.#counts = { taken: 0, known: 0, refused: 0 };
    this.#refusals = [];
    this.#firstUs = undefined;
    this.#lastUs = undefined;
  }

  /** Takes the row into the message that it is part of, or refuses it. */
  read(bytes: Uint8Array, place: RowPlace): void {
    const context = this.#context;
    if (context === undefined) return;
    const problem = this.#read(bytes, place, context);
    if (problem === undefined) return;
    this.#counts.refused += 1;
    this.#flush(context);
    const reason = typeof problem === "string" ? "malformed" : problem.reason;
    const why = typeof problem === "string" ? problem : problem.detail;
    const row = latin1(bytes, place.start, Math.min(place.end, place.start + FIELD_TEXT_MAX));
    const detail = `${this.#text}, row ${place.line}: ${why}; the row is ${JSON.stringify(row)}`;
    this.#refusals.push({ reason, detail });
    const rawSymbol = this.#rawSymbol();
    context.refuse(reason, detail, {
      ...(rawSymbol === undefined ? {} : { rawSymbol }),
      frameIndex: place.index,
      record: bytes.subarray(place.start, place.end),
    });
    if (reason === "unknown_symbol") return; // Of a market that nobody asked for.
    // Whose row it was may be what could not be read.
    for (const { venue, rawSymbol: symbol } of this.#listings)
      if (rawSymbol === undefined || symbol === rawSymbol) this.#states.broke(keyOf(venue, symbol));
  }

  /** At the end of a piece, which is the end of a message too. */
  end(): PieceCounts {
    if (this.#context !== undefined) this.#flush(this.#context);
    return { ...this.#piece, ...this.#counts, refusals: this.#refusals, firstUs: this.#firstUs, lastUs: this.#lastUs };
  }

  /** @returns what is wrong with the row, whatever it is of */
  #readFields(bytes: Uint8Array, place: RowPlace): string | undefined {
    const rows = this.#rows;
    const wrong = rows.read(bytes, place.start, place.end);
    if (wrong !== undefined) return wrong;
    const { countMin, names } = this.#layout;
    if (rows.count < countMin)
      return `it has ${rows.count} columns; column ${JSON.stringify(names[rows.count] ?? rows.count)} is missing`;
    for (const times of [this.#times, this.#recorded])
      if (!times.read(rows)) return this.#wrong(times.column, times.expected);
    const { suspicious } = this.#layout.of;
    if (suspicious !== undefined && this.#suspicious.of(rows, suspicious.place))
      return `column "${suspicious.name}" says that it is not to be believed`;
    return undefined;
  }

  #read(bytes: Uint8Array, place: RowPlace, context: BookContext): RowRefusal | string | undefined {
    const wrong = this.#readFields(bytes, place);
    if (wrong !== undefined) return wrong;
    const found = this.#listing(context);
    if ("reason" in found) return found;
    const isSnapshot = this.#isSnapshot();
    const { us, nanos } = this.#recordedNow;
    const open = this.#open;
    const isSame =
      open !== undefined &&
      this.#books.rows === "levels" &&
      open.of === found &&
      open.isSnapshot === isSnapshot &&
      open.us === us &&
      open.nanos === nanos;
    if (!isSame) {
      this.#flush(context);
      this.#begin(found, isSnapshot, place);
      context.levels.clear();
    }
    const problem = this.#books.rows === "levels" ? this.#readLevel(found, context) : this.#readLadder(found, context);
    if (problem !== undefined) {
      if (!isSame) this.#open = undefined;
      return problem;
    }
    if (this.#open !== undefined) this.#open.rows += 1;
    return undefined;
  }

  #begin(of: RowListing, isSnapshot: boolean, { index }: RowPlace): void {
    const { us, nanos } = this.#recordedNow;
    const [event, sequence] = [this.#times, this.#sequence()];
    const eventUs = event.us + this.#laterUs;
    this.#open = { of, isSnapshot, us, nanos, eventUs, eventNanos: event.nanos, sequence, index, rows: 0 };
  }

  /** When the row's quote or book was as it says. */
  get #recordedNow(): { readonly us: number; readonly nanos: number } {
    const { us, nanos } = this.#recorded;
    return { us: us + this.#laterUs, nanos };
  }

  #flush(context: BookContext): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.rows === 0) return;
    const { us, nanos, of, rows } = open;
    const { channel, depth } = this.#books;
    const isKnown = this.#isKnown(of.named, us);
    if (isKnown) this.#counts.known += rows;
    else this.#count(rows, us);
    context.message({
      listing: of.listing,
      channel,
      verdict: this.#verdict(open),
      depth,
      eventTimeUs: open.eventUs,
      eventTimeNanos: open.eventNanos,
      sequence: open.sequence,
      frameIndex: open.index,
      recorded: { us, nanos },
      ...(isKnown ? { isKnown } : {}),
      ...(this.#books.maySizesLack === true ? { maySizesLack: true } : {}),
    });
  }

  #verdict({ of, isSnapshot }: OpenMessage): BookVerdict {
    return this.#books.rows === "ladder" ? "replace" : this.#states.take(of.key, isSnapshot);
  }

  #count(rows: number, us: number): void {
    this.#counts.taken += rows;
    this.#firstUs = Math.min(us, this.#firstUs ?? us);
    this.#lastUs = Math.max(us, this.#lastUs ?? us);
  }

  #isKnown({ venue, rawSymbol }: HeadListing, us: number): boolean {
    return this.#known.some(
      (span) => us >= span.fromUs && us <= span.toUs && span.rawSymbol === rawSymbol && span.venue === venue,
    );
  }

  #readLevel({ listing }: RowListing, { levels }: BookContext): RowRefusal | string | undefined {
    const { side, price, size } = this.#layout.of;
    if (side === undefined || price === undefined || size === undefined) return "its format names no level";
    const which = this.#sides.of(this.#rows, side.place);
    if (which === NO_SIDE) return this.#wrong(side, "a side");
    const row = levels.nextRow();
    const problem =
      this.#readNumber(price, levels.price, row, STORED_SCALE + listing.unitExponent) ??
      (this.#isZero(size)
        ? levels.size.setNumber(row, 0)
        : this.#readNumber(size, levels.size, row, STORED_SCALE - listing.unitExponent));
    if (problem !== undefined) return problem;
    levels.side[row] = which;
    levels.length = row + 1;
    return undefined;
  }

  #readLadder({ listing, key }: RowListing, { levels }: BookContext): RowRefusal | string | undefined {
    for (const { side, price, size } of this.#ladder) {
      const hasNoSize = size === undefined || this.#isZero(size);
      // Neither a price of nothing nor, where sizes are told, a size of nothing is a level.
      if (this.#isZero(price) || (hasNoSize && this.#books.maySizesLack !== true)) continue;
      const row = levels.nextRow();
      const implied = price.role.kind === "level" ? (price.role.impliedDecimals ?? 0) : 0;
      const problem =
        this.#readNumber(price, levels.price, row, STORED_SCALE + listing.unitExponent - implied) ??
        (hasNoSize
          ? levels.size.setNumber(row, 0)
          : this.#readNumber(size, levels.size, row, STORED_SCALE - listing.unitExponent));
      if (problem !== undefined) return problem;
      levels.side[row] = side;
      levels.length = row + 1;
    }
    if (this.#books.isChangedSides === true) completeSides(this.#states.sides(key), levels);
    return undefined;
  }

  #readNumber(column: PlacedColumn, into: Int64Column, row: number, scale: number): RowRefusal | undefined {
    const { bytes, starts, ends } = this.#rows;
    const { place, role } = column;
    const problem = readDecimal(into, row, bytes, { start: starts[place] ?? 0, end: ends[place] ?? 0, scale });
    if (problem === undefined) return undefined;
    if (problem === "malformed") return { reason: problem, detail: this.#wrong(column, "a decimal number") };
    const what = (role.kind === "level" ? role.of : role.kind) === "price" ? "price" : "size";
    const expected = `above zero and exact in decimal(18,${STORED_SCALE}) at the listing's unit`;
    return { reason: `${problem}_${what}`, detail: this.#wrong(column, expected) };
  }

  /** Empty, or zeros only. */
  #isZero({ place }: PlacedColumn): boolean {
    const { bytes, starts, ends, count } = this.#rows;
    if (place >= count) return true;
    const end = ends[place] ?? 0;
    for (let at = starts[place] ?? 0; at < end; at += 1) if (bytes[at] !== 0x30 && bytes[at] !== 0x2e) return false;
    return true;
  }

  #isSnapshot(): boolean {
    const { isSnapshot } = this.#layout.of;
    return isSnapshot !== undefined && this.#snapshots.of(this.#rows, isSnapshot.place);
  }

  #sequence(): number {
    const { sequence } = this.#layout.of;
    const { bytes, starts, ends } = this.#rows;
    if (sequence === undefined) return -1;
    return readWhole(bytes, starts[sequence.place] ?? 0, ends[sequence.place] ?? 0, SEQUENCE_DIGITS);
  }

  #listing(context: BookContext): RowListing | RowRefusal {
    const { symbol, market } = this.#layout.of;
    const rawSymbol = symbol === undefined ? undefined : this.#texts.of(this.#rows, symbol.place);
    const vendor = market === undefined ? undefined : this.#texts.of(this.#rows, market.place);
    const key = `${vendor} ${rawSymbol}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const named = this.#listings.find(
      (one) =>
        (rawSymbol === undefined || one.rawSymbol === rawSymbol) &&
        (vendor === undefined || one.market === undefined || one.market === vendor),
    );
    if (named === undefined) {
      const seen = vendor === undefined ? JSON.stringify(rawSymbol) : `${JSON.stringify(rawSymbol)} of ${vendor}`;
      return { reason: "unknown_symbol", detail: `${seen} is not among the symbols of this import` };
    }
    const listing = context.listing(named.rawSymbol, ...this.#unitTexts(), named);
    if (listing === undefined)
      return { reason: "malformed", detail: "no level of it says what the numbers of its symbol are like" };
    const found = { listing, named, key: keyOf(named.venue, named.rawSymbol) };
    this.#found.set(key, found);
    return found;
  }

  /** The numbers of a level that can tell the unit of a listing. */
  #unitTexts(): readonly [price: string, size: string] {
    const { price, size } = this.#layout.of;
    const mayLack = this.#books.maySizesLack === true;
    const isLevel = ({ price: at, size: of }: LevelPlaces): boolean =>
      !this.#isZero(at) && (mayLack || (of !== undefined && !this.#isZero(of)));
    const level = this.#ladder.find(isLevel);
    const [from, amount] = [level?.price ?? price, level?.size ?? size];
    const role = level?.price.role;
    const implied = role?.kind === "level" ? (role.impliedDecimals ?? 0) : 0;
    const text = this.#textOf(from);
    const sizeText = this.#textOf(amount);
    return [implied === 0 ? text : `${text}e-${implied}`, sizeText === "" ? "0" : sizeText];
  }

  #rawSymbol(): string | undefined {
    if (this.#listings.length === 1) return this.#listings[0]?.rawSymbol;
    const { symbol } = this.#layout.of;
    const text = symbol === undefined ? "" : this.#textOf(symbol);
    return this.#listings.some(({ rawSymbol }) => rawSymbol === text) ? text : undefined;
  }

  #textOf(column: PlacedColumn | undefined): string {
    const { bytes, starts, ends, count } = this.#rows;
    if (column === undefined || column.place >= count) return "";
    return latin1(bytes, starts[column.place] ?? 0, ends[column.place] ?? 0);
  }

  #wrong(column: PlacedColumn, expected: string): string {
    return `column "${column.name}" is ${JSON.stringify(this.#textOf(column).slice(0, FIELD_TEXT_MAX))}, not ${expected}`;
  }
}

interface OpenMessage {
  readonly of: RowListing;
  readonly isSnapshot: boolean;
  readonly us: number;
  readonly nanos: number;
  readonly eventUs: number;
  readonly eventNanos: number;
  readonly sequence: number;
  readonly index: number;
  rows: number;
}

function keyOf(venue: string, rawSymbol: string): string {
  return `${venue} ${rawSymbol}`;
}
