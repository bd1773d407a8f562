import { Int64Column } from "../int64-column.ts";

/** Quotes as columns, a row a change of the best bid or ask. */
export class QuoteRows {
  length = 0;
  readonly capacity: number;
  readonly listing: Uint32Array;
  readonly bidPrice: Int64Column;
  readonly bidSize: Int64Column;
  readonly askPrice: Int64Column;
  readonly askSize: Int64Column;
  readonly eventTimeUs: Int64Column;
  readonly eventTimeNanos: Uint16Array;
  readonly receiveTimeUs: Int64Column;
  readonly receiveTimeNanos: Uint16Array;
  readonly sequence: Int64Column;
  /** Bits of QUOTE_FLAGS. */
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
    this.bidPrice = new Int64Column(capacity);
    this.bidSize = new Int64Column(capacity);
    this.askPrice = new Int64Column(capacity);
    this.askSize = new Int64Column(capacity);
    this.eventTimeUs = new Int64Column(capacity);
    this.eventTimeNanos = new Uint16Array(capacity);
    this.receiveTimeUs = new Int64Column(capacity);
    this.receiveTimeNanos = new Uint16Array(capacity);
    this.sequence = new Int64Column(capacity);
    this.flags = new Uint16Array(capacity);
    this.connection = new Array<string>(capacity).fill("");
    this.epoch = new Uint32Array(capacity);
    this.frameIndex = new Uint16Array(capacity);
    this.source = new Uint8Array(capacity);
    this.rawPartition = new Uint16Array(capacity);
    this.rawOffset = new Int64Column(capacity);
  }
}
