import {
  type DecodeContext,
  type DecodedListing,
  NO_ID_NUMBER,
  type RefusalReason,
  SIDE_BUY,
  SIDE_SELL,
  SIDE_UNKNOWN,
  STORED_SCALE,
  TRADE_FLAGS,
} from "../../domain/index.ts";
import { type ColumnRole, FIELD_TEXT_MAX, type TableFormat } from "../format.ts";
import type { HeadListing, PieceHead } from "../piece-head.ts";
import { JsonRows } from "./json-rows.ts";
import { MadeIds } from "./made-ids.ts";
import { latin1, readDecimal, readWhole } from "./numbers.ts";
import type { RowPlace } from "./piece-lines.ts";
import { Remembered } from "./remembered.ts";
import { CsvRows, type RowReader } from "./row-fields.ts";
import { RowTimes } from "./row-times.ts";
import { RunCursor } from "./run-cursor.ts";
import { layoutOf, type PlacedColumn, type TableLayout } from "./table-layout.ts";

const ID_TEXT_MAX = 256;
const EXECUTIONS_MAX = 0xffff_ffff;
const FRAME_INDEX_MAX = 65_535;

/** A refusal on its way out of a row. */
interface Problem {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Reads the rows of one file's pieces into trades. */
export class PieceRows {
  readonly #table: TableFormat;
  readonly #layout: TableLayout;
  readonly #reader: RowReader;
  readonly #times: RowTimes;
  readonly #ids: MadeIds | undefined;
  readonly #side: Remembered<number> | undefined;
  readonly #flagBits: readonly { readonly place: number; readonly bits: Remembered<number> }[];
  readonly #listings: readonly HeadListing[];
  readonly #text: string;
  #context: DecodeContext | undefined;
  readonly #symbols: Remembered<string> = new Remembered((text) => text);
  /** Of this context: the listing found last, and for what. */
  #last: DecodedListing | undefined;
  #lastSymbol: string | undefined;
  #lastMarket: string | undefined;
  #rawSymbol: string | undefined;
  readonly #number = { start: 0, end: 0, scale: 0 };
  readonly #repeated = new RunCursor();
  readonly #conflicting = new RunCursor();

  private constructor(table: TableFormat, layout: TableLayout, times: RowTimes, head: PieceHead) {
    this.#table = table;
    this.#layout = layout;
    this.#times = times;
    this.#listings = head.listings;
    this.#text = head.text;
    this.#reader = table.text === "csv" ? new CsvRows(table.delimiter) : new JsonRows(layout.names);
    this.#ids = layout.identity.length === 0 ? undefined : new MadeIds(layout.identity, head.date);
    const side = layout.of.side ?? layout.of.buyerIsMaker;
    this.#side = side === undefined ? undefined : new Remembered(sideReader(side.role));
    this.#flagBits = layout.flags.map(({ place, role }) => ({
      place,
      bits: new Remembered((text) => bitsOf(role, text)),
    }));
  }

  /** @returns or why this file cannot be read */
  static of(table: TableFormat, head: PieceHead): PieceRows | string {
    const layout = layoutOf(table, head.header);
    if (typeof layout === "string") return layout;
    const times = RowTimes.of(table, layout, head.date);
    return typeof times === "string" ? times : new PieceRows(table, layout, times, head);
  }

  begin(context: DecodeContext, head: PieceHead): void {
    if (context !== this.#context) this.#last = undefined;
    this.#context = context;
    this.#ids?.begin();
    this.#repeated.begin(head.repeated);
    this.#conflicting.begin(head.conflicting);
    this.#rawSymbol = head.listings.length === 1 ? head.listings[0]?.rawSymbol : undefined;
  }

  /** Appends the row, or refuses it. */
  read(bytes: Uint8Array, place: RowPlace): void {
    const context = this.#context;
    if (context === undefined) return;
    const problem = this.#read(bytes, place, context);
    if (problem === undefined) return;
    const { reason, detail } =
      typeof problem === "string" ? { reason: "malformed" as const, detail: problem } : problem;
    const row = latin1(bytes, place.start, Math.min(place.end, place.start + FIELD_TEXT_MAX));
    context.refuse(reason, `${this.#text}, row ${place.line}: ${detail}; the row is ${JSON.stringify(row)}`, {
      ...(this.#rawSymbol === undefined ? {} : { rawSymbol: this.#rawSymbol }),
      frameIndex: place.index,
      record: bytes.subarray(place.start, place.end),
    });
  }

  #read(bytes: Uint8Array, place: RowPlace, context: DecodeContext): Problem | string | undefined {
    const wrong = this.#reader.read(bytes, place.start, place.end);
    if (wrong !== undefined) return wrong;
    const { of, countMin, names } = this.#layout;
    const { fields } = this.#reader;
    if (fields.count < countMin)
      return `it has ${fields.count} columns; column ${JSON.stringify(names[fields.count] ?? fields.count)} is missing`;
    if (place.index > FRAME_INDEX_MAX) return `a piece has at most ${FRAME_INDEX_MAX + 1} rows`;
    if (!this.#times.read(fields)) return this.#wrong(this.#times.column, this.#times.expected);
    const listing = this.#listing(context);
    if (!("index" in listing)) return listing;
    const { trades } = context;
    const row = trades.nextRow();
    trades.listing[row] = listing.index;
    const amounts = this.#readAmounts(context, row, listing.unitExponent);
    if (amounts !== undefined) return amounts;
    trades.eventTimeUs[row] = this.#times.us;
    trades.eventTimeNanos[row] = this.#times.nanos;
    const side = of.side ?? of.buyerIsMaker;
    const taker = side === undefined ? SIDE_UNKNOWN : (this.#side?.of(fields, side.place) ?? NO_SIDE);
    if (side !== undefined && taker === NO_SIDE) return this.#wrong(side, sidesOf(side.role));
    trades.side[row] = taker;
    const id = this.#readId(context, row);
    if (id !== undefined) return id;
    trades.flags[row] = this.#flags();
    trades.frameIndex[row] = place.index;
    trades.executions[row] = 1;
    const executions = this.#readExecutions(context, row);
    if (executions !== undefined) return executions;
    // Read to its end all the same: ids that K2 makes count the rows before.
    if (this.#conflicting.has(place.index))
      return { reason: "conflicting_duplicate", detail: "its id is that of a trade with another price or size" };
    if (!this.#repeated.has(place.index)) trades.length = row + 1;
    return undefined;
  }

  #readAmounts({ trades }: DecodeContext, row: number, unitExponent: number): Problem | undefined {
    const { price, size } = this.#layout.of;
    const implied = price?.role.kind === "price" ? (price.role.impliedDecimals ?? 0) : 0;
    return (
      this.#readAmount(price, trades.price, row, STORED_SCALE + unitExponent - implied) ??
      this.#readAmount(size, trades.size, row, STORED_SCALE - unitExponent)
    );
  }

  #readAmount(
    column: PlacedColumn | undefined,
    into: DecodeContext["trades"]["price"],
    row: number,
    scale: number,
  ): Problem | undefined {
    const { bytes, starts, ends } = this.#reader.fields;
    const place = column?.place ?? -1;
    const number = this.#number; // One for all: two of them a row cost more than reading the digits.
    number.start = starts[place] ?? 0;
    number.end = ends[place] ?? 0;
    number.scale = scale;
    const problem = readDecimal(into, row, bytes, number);
    if (problem === undefined || column === undefined) return undefined;
    if (problem === "malformed") return { reason: problem, detail: this.#wrong(column, "a decimal number") };
    const what = column.role.kind === "price" ? "price" : "size";
    const expected = `above zero and exact in decimal(18,${STORED_SCALE}) at the listing's unit`;
    return { reason: `${problem}_${what}`, detail: this.#wrong(column, expected) };
  }

  #readId({ trades }: DecodeContext, row: number): string | undefined {
    const column = this.#layout.of.id;
    const { fields } = this.#reader;
    trades.sequence.setNumber(row, 0);
    if (column === undefined) {
      const made = this.#ids?.idOf(fields, this.#times.us, this.#times.nanos);
      if (made === undefined) return "it is earlier than the row before; rows without ids must be in the order of time";
      return setText(trades, row, made);
    }
    const start = fields.starts[column.place] ?? 0;
    const end = fields.ends[column.place] ?? 0;
    const number = readWhole(fields.bytes, start, end);
    const prefix = column.role.kind === "id" ? column.role.prefix : undefined;
    if (number < 0 || (end - start > 1 && fields.bytes[start] === 0x30)) {
      if (prefix !== undefined) return this.#wrong(column, "a whole number");
      return this.#setTextId(trades, row, this.#textOf(column));
    }
    trades.sequence.setNumber(row, number);
    if (prefix !== undefined) return setText(trades, row, prefix + number);
    trades.idNumber.setNumber(row, number);
    trades.idText[row] = undefined;
    return undefined;
  }

  /** An id of other than up to 15 digits: a number to 2^63 - 1, or a text. */
  #setTextId(trades: DecodeContext["trades"], row: number, text: string): string | undefined {
    if (!/^[1-9]\d{15,18}$/.test(text) || BigInt(text) >= 2n ** 63n) return setText(trades, row, text);
    trades.idNumber.set(row, BigInt(text));
    trades.idText[row] = undefined;
    trades.sequence.set(row, BigInt(text));
    return undefined;
  }

  #readExecutions({ trades }: DecodeContext, row: number): string | undefined {
    const { firstId, lastId } = this.#layout.of;
    if (firstId === undefined || lastId === undefined) return undefined;
    const { bytes, starts, ends } = this.#reader.fields;
    const first = readWhole(bytes, starts[firstId.place] ?? 0, ends[firstId.place] ?? 0);
    const last = readWhole(bytes, starts[lastId.place] ?? 0, ends[lastId.place] ?? 0);
    if (first < 0) return this.#wrong(firstId, "a whole number");
    if (last < first || last - first >= EXECUTIONS_MAX) return this.#wrong(lastId, "an id from the first one on");
    trades.executions[row] = last - first + 1;
    return undefined;
  }

  #flags(): number {
    let bits = this.#table.flags | (this.#ids === undefined ? 0 : TRADE_FLAGS.syntheticId);
    for (const { place, bits: remembered } of this.#flagBits) bits |= remembered.of(this.#reader.fields, place);
    return bits;
  }

  #listing(context: DecodeContext): DecodedListing | Problem {
    const { of } = this.#layout;
    const { fields } = this.#reader;
    const symbol = of.symbol === undefined ? undefined : this.#symbols.of(fields, of.symbol.place);
    const market = of.market === undefined ? undefined : this.#symbols.of(fields, of.market.place);
    if (symbol !== undefined) this.#rawSymbol = symbol;
    if (this.#last !== undefined && symbol === this.#lastSymbol && market === this.#lastMarket) return this.#last;
    const found = this.#findListing(context, symbol, market);
    if ("reason" in found || found.isProvisional === true) return found;
    this.#last = found;
    this.#lastSymbol = symbol;
    this.#lastMarket = market;
    return found;
  }

  #findListing(
    context: DecodeContext,
    symbol: string | undefined,
    market: string | undefined,
  ): DecodedListing | Problem {
    const named = this.#listings.find(
      (listing) =>
        (symbol === undefined || listing.rawSymbol === symbol) &&
        (market === undefined || listing.market === undefined || listing.market === market),
    );
    if (named === undefined) {
      const seen = market === undefined ? JSON.stringify(symbol) : `${JSON.stringify(symbol)} of ${market}`;
      return { reason: "unknown_symbol", detail: `${seen} is not among the symbols of this import` };
    }
    const size = this.#textAt(this.#layout.of.size);
    const found = context.listing(named.rawSymbol, this.#naturalPrice(), size, this.#times.us, named);
    return found ?? { reason: "unknown_symbol", detail: `${JSON.stringify(named.rawSymbol)} is not configured` };
  }

  #naturalPrice(): string {
    const { price } = this.#layout.of;
    const text = this.#textAt(price);
    const implied = price?.role.kind === "price" ? (price.role.impliedDecimals ?? 0) : 0;
    return implied === 0 ? text : `${text}e-${implied}`;
  }

  #textAt(column: PlacedColumn | undefined): string {
    return column === undefined ? "" : this.#textOf(column);
  }

  #textOf({ place }: PlacedColumn): string {
    const { bytes, starts, ends, count } = this.#reader.fields;
    return place >= count ? "" : latin1(bytes, starts[place] ?? 0, ends[place] ?? 0);
  }

  #wrong(column: PlacedColumn, expected: string): string {
    const text = this.#textOf(column);
    const seen = JSON.stringify(text.length > FIELD_TEXT_MAX ? `${text.slice(0, FIELD_TEXT_MAX)}…` : text);
    return `column "${column.name}" is ${seen}, not ${expected}`;
  }
}

const NO_SIDE = -1;

function setText(trades: DecodeContext["trades"], row: number, text: string): string | undefined {
  if (text.length === 0 || text.length > ID_TEXT_MAX)
    return `the trade id has ${text.length} characters; it has 1 to ${ID_TEXT_MAX}`;
  trades.idNumber.setNumber(row, NO_ID_NUMBER);
  trades.idText[row] = text;
  return undefined;
}

function bitsOf(role: ColumnRole, text: string): number {
  return role.kind === "flag" && role.when.includes(text) ? role.flag : 0;
}

function sideReader(role: ColumnRole): (text: string) => number {
  if (role.kind === "buyerIsMaker") {
    return (text) => {
      const plain = text.toLowerCase();
      if (plain === "true" || plain === "1") return SIDE_SELL;
      return plain === "false" || plain === "0" ? SIDE_BUY : NO_SIDE;
    };
  }
  const sides = new Map<string, number>();
  if (role.kind === "side") {
    for (const text of role.unknown ?? []) sides.set(text, SIDE_UNKNOWN);
    for (const text of role.buy) sides.set(text, SIDE_BUY);
    for (const text of role.sell) sides.set(text, SIDE_SELL);
  }
  return (text) => sides.get(text) ?? NO_SIDE;
}

function sidesOf(role: ColumnRole): string {
  if (role.kind !== "side") return "true or false";
  return [...role.buy, ...role.sell, ...(role.unknown ?? [])].map((text) => JSON.stringify(text)).join(" or ");
}
