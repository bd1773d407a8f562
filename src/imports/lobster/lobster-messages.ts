import {
  ASK,
  BID,
  ORDER_ADD,
  ORDER_EXECUTE,
  ORDER_FLAGS,
  ORDER_REDUCE,
  ORDER_SIDE_NONE,
  ORDER_STATUS,
  ORDER_TRADE,
  type OrderEvents,
} from "../../domain/index.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import { NumberFields } from "./number-fields.ts";

/** Decimals of a price's mantissa: LOBSTER writes dollars times 10,000. */
export const LOBSTER_PRICE_SCALE = 4;

/** Kinds of messages, as LOBSTER numbers them. */
export const LOBSTER_TYPES = {
  submission: 1,
  partialCancellation: 2,
  deletion: 3,
  execution: 4,
  hiddenExecution: 5,
  crossTrade: 6,
  halt: 7,
} as const;

/** By kind; a deletion says the size that goes, which is all that rested. */
const ACTIONS: readonly number[] = [
  -1,
  ORDER_ADD,
  ORDER_REDUCE,
  ORDER_REDUCE,
  ORDER_EXECUTE,
  ORDER_TRADE,
  ORDER_TRADE,
  ORDER_STATUS,
];

/** Told of a line that is no message. */
export type LobsterRefusal = (line: number, detail: string) => void;

/** One message, used again for the next. */
export class LobsterMessage {
  /** Of LOBSTER_TYPES. */
  type = 0;
  /** Seconds since midnight in New York, and the nanoseconds beyond. */
  seconds = 0;
  nanos = 0;
  /** The order's number; 0 of a hidden order, below 0 of a cross. */
  order = 0;
  /** Shares. */
  size = 0;
  /** Dollars times 10,000. For a halt: -1 halted, 0 quoting again, 1 trading again. */
  price = 0;
  /** Of the resting order: 1 buys, -1 sells. */
  direction = 0;
  readonly #fields = new NumberFields();

  /** Reads a line. @returns what is wrong with it, undefined when nothing is */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    const fields = this.#fields;
    fields.point(bytes, start, end);
    this.seconds = fields.seconds();
    this.nanos = fields.nanos;
    this.type = fields.whole();
    this.order = fields.whole();
    this.size = fields.whole();
    this.price = fields.whole();
    this.direction = fields.whole();
    if (!fields.isRight || !fields.isAtEnd) return "it is not six numbers between commas";
    if (this.type < 1 || this.type > 7) return `there is no message of type ${this.type}`;
    if (this.direction !== 1 && this.direction !== -1) return `there is no direction ${this.direction}`;
    return this.size < 0 ? "its size is below zero" : undefined;
  }
}

/**
 * Reads a LOBSTER message file into order events: sizes in shares, prices at LOBSTER_PRICE_SCALE.
 *
 * @see https://data.lobsterdata.com/info/DataStructure.php
 */
export class LobsterMessages {
  readonly #midnightUs: number;
  readonly #lines = new LineSplitter();
  readonly #message = new LobsterMessage();

  /** @param midnightUs LobsterFile.midnightUs */
  constructor(midnightUs: number) {
    this.#midnightUs = midnightUs;
  }

  /** Appends the messages of the next bytes; a line that is none is refused, and the rest goes on. */
  write(chunk: Uint8Array, events: OrderEvents, refuse: LobsterRefusal): void {
    this.#lines.write(chunk, (bytes, start, end, line) => {
      const wrong = this.#message.read(bytes, start, end);
      if (wrong === undefined) this.#append(events, line);
      else refuse(line, wrong);
    });
  }

  /** Appends the last line where the file does not end with a newline. */
  end(events: OrderEvents, refuse: LobsterRefusal): void {
    if (this.#lines.droppedBytes > 0) refuse(0, `${this.#lines.droppedBytes} bytes are of lines without an end`);
    this.#lines.end((bytes, start, end, line) => {
      const wrong = this.#message.read(bytes, start, end);
      if (wrong === undefined) this.#append(events, line);
      else refuse(line, wrong);
    });
  }

  #append(events: OrderEvents, line: number): void {
    const message = this.#message;
    const row = events.nextRow();
    const isHalt = message.type === LOBSTER_TYPES.halt;
    events.action[row] = ACTIONS[message.type] ?? ORDER_STATUS;
    events.side[row] = isHalt ? ORDER_SIDE_NONE : message.direction === 1 ? BID : ASK;
    events.flags[row] = ORDER_FLAGS.last;
    events.instrument[row] = 0;
    events.order.setNumber(row, message.order);
    events.price.setNumber(row, message.price);
    events.size.setNumber(row, message.size);
    events.sequence.setNumber(row, line);
    const timeUs = this.#midnightUs + message.seconds * 1_000_000 + Math.floor(message.nanos / 1000);
    events.eventTimeUs[row] = timeUs;
    events.eventTimeNanos[row] = message.nanos % 1000;
    events.receiveTimeUs[row] = timeUs;
    events.receiveTimeNanos[row] = message.nanos % 1000;
    events.length += 1;
  }
}
