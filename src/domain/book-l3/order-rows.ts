import { Int64Column } from "../int64-column.ts";

/** Events of orders as columns, a row an event: what order records become in a table. */
export class OrderRows {
  length = 0;
  readonly capacity: number;
  readonly listing: Uint32Array;
  /** Index into ORDER_ACTIONS. */
  readonly action: Uint8Array;
  /** BID, ASK or ORDER_SIDE_NONE. */
  readonly side: Uint8Array;
  /** 64 bits without a sign. */
  readonly order: Int64Column;
  /** Stored mantissas; 0 where the event has none. */
  readonly price: Int64Column;
  readonly size: Int64Column;
  /** 0 where the source has none. */
  readonly sequence: Int64Column;
  readonly eventTimeUs: Int64Column;
  readonly eventTimeNanos: Uint16Array;
  readonly receiveTimeUs: Int64Column;
  readonly receiveTimeNanos: Uint16Array;
  /** Bits of ORDER_FLAGS. */
  readonly flags: Uint16Array;
  readonly connection: string[];
  readonly epoch: Uint32Array;
  readonly frameIndex: Uint16Array;
  readonly source: Uint8Array;
  readonly rawPartition: Uint16Array;
  readonly rawOffset: Int64Column;

  /** @param capacity rows that it holds; it does not grow */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.listing = new Uint32Array(capacity);
    this.action = new Uint8Array(capacity);
    this.side = new Uint8Array(capacity);
    this.order = new Int64Column(capacity);
    this.price = new Int64Column(capacity);
    this.size = new Int64Column(capacity);
    this.sequence = new Int64Column(capacity);
    this.eventTimeUs = new Int64Column(capacity);
    this.eventTimeNanos = new Uint16Array(capacity);
    this.receiveTimeUs = new Int64Column(capacity);
    this.receiveTimeNanos = new Uint16Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.connection = new Array<string>(capacity).fill("");
    this.epoch = new Uint32Array(capacity);
    this.frameIndex = new Uint16Array(capacity);
    this.source = new Uint8Array(capacity);
    this.rawPartition = new Uint16Array(capacity);
    this.rawOffset = new Int64Column(capacity);
  }
}
