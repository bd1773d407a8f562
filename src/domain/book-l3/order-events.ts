import { Int64Column } from "../int64-column.ts";

/** What an event does to the book; values of OrderEvents.action. */
export const ORDER_NONE = 0;
/** A new order, with the size that rests. */
export const ORDER_ADD = 1;
/** The order's price and size as they are from now on. */
export const ORDER_MODIFY = 2;
/** So much of the order is taken back. */
export const ORDER_REDUCE = 3;
/** The whole order is taken back, whatever its size. */
export const ORDER_REMOVE = 4;
/** So much of the resting order was executed, and goes. */
export const ORDER_EXECUTE = 5;
/** No order rests any more: of this side, or of both where the side is ORDER_SIDE_NONE. */
export const ORDER_CLEAR = 6;
/** A trade that changes nothing by itself: of a hidden order, or told apart from the change of the book that follows. */
export const ORDER_TRADE = 7;
/** A resting order's share of such a trade; its change of the book follows too. */
export const ORDER_FILL = 8;
/** A halt, an auction, a resumption: the book stays as it is. */
export const ORDER_STATUS = 9;

export const ORDER_ACTIONS: readonly string[] = [
  "none",
  "add",
  "modify",
  "reduce",
  "remove",
  "execute",
  "clear",
  "trade",
  "fill",
  "status",
];

/** In OrderEvents.side beside BID and ASK: the source names no side. */
export const ORDER_SIDE_NONE = 2;

/** Facts about an event; bits of OrderEvents.flags. */
export const ORDER_FLAGS = {
  /** The last change of one event of the venue: before it the book is between two states. */
  last: 1,
  /** Part of a snapshot rather than something that happened. */
  snapshot: 2,
  /** The receive time is not to be believed. */
  badReceiveTime: 4,
  /** The source has lost messages before it: the book may be wrong. */
  maybeBadBook: 8,
  /** The order stands for the best level of a source that shows no orders. */
  topOfBook: 16,
  /** The order stands for a whole price level. */
  aggregated: 32,
} as const;

/**
 * Events of an order-by-order feed, by column, in their order. Order ids are 64 bits, signed or not; prices and sizes are
 * mantissas at the scale that the decoder names. Rows `0` to `length - 1` are valid. Cleared and filled again, batch
 * after batch, it allocates nothing.
 */
export class OrderEvents {
  length = 0;
  capacity: number;
  /** ORDER_ADD and the rest. */
  action: Uint8Array;
  /** BID, ASK or ORDER_SIDE_NONE: of the resting order, whatever the event. */
  side: Uint8Array;
  /** Bits of ORDER_FLAGS. */
  flags: Uint8Array;
  /** The source's number of the instrument; 0 where a file holds one instrument. */
  instrument: Uint32Array;
  readonly order: Int64Column;
  readonly price: Int64Column;
  readonly size: Int64Column;
  /** The venue's own number of the message, 0 where it has none. */
  readonly sequence: Int64Column;
  /** Venue clock, microseconds since the Unix epoch, and the nanoseconds beyond. */
  eventTimeUs: Float64Array;
  eventTimeNanos: Uint16Array;
  /** Clock of whoever recorded it; the venue's where nobody else's was kept. */
  receiveTimeUs: Float64Array;
  receiveTimeNanos: Uint16Array;

  constructor(capacity = 1024) {
    this.capacity = Math.max(1, capacity);
    this.action = new Uint8Array(this.capacity);
    this.side = new Uint8Array(this.capacity);
    this.flags = new Uint8Array(this.capacity);
    this.instrument = new Uint32Array(this.capacity);
    this.order = new Int64Column(this.capacity);
    this.price = new Int64Column(this.capacity);
    this.size = new Int64Column(this.capacity);
    this.sequence = new Int64Column(this.capacity);
    this.eventTimeUs = new Float64Array(this.capacity);
    this.eventTimeNanos = new Uint16Array(this.capacity);
    this.receiveTimeUs = new Float64Array(this.capacity);
    this.receiveTimeNanos = new Uint16Array(this.capacity);
  }

  /** Makes room for one more row and returns its number; the caller sets every column, then counts it with `length += 1`. */
  nextRow(): number {
    if (this.length === this.capacity) this.#grow(this.capacity * 2);
    return this.length;
  }

  /** Appends an event; for edges and tests, for it takes BigInts. */
  push(event: OrderEvent): void {
    const row = this.nextRow();
    this.action[row] = event.action;
    this.side[row] = event.side ?? ORDER_SIDE_NONE;
    this.flags[row] = event.flags ?? 0;
    this.instrument[row] = event.instrument ?? 0;
    this.order.set(row, event.order ?? 0n);
    this.price.set(row, event.price ?? 0n);
    this.size.set(row, event.size ?? 0n);
    this.sequence.set(row, event.sequence ?? 0n);
    this.eventTimeUs[row] = 0;
    this.eventTimeNanos[row] = 0;
    this.receiveTimeUs[row] = 0;
    this.receiveTimeNanos[row] = 0;
    this.length += 1;
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  #grow(capacity: number): void {
    this.capacity = capacity;
    this.action = grown(this.action, new Uint8Array(capacity));
    this.side = grown(this.side, new Uint8Array(capacity));
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.instrument = grown(this.instrument, new Uint32Array(capacity));
    for (const column of [this.order, this.price, this.size, this.sequence]) column.grow(capacity);
    this.eventTimeUs = grown(this.eventTimeUs, new Float64Array(capacity));
    this.eventTimeNanos = grown(this.eventTimeNanos, new Uint16Array(capacity));
    this.receiveTimeUs = grown(this.receiveTimeUs, new Float64Array(capacity));
    this.receiveTimeNanos = grown(this.receiveTimeNanos, new Uint16Array(capacity));
  }
}

/** One event as an object; for edges and tests. */
export interface OrderEvent {
  readonly action: number;
  readonly side?: number;
  readonly flags?: number;
  readonly instrument?: number;
  readonly order?: bigint;
  readonly price?: bigint;
  readonly size?: bigint;
  readonly sequence?: bigint;
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
