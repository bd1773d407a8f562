import {
  type BookContext,
  BookLevels,
  type BookMessage,
  type BookReader,
  type DecodedListing,
  OrderBook,
} from "../../src/domain/index.ts";
import { feedById } from "../../src/feeds/index.ts";
import type { BestLevel, BestLevels, BookKeeper, Sum } from "./book-keeper.ts";
import type { SceneFrame } from "./scene-frame.ts";

const STORED_UNIT = 1e8;

export interface K2KeeperOptions {
  readonly feed: string;
  readonly channel: string;
  /** Checks the venue's checksums too, where it sends any. */
  readonly checked?: boolean;
}

/** K2's readers and books, without the logs around them. */
export class K2Keeper implements BookKeeper, BookContext {
  readonly levels: BookLevels = new BookLevels();
  /** Messages that did not continue their book, and frames that were refused: none, on a whole recording. */
  problems = 0;
  levelCount = 0;
  readonly #reader: BookReader;
  readonly #snapshotUrl: (symbol: string) => string;
  readonly #books: OrderBook[] = [];
  readonly #listings = new Map<string, DecodedListing>();
  readonly #isChecked: boolean;
  readonly #sum: Sum;

  constructor({ feed, channel, checked = false }: K2KeeperOptions, sum: Sum) {
    const { books } = feedById(feed);
    if (books === undefined) throw new Error(`${feed} has no books`);
    this.#reader = books.createBookReader({ channels: [channel] });
    this.#snapshotUrl = (symbol) => books.snapshotRequest?.(symbol)?.url ?? "";
    this.#isChecked = checked;
    this.#sum = sum;
  }

  take({ bytes, snapshotOf }: SceneFrame): void {
    if (snapshotOf === undefined) this.#reader.read(bytes, this);
    else this.#reader.fetched?.(this.#snapshotUrl(snapshotOf), bytes, this);
  }

  best(symbol: string): BestLevels {
    const book = this.#books[this.#listings.get(symbol)?.index ?? -1];
    return { bid: bestOf(book?.bids), ask: bestOf(book?.asks) };
  }

  listing(rawSymbol: string): DecodedListing {
    const listing = this.#listings.get(rawSymbol) ?? { index: this.#listings.size, unitExponent: 0 };
    this.#listings.set(rawSymbol, listing);
    return listing;
  }

  message(message: BookMessage): void {
    const { verdict, listing, depth, checksum } = message;
    if (verdict === "old" || verdict === "early") return;
    if (verdict === "gap") this.problems += 1;
    this.levelCount += this.levels.length;
    let book = this.#books[listing.index];
    if (book === undefined) {
      book = new OrderBook(depth === undefined ? {} : { depthMax: depth });
      this.#books[listing.index] = book;
    }
    if (verdict === "replace") book.replace(this.levels);
    else book.apply(this.levels);
    if (book.bids.length > 0) this.#sum.value += book.bids.priceNumber(0);
    if (book.asks.length > 0) this.#sum.value += book.asks.priceNumber(0);
    if (this.#isChecked && checksum !== undefined && checksum.of(book) !== checksum.expected) this.problems += 1;
  }

  lost(): void {
    this.problems += 1;
  }

  refuse(): void {
    this.problems += 1;
  }
}

function bestOf(side: OrderBook["bids"] | undefined): BestLevel | undefined {
  if (side === undefined || side.length === 0) return undefined;
  return { price: Number(side.price(0)) / STORED_UNIT, size: Number(side.size(0)) / STORED_UNIT };
}
