import type { FrameRecord } from "../../../domain/index.ts";
import type { SideState } from "../../side/side-state.ts";
import type { ByteReader, ByteWriter } from "../../state/bytes.ts";
import type { BookOutput } from "../book-output.ts";
import type { BookPartition } from "../book-partition.ts";
import type { QuoteMinutes } from "./quote-minutes.ts";
import { isOfStream, type QuotePlace } from "./quote-place.ts";

/** The books of one partition, whose best bids and asks are judged by the minute. */
export class JudgedBooks implements SideState<BookOutput> {
  readonly books: BookPartition;
  readonly #minutes: QuoteMinutes;
  readonly #place: QuotePlace;

  constructor(books: BookPartition, minutes: QuoteMinutes) {
    this.books = books;
    this.#minutes = minutes;
    this.#place = minutes.place();
  }

  take(frame: FrameRecord, offset: number, output: BookOutput): void {
    if (isOfStream(frame)) this.#minutes.advance(frame.timeUs, output);
    this.books.isCurrent = true;
    this.#judge(frame, offset, output);
  }

  takeAgain(frame: FrameRecord, offset: number, output: BookOutput): void {
    if (isOfStream(frame)) this.#minutes.advanceAgain(frame.timeUs);
    this.books.isCurrent = false;
    this.#judge(frame, offset, output);
  }

  neededFrom(offset: number): number {
    return this.books.neededFrom(offset);
  }

  rebuild(frame: FrameRecord, offset: number): void {
    this.books.rebuild(frame, offset);
  }

  rebuilt(): void {
    this.books.rebuilt();
  }

  write(writer: ByteWriter): void {
    this.books.write(writer);
    this.#place.write(writer);
  }

  read(reader: ByteReader): void {
    this.books.read(reader);
    if (!reader.atEnd) this.#place.read(reader); // A checkpoint of a K2 that did not judge quotes yet ends here.
  }

  #judge(frame: FrameRecord, offset: number, output: BookOutput): void {
    if (isOfStream(frame)) this.#place.frame(frame);
    output.judge = this.#place;
    this.books.take(frame, offset, output);
  }
}
