import {
  type DecodedListing,
  L3_APPLIED,
  type L3Book,
  ORDER_ADD,
  ORDER_EXECUTE,
  ORDER_MODIFY,
  ORDER_REMOVE,
  type RestingOrder,
} from "../../domain/index.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { type OrderDesk, type SavedBook, storedPrice, storedSize } from "../decode/order-desk.ts";
import type { FullEvent } from "./full-message.ts";
import type { SnapshotOrder } from "./full-snapshot.ts";

/** What an event did. */
export type FullOutcome =
  /** The levels that it changed; none where it is of an order that does not rest. */
  | { readonly levels: readonly LevelText[] }
  /** A number of it does not fit the listing: not taken. */
  | { readonly unfit: readonly LevelText[] }
  /** It cannot be so in the book as it is known: the book is wrong. */
  | { readonly contradiction: string };

const NOTHING: FullOutcome = { levels: [] };
const ORDERS_MAX = 1_000_000;

/** The book, and the venue's ids by their numbers in it. */
export interface SavedFullBook {
  readonly book: SavedBook;
  readonly ids: readonly (readonly [number: string, id: string])[];
  readonly next: string;
}

/**
 * The resting orders of one product. The venue names orders by UUIDs; in the book they have numbers, given as they come.
 *
 * Its messages stand in the venue's order, for their sequence proves it: no dead orders need to be remembered.
 */
export class FullBook {
  readonly book: L3Book;
  readonly #desk: OrderDesk;
  readonly #numbers = new Map<string, bigint>();
  #next = 1n;

  constructor(desk: OrderDesk) {
    this.#desk = desk;
    this.book = desk.begin({ ordersMax: ORDERS_MAX });
  }

  /** Fills it with a snapshot's orders. @returns what is wrong with one that cannot be taken */
  fill(orders: readonly SnapshotOrder[], listing: DecodedListing): string | undefined {
    for (const { id, side, price, size } of orders) {
      const outcome = this.take({ kind: "open", id, side, price, size }, listing);
      if ("contradiction" in outcome) return outcome.contradiction;
      if ("unfit" in outcome) return `price ${price} or size ${size} of order ${id} does not fit`;
    }
    return undefined;
  }

  levels(listing: DecodedListing): readonly LevelText[] {
    return this.#desk.levels(this.book, listing);
  }

  take(event: FullEvent, listing: DecodedListing): FullOutcome {
    const number = this.#numbers.get(event.id);
    if (event.kind === "open") return this.#open(event, number, listing);
    if (number === undefined) return event.kind === "match" ? unknownMaker(event) : NOTHING;
    const order = this.book.levels.order(number);
    if (order === undefined) return NOTHING;
    switch (event.kind) {
      case "match":
        return this.#match(event, order, listing);
      case "done":
        return this.#done(event, order, listing);
      case "change":
        return this.#change(event, order, listing);
    }
  }

  save(): SavedFullBook {
    const ids = Array.from(this.#numbers, ([id, number]) => [String(number), id] as const);
    return { book: this.#desk.save(this.book), ids, next: String(this.#next) };
  }

  restore({ book, ids, next }: SavedFullBook): void {
    this.#desk.restore(this.book, book);
    for (const [number, id] of ids) this.#numbers.set(id, BigInt(number));
    this.#next = BigInt(next);
  }

  #open(event: FullEvent, number: bigint | undefined, listing: DecodedListing): FullOutcome {
    if (number !== undefined) return { contradiction: `order ${event.id} opens, and rests already` };
    const stored = storedOf(event, listing);
    if ("unfit" in stored) return stored;
    const verdict = this.#desk.apply(this.book, { action: ORDER_ADD, id: this.#next, side: event.side, ...stored });
    if (verdict !== L3_APPLIED)
      return { contradiction: `order ${event.id} of ${event.size} at ${event.price} cannot rest` };
    this.#numbers.set(event.id, this.#next);
    this.#next += 1n;
    return { levels: this.#desk.changed(listing) };
  }

  #match(event: FullEvent, order: RestingOrder, listing: DecodedListing): FullOutcome {
    const stored = storedOf(event, listing);
    if ("unfit" in stored) return stored;
    const { price, size } = stored;
    if (order.side !== event.side || order.price !== price || size <= 0n || size > order.size)
      return {
        contradiction: `a match of ${event.size} at ${event.price} of order ${event.id}, which rests otherwise`,
      };
    if (size === order.size) this.#numbers.delete(event.id);
    return this.#apply({ ...order, action: ORDER_EXECUTE, size }, event, listing);
  }

  #done(event: FullEvent, order: RestingOrder, listing: DecodedListing): FullOutcome {
    this.#numbers.delete(event.id);
    return this.#apply({ ...order, action: ORDER_REMOVE }, event, listing);
  }

  #change(event: FullEvent, order: RestingOrder, listing: DecodedListing): FullOutcome {
    if (order.side !== event.side) return { contradiction: `order ${event.id} changes, and rests on the other side` };
    const stored = storedOf(event, listing);
    if ("unfit" in stored) return stored;
    if (stored.size === 0n) this.#numbers.delete(event.id);
    return this.#apply({ ...order, action: ORDER_MODIFY, ...stored }, event, listing);
  }

  #apply(order: RestingOrder & { readonly action: number }, event: FullEvent, listing: DecodedListing): FullOutcome {
    return this.#desk.apply(this.book, order) === L3_APPLIED
      ? { levels: this.#desk.changed(listing) }
      : { contradiction: `${event.kind} of order ${event.id} is beyond what the book can hold` };
  }
}

function unknownMaker({ id }: FullEvent): FullOutcome {
  return { contradiction: `a match of order ${id}, which does not rest` };
}

function storedOf(
  { side, price = "", size = "" }: FullEvent,
  listing: DecodedListing,
): { readonly price: bigint; readonly size: bigint } | { readonly unfit: readonly LevelText[] } {
  const [storedPriceOf, storedSizeOf] = [storedPrice(price, listing), storedSize(size, listing)];
  return storedPriceOf === undefined || storedSizeOf === undefined
    ? { unfit: [{ side, price, size }] }
    : { price: storedPriceOf, size: storedSizeOf };
}
