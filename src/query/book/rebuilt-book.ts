import {
  ASK,
  BID,
  BOOK_CHANGES,
  BOOK_SNAPSHOTS,
  BookLevels,
  type BookSide,
  type Listing,
  OrderBook,
} from "../../domain/index.ts";
import { BookNotFoundError } from "./book-errors.ts";
import { type BookSources, type FoundSnapshot, quoted } from "./book-snapshot.ts";

/** A row of levels, in the order of the SELECTs below. */
type LevelRow = readonly [side: string | null, price: string | null, size: string | null];
type ChangeRow = readonly [
  side: string,
  price: string,
  size: string,
  action: string,
  flags: string,
  timeUs: number,
  sequence: string | null,
];

/** Changes that are applied to one snapshot: more is not a book that changes, but snapshots too far apart. */
const CHANGES_MAX = 2_000_000;
const CHANGE_COLUMNS = [
  "side",
  "price",
  "size",
  "action",
  "flags",
  "ts_recv",
  "sequence",
  "raw_symbol",
  "connection",
  "level_index",
  "frame_index",
  "_raw_partition",
  "_raw_offset",
];

/** The book at a time: a whole one that was written, and what changed since. */
export class RebuiltBook {
  readonly #listing: Listing;
  readonly #snapshot: FoundSnapshot;
  readonly #book: OrderBook;
  /** Where the snapshot was cut, levels beyond its last price are not all known; undefined where it was not. */
  #worstBid: bigint | undefined;
  #worstAsk: bigint | undefined;
  #timeUs: number;
  #changes = 0;
  #sequence: string | null;
  #unprovenUs: number | undefined;

  constructor(listing: Listing, snapshot: FoundSnapshot) {
    this.#listing = listing;
    this.#snapshot = snapshot;
    this.#timeUs = snapshot.timeUs;
    this.#sequence = snapshot.sequence;
    this.#book = new OrderBook(snapshot.depth === null ? {} : { depthMax: snapshot.depth });
  }

  /** Receive time of the last message. */
  get timeUs(): number {
    return this.#timeUs;
  }
  get changes(): number {
    return this.#changes;
  }
  get sequence(): string | null {
    return this.#sequence;
  }
  /** Receive time of the first message after which the book was not proven, where there is one. */
  get unprovenUs(): number | undefined {
    return this.#unprovenUs;
  }
  /** Whether these are all levels of the book. */
  get complete(): boolean {
    return this.#worstBid === undefined && this.#worstAsk === undefined;
  }

  /** The best levels that are known, mantissas. */
  bids(depth: number): readonly (readonly [price: bigint, size: bigint])[] {
    const worst = this.#worstBid;
    return levelsOf(this.#book.bids, depth, (price) => worst === undefined || price >= worst);
  }

  asks(depth: number): readonly (readonly [price: bigint, size: bigint])[] {
    const worst = this.#worstAsk;
    return levelsOf(this.#book.asks, depth, (price) => worst === undefined || price <= worst);
  }

  async read(atUs: number, from: BookSources): Promise<void> {
    await this.#readSnapshot(from);
    await this.#readChanges(atUs, from);
  }

  async #readSnapshot({ sources, store, signal }: BookSources): Promise<void> {
    const { timeUs, bidLevels, askLevels } = this.#snapshot;
    const relation = await sources.relation(BOOK_SNAPSHOTS, { ...this.#filter(), startUs: timeUs, endUs: timeUs + 1 });
    const { rows } =
      relation === undefined
        ? { rows: [] }
        : await store.query(
            `SELECT side, price, size FROM ${relation} WHERE ${this.#isOurs("=")} ORDER BY level_index`,
            { signal },
          );
    const levels = new BookLevels(Math.max(1, rows.length));
    for (const [side, price, size] of rows as unknown as readonly LevelRow[]) {
      if (side === null || price === null || size === null) continue; // The one row of a book without levels.
      levels.push(side === "bid" ? BID : ASK, { price: mantissa(price), size: mantissa(size) });
    }
    this.#book.replace(levels);
    const { bids, asks } = this.#book;
    this.#worstBid = bids.length < bidLevels ? bids.price(bids.length - 1) : undefined;
    this.#worstAsk = asks.length < askLevels ? asks.price(asks.length - 1) : undefined;
  }

  async #readChanges(atUs: number, { sources, store, signal }: BookSources): Promise<void> {
    const window = { startUs: this.#snapshot.timeUs, endUs: atUs + 1 };
    const relation = await sources.relation(BOOK_CHANGES, { ...this.#filter(), ...window, columns: CHANGE_COLUMNS });
    if (relation === undefined) return;
    const { rows, truncated } = await store.query(
      `SELECT side, price, size, action, flags, epoch_us(ts_recv)::DOUBLE, sequence::VARCHAR FROM ${relation}
       WHERE ${this.#isOurs(">")} ORDER BY _raw_offset, frame_index, level_index`,
      { signal, rowsMax: CHANGES_MAX },
    );
    if (truncated) {
      throw new BookNotFoundError(
        `The book of ${this.#listing.symbol} at ${this.#listing.venue} changed more than ${CHANGES_MAX} times since the last whole one. ` +
          "Set books.snapshotEveryMs lower, so that whole books lie closer together",
      );
    }
    this.#apply(rows as unknown as readonly ChangeRow[]);
  }

  /** Message by message; one whose end is not visible yet has not come yet. */
  #apply(rows: readonly ChangeRow[]): void {
    const levels = new BookLevels();
    for (const [side, price, size, action, flags, timeUs, sequence] of rows) {
      levels.push(side === "bid" ? BID : ASK, { price: mantissa(price), size: mantissa(size) });
      const names = flags.split(",");
      if (!names.includes("last")) continue;
      if (action === "snapshot") {
        this.#book.replace(levels);
        this.#worstBid = undefined;
        this.#worstAsk = undefined;
      } else this.#book.apply(levels);
      if (!names.includes("maybeBad")) this.#unprovenUs = undefined;
      else this.#unprovenUs ??= timeUs;
      this.#timeUs = timeUs;
      this.#sequence = sequence;
      this.#changes += 1;
      levels.clear();
    }
  }

  #filter(): { readonly symbols: readonly string[]; readonly venues: readonly string[] } {
    return { symbols: [this.#listing.symbol], venues: [this.#listing.venue] };
  }

  /** SQL: rows of the same connection at, or after, the snapshot. */
  #isOurs(comparison: "=" | ">"): string {
    const { connection, rawPartition, rawOffset, frameIndex } = this.#snapshot;
    return `raw_symbol = ${quoted(this.#listing.rawSymbol)} AND connection = ${quoted(connection)} AND _raw_partition = ${rawPartition}
      AND (_raw_offset, frame_index) ${comparison} (${rawOffset}, ${frameIndex})`;
  }
}

/** Stored decimals are text of scale 8. */
function mantissa(text: string): bigint {
  return BigInt(text.replace(".", ""));
}

function levelsOf(
  side: BookSide,
  depth: number,
  isKnown: (price: bigint) => boolean,
): readonly (readonly [price: bigint, size: bigint])[] {
  const levels: (readonly [bigint, bigint])[] = [];
  for (let rank = 0; rank < Math.min(side.length, depth); rank += 1) {
    const price = side.price(rank);
    if (!isKnown(price)) break;
    levels.push([price, side.size(rank)]);
  }
  return levels;
}
