import {
  type BookOutcome,
  type BookReader,
  type BookVerdict,
  type DecodedListing,
  L3_APPLIED,
  L3_DOUBTFUL,
  type L3Book,
  ORDER_ADD,
  ORDER_MODIFY,
  ORDER_REMOVE,
} from "../../domain/index.ts";
import { type BookDesk, type BookFormat, createBookReader } from "../decode/book-desk.ts";
import type { BookHead } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { type EarlyBudget, EarlyFrames, type SavedFrame } from "../decode/early-frames.ts";
import { isObject } from "../decode/lexeme-json.ts";
import { OrderDesk, type SavedBook, storedPrice, storedSize } from "../decode/order-desk.ts";
import { LIVE_ORDERS } from "./book-channels.ts";
import { readSnapshot, type Snapshot, snapshotText, symbolOfSnapshot } from "./book-snapshot.ts";
import { type LiveOrder, readLiveOrder } from "./live-order-message.ts";

/** Messages of orders are not in the venue's order: so many dead orders are remembered that none is born after its death. */
const DEAD_MAX = 100_000;

/**
 * Reads `live_orders`: keeps the book of each pair order by order (`L3Book`), and tells what an event did to its levels.
 * The book begins with a snapshot of all orders, by their ids.
 */
export function createLiveOrdersReader(): BookReader {
  return createBookReader(new LiveOrders());
}

interface OrdersState {
  /** undefined when the book is not proven. */
  book: L3Book | undefined;
  /** Events of that time and before are in the book's snapshot. */
  snapshotUs: number;
  readonly early: EarlyFrames;
  /** Of the message that is on its way to the desk. */
  verdict: BookVerdict;
  detail: string | undefined;
}

type SavedState = readonly [book: SavedBook | null, snapshotUs: number, early: readonly SavedFrame[]];

const ACTIONS: Readonly<Record<LiveOrder["event"], number>> = {
  order_created: ORDER_ADD,
  order_changed: ORDER_MODIFY,
  order_deleted: ORDER_REMOVE,
};

/** @see https://www.bitstamp.net/websocket/v2/, channel "Live orders" */
class LiveOrders implements BookFormat<OrdersState> {
  readonly isNumbered = false;
  readonly #budget: EarlyBudget = { bytes: 0 };
  readonly #orders = new OrderDesk();

  createState(saved?: unknown): OrdersState {
    const [kept, snapshotUs, frames] = (saved ?? [null, 0, []]) as SavedState;
    const early = new EarlyFrames(this.#budget);
    early.restore(frames);
    const book = kept === null ? undefined : this.#orders.begin({ deadMax: DEAD_MAX });
    if (book !== undefined && kept !== null) this.#orders.restore(book, kept);
    return { book, snapshotUs, early, verdict: "early", detail: undefined };
  }

  saveState({ book, snapshotUs, early }: OrdersState): SavedState {
    return [book === undefined ? null : this.#orders.save(book), snapshotUs, early.save()];
  }

  forget(state: OrdersState): void {
    state.book = undefined;
    state.early.takeAll();
    state.verdict = "gap";
  }

  take(state: OrdersState, head: BookHead): BookVerdict {
    if (state.verdict === "gap") head.detail = state.detail;
    return state.verdict;
  }

  readBytes(): undefined {
    return undefined;
  }

  readMessage(message: unknown, desk: BookDesk<OrdersState>): BookOutcome {
    const order = isObject(message) ? readLiveOrder(message) : undefined;
    if (order === undefined) return "other";
    if ("problem" in order) {
      desk.take({ ...order, channel: LIVE_ORDERS });
      return "book";
    }
    const { rawSymbol, time } = order;
    const entry = desk.table.named(rawSymbol);
    const levels = entry === undefined ? shown(order) : this.#tell(order, entry.state, entry.listing);
    desk.take({ rawSymbol, channel: LIVE_ORDERS, isSnapshot: false, levels, time, sequence: time.us });
    const state = entry?.state ?? desk.table.named(rawSymbol)?.state;
    if (state?.verdict === "early") state.early.keep(time.us, desk.cursor.bytes);
    return "book";
  }

  fetched(url: string, body: Uint8Array, desk: BookDesk<OrdersState>): BookOutcome {
    const rawSymbol = symbolOfSnapshot(url);
    if (rawSymbol === undefined) return "other";
    const parsed = desk.parsed(body);
    if (parsed === undefined) return "refused";
    const snapshot = readSnapshot(parsed.message);
    const text = snapshot === undefined ? undefined : snapshotText(snapshot, { rawSymbol, channel: LIVE_ORDERS });
    if (snapshot === undefined || text === undefined || "problem" in text) {
      desk.context.refuse("venue_error", "the answer to a request for a snapshot holds none", { rawSymbol });
      return "refused";
    }
    const entry = desk.table.named(rawSymbol);
    if (entry === undefined) return "other"; // Nothing came yet that could go on from it: another is asked for then.
    const { state } = entry;
    const book = this.#bookOf(state, snapshot, entry.listing);
    state.verdict = typeof book === "string" ? (state.book === undefined ? "gap" : "old") : "replace";
    state.detail = typeof book === "string" ? book : undefined;
    desk.take(text);
    if (typeof book === "string" || desk.table.named(rawSymbol)?.state.verdict !== "replace") return "book";
    state.book = book;
    state.snapshotUs = snapshot.microtimestamp;
    desk.readKept(state.early.takeAll(), desk.context);
    return "book";
  }

  /** The book of a snapshot that proves it, or why it does not. */
  #bookOf({ book, early }: OrdersState, snapshot: Snapshot, listing: DecodedListing): L3Book | string {
    if (book !== undefined) return "the book is proven already";
    const { first } = early;
    if (first === undefined || first > snapshot.microtimestamp)
      return `the snapshot is of ${snapshot.microtimestamp}, before the first event that was kept (${first}): another is needed`;
    const made = this.#orders.begin({ deadMax: DEAD_MAX });
    for (const { id, side, price, size } of snapshot.orders) {
      if (id === undefined || !/^\d{1,18}$/.test(id)) return "the snapshot has an order without an id";
      if (this.#apply(made, { action: ORDER_ADD, id: BigInt(id), side, price, size }, listing) === undefined)
        return "a price or an amount of the snapshot does not fit";
    }
    return made;
  }

  /** Sets the verdict on an event. @returns the levels that it changed */
  #tell(order: LiveOrder, state: OrdersState, listing: DecodedListing): readonly LevelText[] {
    const { book } = state;
    state.verdict = book === undefined ? "early" : order.time.us <= state.snapshotUs ? "old" : "apply";
    if (state.verdict !== "apply" || book === undefined) return shown(order);
    if (!order.isMarket) {
      const verdict = this.#apply(book, { ...order, action: ACTIONS[order.event] }, listing);
      // A number that does not fit is the desk's to refuse.
      if (verdict === undefined) return [order];
      if (verdict === L3_APPLIED || verdict === L3_DOUBTFUL) return this.#orders.changed(listing);
    }
    state.verdict = "old";
    return [];
  }

  /** @returns undefined, with nothing done, where a number does not fit */
  #apply(
    book: L3Book,
    event: LevelText & { readonly action: number; readonly id: bigint },
    listing: DecodedListing,
  ): number | undefined {
    const { action, id, side } = event;
    const price = storedPrice(event.price, listing);
    const size = storedSize(event.size, listing);
    return price === undefined || size === undefined
      ? undefined
      : this.#orders.apply(book, { action, id, side, price, size });
  }
}

/** A market order never rests: it is gone before it could be shown. */
function shown(order: LiveOrder): readonly LevelText[] {
  return order.isMarket ? [] : [order];
}
