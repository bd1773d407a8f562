import {
  INSTRUMENT_STATES,
  type VenueDataContext,
  type VenueDataOutcome,
  type VenueDataReader,
} from "../../domain/index.ts";
import { NO_PIECE, type PieceCounts, type PieceId, pieceId, type RowRefusal } from "../books/piece-counts.ts";
import { FIELD_TEXT_MAX, type ImportFormat, type TableFormat, type VenueTable } from "../format.ts";
import { type HeadListing, type KnownSpan, type PieceHead, parseHead, splitPiece } from "../piece-head.ts";
import { latin1 } from "../table/numbers.ts";
import { forEachLine, type RowPlace } from "../table/piece-lines.ts";
import { Remembered } from "../table/remembered.ts";
import { CsvRows } from "../table/row-fields.ts";
import { RowTimes } from "../table/row-times.ts";
import { RunCursor } from "../table/run-cursor.ts";
import { layoutOf, type TableLayout } from "../table/table-layout.ts";

export type VenueFormat = Pick<ImportFormat, "id" | "venueData" | "namesInstruments"> & TableFormat;

/** Heads differ in the place of their piece only; a few files may take turns. */
const KEPT_MAX = 16;

/**
 * Reads files of candles, funding, liquidations and definitions of instruments, a record a row.
 *
 * @param onPiece told what became of each piece's rows
 */
export function createVenuePieceReader(
  format: VenueFormat,
  onPiece: (counts: PieceCounts) => void = () => {},
): VenueDataReader {
  const kept = new Map<string, VenueRows | string>();
  const rowsOf = (head: PieceHead): VenueRows | string => {
    const key = JSON.stringify({ ...head, byte: 0, row: 0, repeated: undefined, known: undefined });
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size === KEPT_MAX) kept.clear();
    const made = VenueRows.of(format, head);
    kept.set(key, made);
    return made;
  };
  return {
    marks: { texts: [`"format":"${format.id}"`] },
    read(payload, context): VenueDataOutcome {
      const parts = splitPiece(payload);
      const head = parts === undefined ? undefined : parseHead(parts.text);
      if (parts === undefined || head === undefined || head.format !== format.id)
        return refused(context, `not a piece of a file that is imported as ${format.id}`);
      const rows = rowsOf(head);
      if (typeof rows === "string") return refused(context, `${head.text}: ${rows}`);
      rows.begin(head);
      forEachLine(payload, { from: parts.rowsAt, row: head.row }, (place) => rows.read(payload, place, context));
      onPiece(rows.counts());
      return "venue-data";
    },
  };
}

function refused(context: VenueDataContext, detail: string): VenueDataOutcome {
  context.refuse("malformed", detail);
  return "refused";
}

class VenueRows {
  readonly #kind: VenueTable;
  readonly #namesInstruments: boolean;
  readonly #layout: TableLayout;
  readonly #rows: CsvRows;
  readonly #times: RowTimes;
  readonly #head: PieceHead;
  readonly #texts = new Remembered((text) => text);
  readonly #repeated = new RunCursor();
  #known: readonly KnownSpan[] = [];
  #piece: PieceId = NO_PIECE;
  #counts = { taken: 0, known: 0, refused: 0 };
  #refusals: RowRefusal[] = [];
  #firstUs: number | undefined;
  #lastUs: number | undefined;

  private constructor(table: VenueFormat, kind: VenueTable, layout: TableLayout, times: RowTimes, head: PieceHead) {
    this.#kind = kind;
    this.#namesInstruments = table.namesInstruments === true;
    this.#layout = layout;
    this.#rows = new CsvRows(table.delimiter);
    this.#times = times;
    this.#head = head;
  }

  /** @returns or why this file cannot be read */
  static of(format: VenueFormat, head: PieceHead): VenueRows | string {
    const layout = layoutOf(format, head.header);
    if (typeof layout === "string") return layout;
    const times = RowTimes.of(format, layout, head.date);
    if (typeof times === "string") return times;
    if (format.venueData === undefined) return "its format is none of venue data";
    if (format.venueData === "candle" && head.interval === undefined) return "its name does not say the interval";
    return new VenueRows(format, format.venueData, layout, times, head);
  }

  begin(head: PieceHead): void {
    this.#piece = pieceId(head);
    this.#repeated.begin(head.repeated);
    this.#known = head.known ?? [];
    this.#counts = { taken: 0, known: 0, refused: 0 };
    this.#refusals = [];
    this.#firstUs = undefined;
    this.#lastUs = undefined;
  }

  counts(): PieceCounts {
    return { ...this.#piece, ...this.#counts, refusals: this.#refusals, firstUs: this.#firstUs, lastUs: this.#lastUs };
  }

  read(bytes: Uint8Array, place: RowPlace, context: VenueDataContext): void {
    const found = this.#find(bytes, place);
    if ("reason" in found) {
      this.#refuse(found, bytes, place, context);
      return;
    }
    const { us } = this.#times;
    if (this.#repeated.has(place.index) || this.#isKnown(found, us)) {
      this.#counts.known += 1;
      return;
    }
    const problem = this.#tell(found, place, context);
    if (problem !== undefined) {
      this.#refuse(problem, bytes, place, context);
      return;
    }
    this.#counts.taken += 1;
    this.#firstUs = Math.min(us, this.#firstUs ?? us);
    this.#lastUs = Math.max(us, this.#lastUs ?? us);
  }

  #find(bytes: Uint8Array, { start, end }: RowPlace): HeadListing | RowRefusal {
    const rows = this.#rows;
    const wrong = rows.read(bytes, start, end);
    if (wrong !== undefined) return malformed(wrong);
    const { countMin, names, of } = this.#layout;
    if (rows.count < countMin)
      return malformed(
        `it has ${rows.count} columns; column ${JSON.stringify(names[rows.count] ?? rows.count)} is missing`,
      );
    const { column, expected } = this.#times;
    if (!this.#times.read(rows))
      return malformed(`column "${column.name}" is ${JSON.stringify(this.#textAt(column.place))}, not ${expected}`);
    const symbol = of.symbol === undefined ? undefined : this.#texts.of(rows, of.symbol.place);
    const market = of.market === undefined ? undefined : this.#texts.of(rows, of.market.place);
    const named = this.#head.listings.find(
      (one) =>
        (symbol === undefined || one.rawSymbol === symbol) &&
        (market === undefined || one.market === undefined || one.market === market),
    );
    if (named !== undefined) return named;
    const detail = `${JSON.stringify(symbol)} is not among the symbols of this import`;
    if (!this.#namesInstruments) return { reason: "unknown_symbol", detail };
    const [venue, instrument] = [this.#head.listings[0]?.venue, this.#field("instrument")];
    if (venue !== undefined && symbol !== undefined && symbol !== "" && instrument !== undefined)
      return { venue, rawSymbol: symbol, symbol: instrument };
    return { reason: "unknown_symbol", detail: `${detail}, and its terms give no canonical instrument` };
  }

  /** Hands the row's record on. What its numbers are worth beyond their grammar is found out by who takes it. */
  #tell(
    { rawSymbol, venue, symbol }: HeadListing,
    { index }: RowPlace,
    context: VenueDataContext,
  ): RowRefusal | undefined {
    const wrong = this.#wrongNumber();
    if (wrong !== undefined) return wrong;
    const { us, nanos } = this.#times;
    const place = { rawSymbol, named: { venue, symbol }, frameIndex: index };
    const at = { ...place, eventTimeUs: us, eventTimeNanos: nanos };
    const { format, file, interval = "" } = this.#head;
    const text = (name: string): string | undefined => this.#field(name);
    const needed = (name: string): string => text(name) ?? "";
    if (this.#kind === "candle") {
      context.candle({
        ...place,
        channel: format,
        eventTimeUs: undefined,
        interval,
        startUs: us,
        open: needed("open"),
        high: needed("high"),
        low: needed("low"),
        close: needed("close"),
        volume: needed("volume"),
        quoteVolume: text("quoteVolume"),
        trades: text("trades"),
        buyVolume: text("buyVolume"),
        buyQuoteVolume: text("buyQuoteVolume"),
        isClosed: true,
      });
    } else if (this.#kind === "funding") {
      const next = text("nextFundingTime");
      context.funding({
        ...at,
        // What a statement repeats is looked for within its file.
        channel: `${format}/${file.slice(0, 16)}`,
        fundingRate: text("fundingRate"),
        nextFundingRate: text("nextFundingRate"),
        nextFundingTimeUs: next === undefined ? undefined : Number(next),
        markPrice: text("markPrice"),
        indexPrice: text("indexPrice"),
        openInterest: text("openInterest"),
      });
    } else if (this.#kind === "status") {
      const state = INSTRUMENT_STATES.find((one) => one === text("state"));
      context.status({
        ...at,
        channel: format,
        state,
        rawState: text("raw_state"),
        tickSize: text("tick_size"),
        lotSize: text("lot_size"),
        minSize: text("min_size"),
        maxSize: text("max_size"),
        contractSize: text("contract_size"),
        detail: text("detail"),
      });
    } else {
      const side = text("side");
      if (side !== "buy" && side !== "sell")
        return malformed(`column "side" is ${JSON.stringify(side ?? "")}, not "buy" or "sell"`);
      const [price, size] = [needed("price"), needed("size")];
      context.liquidation({ ...at, channel: format, id: text("id"), side, price, size, priceKind: "execution" });
    }
    return undefined;
  }

  /** A column that is to be a number and is none; empty is none where the column is optional. */
  #wrongNumber(): RowRefusal | undefined {
    for (const { place, name, role } of this.#layout.fields) {
      if (role.kind !== "field" || role.isText === true) continue;
      const text = this.#textAt(place);
      if (DECIMAL.test(text) || (text === "" && role.isOptional === true)) continue;
      return malformed(`column "${name}" is ${JSON.stringify(text.slice(0, FIELD_TEXT_MAX))}, not a decimal number`);
    }
    return undefined;
  }

  #field(name: string): string | undefined {
    const field = this.#layout.fields.find(({ role }) => role.kind === "field" && role.name === name);
    const text = field === undefined ? "" : this.#textAt(field.place);
    if (text === "") return undefined;
    const implied = field?.role.kind === "field" ? (field.role.impliedDecimals ?? 0) : 0;
    return implied === 0 ? text : `${text}e-${implied}`;
  }

  #textAt(place: number): string {
    const { bytes, starts, ends, count } = this.#rows;
    return place >= count ? "" : latin1(bytes, starts[place] ?? 0, ends[place] ?? 0);
  }

  #isKnown({ venue, rawSymbol }: HeadListing, us: number): boolean {
    return this.#known.some(
      (span) => us >= span.fromUs && us <= span.toUs && span.rawSymbol === rawSymbol && span.venue === venue,
    );
  }

  #refuse({ reason, detail }: RowRefusal, bytes: Uint8Array, place: RowPlace, context: VenueDataContext): void {
    const row = latin1(bytes, place.start, Math.min(place.end, place.start + FIELD_TEXT_MAX));
    const where = `${this.#head.text}, row ${place.line}: ${detail}; the row is ${JSON.stringify(row)}`;
    this.#counts.refused += 1;
    this.#refusals.push({ reason, detail: where });
    const [only, ...others] = this.#head.listings;
    const rawSymbol = others.length === 0 ? only?.rawSymbol : undefined;
    context.refuse(reason, where, { ...(rawSymbol === undefined ? {} : { rawSymbol }), frameIndex: place.index });
  }
}

const DECIMAL = /^-?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,4})?$/;

function malformed(detail: string): RowRefusal {
  return { reason: "malformed", detail };
}
