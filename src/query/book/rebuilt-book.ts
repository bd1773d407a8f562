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
import type { StandingBook } from "./book-answer.ts";
import { BookNotFoundError } from "./book-errors.ts";
import { type BookSources, type FoundSnapshot, quoted } from "./book-snapshot.ts";

/** A row of levels, in the order of the SELECTs below. */
type LevelRow = readonly [side: string | null, price: string | null, size: string | null];
type ChangesRow = readonly [count: number, levels: string];

/** Rows that are read of one snapshot on: more is not a book that changes, but snapshots of an older K2, too far apart. */
const CHANGES_MAX = 2_000_000;
/** Frames whose levels come as one text: a row a level would cost six times as much. */
const FRAMES_A_ROW = 256;
/** What the last level of a message says of it; see #apply. */
const MESSAGE = `CASE WHEN contains(flags, 'last') THEN concat_ws(' ', '', (action = 'snapshot')::INT, contains(flags, 'maybeBad')::INT,
  epoch_us(ts_recv), _raw_offset, frame_index, sequence) ELSE '' END`;
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
export class RebuiltBook implements StandingBook {
  readonly #listing: Listing;
  readonly #snapshot: FoundSnapshot;
  readonly #book: OrderBook;
  /** Where the snapshot was cut, levels beyond its last price are not all known; undefined where it was not. */
  #worstBid: bigint | undefined;
  #worstAsk: bigint | undefined;
  #timeUs: number;
  #changes = 0;
  #sequence: string | null;
  #rawOffset: number;
  #frameIndex: number;
  #unprovenUs: number | undefined;

  constructor(listing: Listing, snapshot: FoundSnapshot) {
    this.#listing = listing;
    this.#snapshot = snapshot;
    this.#timeUs = snapshot.timeUs;
    this.#sequence = snapshot.sequence;
    this.#rawOffset = snapshot.rawOffset;
    this.#frameIndex = snapshot.frameIndex;
    this.#book = new OrderBook(snapshot.depth === null ? {} : { depthMax: snapshot.depth });
  }

  get snapshot(): StandingBook["snapshot"] {
    return { ...this.#snapshot, checksum: this.#snapshot.checksum === "ok" ? "ok" : "none" };
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
  get rawPartition(): number {
    return this.#snapshot.rawPartition;
  }
  get rawOffset(): number {
    return this.#rawOffset;
  }
  get frameIndex(): number {
    return this.#frameIndex;
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
    const { rows } = await store.query(
      `SELECT count(*)::DOUBLE, string_agg(if(side = 'bid', 'b', 'a') || price || ' ' || size || ${MESSAGE}, ',' ORDER BY _raw_offset, frame_index, level_index)
       FROM (SELECT * FROM ${relation} WHERE ${this.#isOurs(">")} LIMIT ${CHANGES_MAX + 1})
       GROUP BY _raw_offset // ${FRAMES_A_ROW} ORDER BY _raw_offset // ${FRAMES_A_ROW}`,
      { signal, rowsMax: CHANGES_MAX + 1 },
    );
    const texts = rows as unknown as readonly ChangesRow[];
    if (texts.reduce((sum, [count]) => sum + count, 0) > CHANGES_MAX) {
      throw new BookNotFoundError(
        `The book of ${this.#listing.symbol} at ${this.#listing.venue} changed more than ${CHANGES_MAX} times since the last whole one. ` +
          "Ask for a time sooner after it: silver.book_snapshots has when",
      );
    }
    const levels = new BookLevels();
    for (const [, text] of texts) for (const level of text.split(",")) this.#apply(level, levels);
  }

  /**
   * A level: its side, price and size; of the last of a message more. Message by message: one whose end is not visible yet
   * has not come yet.
   */
  #apply(text: string, levels: BookLevels): void {
    const [price = "", size = "", isWhole, isBad, timeUs, rawOffset, frameIndex, sequence] = text.split(" ");
    levels.push(price.startsWith("b") ? BID : ASK, { price: mantissa(price.slice(1)), size: mantissa(size) });
    if (isWhole === undefined) return;
    if (isWhole === "1") {
      this.#book.replace(levels);
      this.#worstBid = undefined;
      this.#worstAsk = undefined;
    } else this.#book.apply(levels);
    this.#timeUs = Number(timeUs);
    if (isBad !== "1") this.#unprovenUs = undefined;
    else this.#unprovenUs ??= this.#timeUs;
    this.#sequence = sequence ?? null;
    this.#rawOffset = Number(rawOffset);
    this.#frameIndex = Number(frameIndex);
    this.#changes += 1;
    levels.clear();
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
