import {
  ASK,
  BID,
  BookLevels,
  type DecodedListing,
  formatShortest,
  L3Book,
  type L3BookOptions,
  ORDER_ADD,
  OrderEvents,
  parseDecimal,
  rescaled,
  STORED_SCALE,
} from "../../domain/index.ts";
import type { LevelText } from "./book-levels-text.ts";

/** What a venue tells of one order, its numbers as stored mantissas; 0 where the action needs none. */
interface ToldOrder {
  /** ORDER_ADD and the rest. */
  readonly action: number;
  readonly id: bigint;
  readonly side: number;
  readonly price?: bigint;
  readonly size?: bigint;
}

/** An order, its price and size as stored mantissas. */
type SavedOrder = readonly [id: string, side: number, price: string, size: string];

/** A book of orders as a value of JSON. */
export interface SavedBook {
  readonly orders: readonly SavedOrder[];
  /** Halves of their ids, the oldest first. */
  readonly dead: readonly (readonly [high: number, low: number])[];
}

/** Puts what venues tell of orders into books of orders, and tells what it did to their levels. For all books of a reader. */
export class OrderDesk {
  readonly #events = new OrderEvents(1);
  readonly #changes = new BookLevels(4);
  readonly #levels = new BookLevels();

  /** A book without an order and without a doubt: a snapshot of every order follows. */
  begin(options: Omit<L3BookOptions, "changes">): L3Book {
    const book = new L3Book({ ...options, changes: this.#changes });
    book.begin();
    return book;
  }

  /** @param book that this desk began. @returns L3_APPLIED and the rest */
  apply(book: L3Book, { action, id, side, price = 0n, size = 0n }: ToldOrder): number {
    this.#events.clear();
    this.#events.push({ action, order: id, side, price, size });
    this.#changes.clear();
    return book.apply(this.#events, 0);
  }

  /** All orders of a book, those of one price in the order in which they are served, and the dead that it remembers. */
  save(book: L3Book): SavedBook {
    const orders: SavedOrder[] = [];
    for (const side of [BID, ASK])
      for (let rank = 0; rank < book.levels.depth(side); rank += 1)
        for (const { id, price, size } of book.levels.ordersAt(side, rank))
          orders.push([String(id), side, String(price), String(size)]);
    return { orders, dead: [...book.dead.ids()] };
  }

  /** Fills a book that this desk began. */
  restore(book: L3Book, { orders, dead }: SavedBook): void {
    for (const [id, side, price, size] of orders)
      this.apply(book, { action: ORDER_ADD, id: BigInt(id), side, price: BigInt(price), size: BigInt(size) });
    for (const [high, low] of dead) book.dead.add(high, low);
  }

  /** The levels that the last event changed, each once, with the size that rests there now. */
  changed(listing: DecodedListing): readonly LevelText[] {
    return levelTexts(this.#changes, listing);
  }

  /** All levels of a book. */
  levels(book: L3Book, listing: DecodedListing): readonly LevelText[] {
    this.#levels.clear();
    book.levels.copyLevels(this.#levels);
    return levelTexts(this.#levels, listing);
  }
}

/** The mantissa of a price as it is stored; undefined where it has digits beyond. */
export function storedPrice(text: string, { unitExponent }: DecodedListing): bigint | undefined {
  return rescaled(parseDecimal(text), STORED_SCALE + unitExponent);
}

export function storedSize(text: string, { unitExponent }: DecodedListing): bigint | undefined {
  return rescaled(parseDecimal(text), STORED_SCALE - unitExponent);
}

function levelTexts(levels: BookLevels, { unitExponent }: DecodedListing): readonly LevelText[] {
  const texts = new Map<string, LevelText>();
  for (let row = 0; row < levels.length; row += 1) {
    const side = levels.side[row] === BID ? BID : ASK;
    const price = formatShortest({ mantissa: levels.price.get(row), scale: STORED_SCALE + unitExponent });
    const size = formatShortest({ mantissa: levels.size.get(row), scale: STORED_SCALE - unitExponent });
    texts.set(`${side} ${price}`, { side, price, size });
  }
  return [...texts.values()];
}
