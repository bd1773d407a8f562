import {
  type BookContext,
  BookLevels,
  type BookMessage,
  chooseUnitExponent,
  type DecodedListing,
  OrderBook,
  parseDecimal,
  type RefusalReason,
} from "../../domain/index.ts";

/** A level as stored mantissas. */
export type StoredLevel = readonly [side: number, price: bigint, size: bigint];

export interface SeenMessage extends BookMessage {
  readonly rawSymbol: string;
  readonly levels: readonly StoredLevel[];
}

export interface SeenRefusal {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly rawSymbol?: string;
  readonly frameIndex?: number;
}

export interface KeptBook {
  readonly book: OrderBook;
  isProven: boolean;
}

/**
 * What the stage after a book reader does, in short: keeps each listing's book by the verdicts, and checks it. Any symbol
 * is a listing unless `symbols` names those that are.
 */
export class KeepingContext implements BookContext {
  readonly levels: BookLevels = new BookLevels(4);
  readonly books: Map<string, KeptBook> = new Map();
  readonly refusals: SeenRefusal[] = [];
  readonly losses: string[] = [];
  /** What new listings were asked for with. */
  readonly asked: (readonly [rawSymbol: string, price: string, size: string])[] = [];
  /** Filled where `isCollecting`. */
  readonly messages: SeenMessage[] = [];
  readonly counts: Record<string, number> = {};
  /** Called after each message, when its levels are in the book. */
  onMessage: ((message: BookMessage, rawSymbol: string, kept: KeptBook) => void) | undefined;
  isCollecting = false;
  readonly #symbols: readonly string[] | undefined;
  readonly #unitExponent: number | undefined;
  #listings = new Map<string, DecodedListing>();
  #names: string[] = [];

  constructor({
    symbols,
    unitExponent,
  }: { readonly symbols?: readonly string[]; readonly unitExponent?: number } = {}) {
    this.#symbols = symbols;
    this.#unitExponent = unitExponent;
  }

  listing(rawSymbol: string, price: string, size: string): DecodedListing | undefined {
    const known = this.#listings.get(rawSymbol);
    if (known !== undefined || this.#symbols?.includes(rawSymbol) === false) return known;
    this.asked.push([rawSymbol, price, size]);
    const unitExponent = this.#unitExponent ?? chooseUnitExponent(parseDecimal(price), parseDecimal(size)) ?? 0;
    const listing = { index: this.#names.push(rawSymbol) - 1, unitExponent };
    this.#listings.set(rawSymbol, listing);
    return listing;
  }

  /** Knows the same listings as another, and no others. */
  shareListings(other: KeepingContext): void {
    this.#listings = other.#listings;
    this.#names = other.#names;
  }

  message(message: BookMessage): void {
    const rawSymbol = this.#names[message.listing.index] ?? "";
    this.#count(message.channel === "quote" ? "quote" : message.verdict);
    if (this.isCollecting) this.messages.push({ ...message, rawSymbol, levels: this.storedLevels() });
    const kept = this.#kept(`${message.channel} ${rawSymbol}`, message.depth);
    if (message.verdict === "replace") kept.book.replace(this.levels);
    else if (message.verdict === "apply") kept.book.apply(this.levels);
    if (message.verdict === "replace") kept.isProven = true;
    if (message.verdict === "gap") kept.isProven = false;
    if (message.verdict === "replace" || message.verdict === "apply") {
      if (kept.book.isCrossed) this.#count("crossed");
      if (message.checksum !== undefined)
        this.#count(message.checksum.of(kept.book) === message.checksum.expected ? "checksum" : "wrong checksum");
    }
    this.onMessage?.(message, rawSymbol, kept);
  }

  lost(detail: string): void {
    this.losses.push(detail);
    for (const kept of this.books.values()) kept.isProven = false;
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number } = {},
  ): void {
    this.refusals.push({ reason, detail, ...at });
  }

  /** All that it was told and asked, as plain values. */
  seen(): unknown {
    const messages = this.messages.map(({ checksum, ...rest }) => ({ ...rest, expected: checksum?.expected }));
    return [messages, this.refusals, this.losses, this.asked];
  }

  storedLevels(): readonly StoredLevel[] {
    const { length, side, price, size } = this.levels;
    return Array.from({ length }, (_, row) => [side[row] ?? -1, price.get(row), size.get(row)]);
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  #kept(key: string, depthMax: number | undefined): KeptBook {
    const known = this.books.get(key);
    if (known !== undefined) return known;
    const made = { book: new OrderBook(depthMax === undefined ? {} : { depthMax }), isProven: false };
    this.books.set(key, made);
    return made;
  }
}
