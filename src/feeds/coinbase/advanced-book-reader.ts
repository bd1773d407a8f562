import type { BookChannel, BookOutcome, BookReader, BookVerdict } from "../../domain/index.ts";
import type { BookFormat } from "../decode/book-desk.ts";
import { type BookDesk, createBookReader } from "../decode/book-desk.ts";
import type { BookHead } from "../decode/book-head.ts";
import { wholeNumber } from "../decode/book-message.ts";
import { isObject } from "../decode/lexeme-json.ts";
import { ProvenBook } from "../decode/proven-book.ts";
import type { DecoderOptions } from "../feed.ts";
import { readFrameHead, readLevel2Bytes } from "./advanced-book-bytes.ts";
import { readLevel2 } from "./advanced-book-message.ts";
import { ADVANCED_BOOK_CHANNELS } from "./book-channels.ts";
import { ConnectionSequence, type SequenceVerdict } from "./connection-sequence.ts";

/** Reads `level2` of one socket, and the numbers of all its frames. @param options.channels of ADVANCED_BOOK_CHANNELS */
export function createAdvancedBookReader(options: DecoderOptions): BookReader {
  return createBookReader(advancedBookFormat(options));
}

export function advancedBookFormat({ channels }: DecoderOptions): BookFormat<ProvenBook> {
  return new AdvancedBooks(ADVANCED_BOOK_CHANNELS.find(({ name }) => channels.includes(name)));
}

/**
 * Every frame of the socket has the next number, whatever its channel: a number left out may have been a book's, so that
 * all of them are lost then.
 */
class AdvancedBooks implements BookFormat<ProvenBook> {
  readonly isNumbered = true;
  readonly #channel: BookChannel | undefined;
  readonly #sequence = new ConnectionSequence();
  /** Of the frame that is being read. */
  #verdict: SequenceVerdict = "next";

  constructor(channel: BookChannel | undefined) {
    this.#channel = channel;
  }

  createState(saved?: unknown): ProvenBook {
    return new ProvenBook(saved === true);
  }

  saveState({ isProven }: ProvenBook): boolean {
    return isProven;
  }

  saveSocket(): number {
    return this.#sequence.next;
  }

  restoreSocket(next: unknown): void {
    this.#sequence.startAt(Number(next));
  }

  forget(book: ProvenBook): void {
    book.forget();
  }

  take(book: ProvenBook, head: BookHead): BookVerdict {
    return this.#verdict === "old" ? "old" : book.take(head);
  }

  readBytes(desk: BookDesk<ProvenBook>): BookOutcome | undefined {
    const channel = this.#channel;
    if (channel === undefined) return "other";
    const { head } = desk;
    const isBook = readFrameHead(desk);
    if (isBook === undefined || head.sequence < 0) return undefined;
    if (!isBook) {
      // However a frame of another channel goes on: its number is all that counts here.
      this.#number(desk, head.sequence);
      return "other";
    }
    head.channel = channel;
    if (!readLevel2Bytes(desk) || !desk.isDeliverable()) return undefined;
    this.#number(desk, head.sequence);
    return desk.deliver();
  }

  readMessage(message: unknown, desk: BookDesk<ProvenBook>): BookOutcome {
    const channel = this.#channel;
    if (channel === undefined || !isObject(message)) return "other";
    const sequence = wholeNumber(message["sequence_num"]);
    // Errors have none.
    if (sequence !== undefined) this.#number(desk, sequence);
    if (message["channel"] !== "l2_data") return "other";
    const { events } = message;
    if (!Array.isArray(events)) desk.take({ problem: "a message without its events", channel });
    else if (sequence === undefined) desk.take({ problem: "sequence_num is not a whole number", channel });
    else
      for (const [index, event] of (events as readonly unknown[]).entries())
        desk.take(readLevel2(event, { channel, sequence, timestamp: message["timestamp"] }), index);
    return "book";
  }

  #number(desk: BookDesk<ProvenBook>, sequence: number): void {
    const { next } = this.#sequence;
    this.#verdict = this.#sequence.take(sequence);
    if (this.#verdict === "gap") desk.lose(`sequence_num is ${sequence} where ${next} was expected`);
  }
}
