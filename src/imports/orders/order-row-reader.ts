import {
  ASK,
  BID,
  type BookContext,
  type DecodedListing,
  type Int64Column,
  ORDER_ACTIONS,
  ORDER_SIDE_NONE,
  OrderEvents,
  STORED_SCALE,
} from "../../domain/index.ts";
import { recordedTimes } from "../books/book-columns.ts";
import { NO_PIECE, type PieceCounts, type PieceId, pieceId, type RowRefusal } from "../books/piece-counts.ts";
import { FIELD_TEXT_MAX, type TableFormat } from "../format.ts";
import type { HeadListing, KnownSpan, PieceHead } from "../piece-head.ts";
import { latin1, readDecimal, readWhole } from "../table/numbers.ts";
import type { RowPlace } from "../table/piece-lines.ts";
import { Remembered } from "../table/remembered.ts";
import { CsvRows } from "../table/row-fields.ts";
import { RowTimes } from "../table/row-times.ts";
import { layoutOf, type PlacedColumn, type TableLayout } from "../table/table-layout.ts";

const ORDER_DIGITS = /^\d{1,20}$/;
const ORDER_END = 2n ** 64n;

interface OrderColumns {
  readonly action: PlacedColumn;
  readonly side: PlacedColumn;
  readonly order: PlacedColumn;
  readonly price: PlacedColumn;
  readonly size: PlacedColumn;
  readonly sequence: PlacedColumn;
  readonly flags: PlacedColumn;
  readonly symbol: PlacedColumn | undefined;
}

/** Reads rows of one file's pieces as events of orders (orders-text.ts). */
export class OrderRowReader {
  readonly #columns: OrderColumns;
  readonly #countMin: number;
  readonly #rows: CsvRows;
  readonly #times: RowTimes;
  readonly #recorded: RowTimes;
  readonly #head: PieceHead;
  readonly #events = new OrderEvents(1);
  readonly #actions = new Remembered((text) => ORDER_ACTIONS.indexOf(text));
  readonly #symbols = new Remembered((text) => text);
  readonly #found = new Map<string, { readonly listing: DecodedListing; readonly named: HeadListing }>();
  #context: BookContext | undefined;
  #known: readonly KnownSpan[] = [];
  #piece: PieceId = NO_PIECE;
  #counts = { taken: 0, known: 0, refused: 0 };
  #refusals: RowRefusal[] = [];
  #firstUs: number | undefined;
  #lastUs: number | undefined;

  private constructor(
    table: TableFormat,
    columns: OrderColumns,
    { countMin }: TableLayout,
    times: { readonly event: RowTimes; readonly recorded: RowTimes },
    head: PieceHead,
  ) {
    this.#columns = columns;
    this.#countMin = countMin;
    this.#rows = new CsvRows(table.delimiter);
    this.#times = times.event;
    this.#recorded = times.recorded;
    this.#head = head;
  }

  /** @returns or why this file cannot be read */
  static of(format: TableFormat, head: PieceHead): OrderRowReader | string {
    const layout = layoutOf(format, head.header);
    if (typeof layout === "string") return layout;
    const columns = columnsOf(layout);
    const event = RowTimes.of(format, layout, head.date);
    const recorded = recordedTimes(format, layout, head.date);
    if (columns === undefined || recorded === undefined) return "its format names no orders";
    if (typeof event === "string") return event;
    if (typeof recorded === "string") return recorded;
    return new OrderRowReader(format, columns, layout, { event, recorded }, head);
  }

  begin(context: BookContext, head: PieceHead): void {
    if (context !== this.#context) this.#found.clear();
    this.#context = context;
    this.#known = head.known ?? [];
    this.#piece = pieceId(head);
    this.#counts = { taken: 0, known: 0, refused: 0 };
    this.#refusals = [];
    this.#firstUs = undefined;
    this.#lastUs = undefined;
  }

  end(): PieceCounts {
    return { ...this.#piece, ...this.#counts, refusals: this.#refusals, firstUs: this.#firstUs, lastUs: this.#lastUs };
  }

  read(bytes: Uint8Array, place: RowPlace): void {
    const context = this.#context;
    if (context === undefined) return;
    const problem = this.#read(bytes, place, context);
    if (problem === undefined) return;
    const row = latin1(bytes, place.start, Math.min(place.end, place.start + FIELD_TEXT_MAX));
    const { reason } = problem;
    const detail = `${this.#head.text}, row ${place.line}: ${problem.detail}; the row is ${JSON.stringify(row)}`;
    const [only, ...others] = this.#head.listings;
    this.#counts.refused += 1;
    this.#refusals.push({ reason, detail });
    context.refuse(reason, detail, {
      ...(only === undefined || others.length > 0 ? {} : { rawSymbol: only.rawSymbol }),
      frameIndex: place.index,
      record: bytes.subarray(place.start, place.end),
    });
  }

  #read(bytes: Uint8Array, { start, end, index }: RowPlace, context: BookContext): RowRefusal | undefined {
    const rows = this.#rows;
    const wrong = rows.read(bytes, start, end);
    if (wrong !== undefined) return malformed(wrong);
    if (rows.count < this.#countMin) return malformed(`it has ${rows.count} columns instead of ${this.#countMin}`);
    for (const times of [this.#times, this.#recorded])
      if (!times.read(rows)) return this.#wrong(times.column, times.expected);
    const found = this.#listing(context);
    if ("reason" in found) return found;
    const problem = this.#fill(found.listing);
    if (problem !== undefined) return problem;
    const { us } = this.#recorded;
    if (this.#isKnown(found.named, us)) {
      this.#counts.known += 1;
      return undefined;
    }
    this.#counts.taken += 1;
    this.#firstUs = Math.min(us, this.#firstUs ?? us);
    this.#lastUs = Math.max(us, this.#lastUs ?? us);
    context.order?.({ listing: found.listing, events: this.#events, row: 0, frameIndex: index });
    return undefined;
  }

  #fill({ unitExponent }: DecodedListing): RowRefusal | undefined {
    const events = this.#events;
    const { action, side, order, price, size, sequence, flags } = this.#columns;
    const { bytes, starts, ends } = this.#rows;
    const kind = this.#actions.of(this.#rows, action.place);
    if (kind < 0) return this.#wrong(action, "what happens to an order");
    const sideText = this.#textOf(side);
    const which = sideText === "bid" ? BID : sideText === "ask" ? ASK : ORDER_SIDE_NONE;
    if (which === ORDER_SIDE_NONE && sideText !== "") return this.#wrong(side, "a side");
    const problem = this.#readOrder(order);
    if (problem !== undefined) return problem;
    const amount =
      this.#readAmount(price, events.price, STORED_SCALE + unitExponent) ??
      this.#readAmount(size, events.size, STORED_SCALE - unitExponent);
    if (amount !== undefined) return amount;
    events.action[0] = kind;
    events.side[0] = which;
    events.flags[0] = Math.max(0, readWhole(bytes, starts[flags.place] ?? 0, ends[flags.place] ?? 0));
    events.sequence.setNumber(0, Math.max(0, readWhole(bytes, starts[sequence.place] ?? 0, ends[sequence.place] ?? 0)));
    events.eventTimeUs[0] = this.#times.us;
    events.eventTimeNanos[0] = this.#times.nanos;
    events.receiveTimeUs[0] = this.#recorded.us;
    events.receiveTimeNanos[0] = this.#recorded.nanos;
    return undefined;
  }

  /** 64 bits without a sign. */
  #readOrder(column: PlacedColumn): RowRefusal | undefined {
    const { bytes, starts, ends } = this.#rows;
    const small = readWhole(bytes, starts[column.place] ?? 0, ends[column.place] ?? 0);
    if (small >= 0) {
      this.#events.order.setNumber(0, small);
      return undefined;
    }
    const text = this.#textOf(column);
    const id = ORDER_DIGITS.test(text) ? BigInt(text) : ORDER_END;
    if (id >= ORDER_END) return this.#wrong(column, "an order's number of 64 bits");
    this.#events.order.set(0, BigInt.asIntN(64, id));
    return undefined;
  }

  /** Zero where the event has none. */
  #readAmount({ place, role, ...column }: PlacedColumn, into: Int64Column, scale: number): RowRefusal | undefined {
    const { bytes, starts, ends } = this.#rows;
    const at = { start: starts[place] ?? 0, end: ends[place] ?? 0, scale };
    into.setNumber(0, 0);
    if (at.end === at.start || (at.end === at.start + 1 && bytes[at.start] === 0x30)) return undefined;
    const problem = readDecimal(into, 0, bytes, at);
    if (problem === undefined) return undefined;
    const expected = `a number that decimal(18,${STORED_SCALE}) holds at the listing's unit`;
    const { detail } = this.#wrong({ place, role, ...column }, expected);
    return {
      reason: problem === "malformed" ? problem : `${problem}_${role.kind === "price" ? "price" : "size"}`,
      detail,
    };
  }

  #listing(context: BookContext): { readonly listing: DecodedListing; readonly named: HeadListing } | RowRefusal {
    const { symbol, price, size } = this.#columns;
    const text = symbol === undefined ? "" : this.#symbols.of(this.#rows, symbol.place);
    const known = this.#found.get(text);
    if (known !== undefined) return known;
    const named = this.#head.listings.find(({ rawSymbol }) => symbol === undefined || rawSymbol === text);
    if (named === undefined)
      return { reason: "unknown_symbol", detail: `${JSON.stringify(text)} is not among the symbols of this import` };
    const listing = context.listing(named.rawSymbol, this.#textOf(price), this.#textOf(size), named);
    // What clears a book says no price: any unit holds it, and the first order chooses the listing's.
    if (listing === undefined) return malformed("no order before it says what the numbers of its symbol are like");
    const found = { listing, named };
    this.#found.set(text, found);
    return found;
  }

  #isKnown({ venue, rawSymbol }: HeadListing, us: number): boolean {
    return this.#known.some(
      (span) => us >= span.fromUs && us <= span.toUs && span.rawSymbol === rawSymbol && span.venue === venue,
    );
  }

  #textOf({ place }: PlacedColumn): string {
    const { bytes, starts, ends, count } = this.#rows;
    return place >= count ? "" : latin1(bytes, starts[place] ?? 0, ends[place] ?? 0);
  }

  #wrong(column: PlacedColumn, expected: string): RowRefusal {
    const seen = JSON.stringify(this.#textOf(column).slice(0, FIELD_TEXT_MAX));
    return malformed(`column "${column.name}" is ${seen}, not ${expected}`);
  }
}

function malformed(detail: string): RowRefusal {
  return { reason: "malformed", detail };
}

function columnsOf({ of, fields }: TableLayout): OrderColumns | undefined {
  const field = (name: string): PlacedColumn | undefined =>
    fields.find(({ role }) => role.kind === "field" && role.name === name);
  const [action, flags] = [field("action"), field("flags")];
  const { side, id: order, price, size, sequence, symbol } = of;
  if (!action || !flags || !side || !order || !price || !size || !sequence) return undefined;
  return { action, flags, side, order, price, size, sequence, symbol };
}
