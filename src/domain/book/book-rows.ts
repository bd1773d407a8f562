import { Int64Column } from "../int64-column.ts";

/** Price levels of messages or snapshots as columns, a row a level: what book records become in a table. */
export class BookRows {
  length = 0;
  capacity: number;
  listing: Uint32Array;
  /** BID, ASK or NO_SIDE. */
  side: Uint8Array;
  readonly price: Int64Column;
  readonly size: Int64Column;
  /** Microseconds; 0 where flagged noEventTime. */
  readonly eventTimeUs: Int64Column;
  eventTimeNanos: Uint16Array;
  readonly receiveTimeUs: Int64Column;
  receiveTimeNanos: Uint16Array;
  /** -1 where the message has none. */
  readonly sequence: Int64Column;
  /** Bits of BOOK_FLAGS; `last` on the last row of a message alone. */
  flags: Uint16Array;
  /** 0: the whole book. */
  depth: Uint32Array;
  /** Of a snapshot: how many the book has. */
  bidLevels: Uint32Array;
  askLevels: Uint32Array;
  /** Of a snapshot: 0 is the best of its side. */
  level: Uint32Array;
  /** Place within the message or snapshot. */
  levelIndex: Uint32Array;
  connection: string[];
  epoch: Uint32Array;
  frameIndex: Uint16Array;
  source: Uint8Array;
  /** Number of the record within its batch. */
  record: Uint32Array;
  rawPartition: Uint16Array;
  readonly rawOffset: Int64Column;

  constructor(capacity = 1024) {
    this.capacity = capacity;
    this.listing = new Uint32Array(capacity);
    this.side = new Uint8Array(capacity);
    this.price = new Int64Column(capacity);
    this.size = new Int64Column(capacity);
    this.eventTimeUs = new Int64Column(capacity);
    this.eventTimeNanos = new Uint16Array(capacity);
    this.receiveTimeUs = new Int64Column(capacity);
    this.receiveTimeNanos = new Uint16Array(capacity);
    this.sequence = new Int64Column(capacity);
    this.flags = new Uint16Array(capacity);
    this.depth = new Uint32Array(capacity);
    this.bidLevels = new Uint32Array(capacity);
    this.askLevels = new Uint32Array(capacity);
    this.level = new Uint32Array(capacity);
    this.levelIndex = new Uint32Array(capacity);
    this.connection = new Array<string>(capacity).fill("");
    this.epoch = new Uint32Array(capacity);
    this.frameIndex = new Uint16Array(capacity);
    this.source = new Uint8Array(capacity);
    this.record = new Uint32Array(capacity);
    this.rawPartition = new Uint16Array(capacity);
    this.rawOffset = new Int64Column(capacity);
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  /** Makes room for so many more rows. */
  reserve(rows: number): void {
    if (this.length + rows > this.capacity) this.#grow(Math.max(this.length + rows, this.capacity * 2));
  }

  #grow(capacity: number): void {
    this.capacity = capacity;
    this.listing = grown(this.listing, new Uint32Array(capacity));
    this.side = grown(this.side, new Uint8Array(capacity));
    this.price.grow(capacity);
    this.size.grow(capacity);
    this.eventTimeUs.grow(capacity);
    this.eventTimeNanos = grown(this.eventTimeNanos, new Uint16Array(capacity));
    this.receiveTimeUs.grow(capacity);
    this.receiveTimeNanos = grown(this.receiveTimeNanos, new Uint16Array(capacity));
    this.sequence.grow(capacity);
    this.flags = grown(this.flags, new Uint16Array(capacity));
    this.depth = grown(this.depth, new Uint32Array(capacity));
    this.bidLevels = grown(this.bidLevels, new Uint32Array(capacity));
    this.askLevels = grown(this.askLevels, new Uint32Array(capacity));
    this.level = grown(this.level, new Uint32Array(capacity));
    this.levelIndex = grown(this.levelIndex, new Uint32Array(capacity));
    while (this.connection.length < capacity) this.connection.push("");
    this.epoch = grown(this.epoch, new Uint32Array(capacity));
    this.frameIndex = grown(this.frameIndex, new Uint16Array(capacity));
    this.source = grown(this.source, new Uint8Array(capacity));
    this.record = grown(this.record, new Uint32Array(capacity));
    this.rawPartition = grown(this.rawPartition, new Uint16Array(capacity));
    this.rawOffset.grow(capacity);
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
