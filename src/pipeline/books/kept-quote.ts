import { BID, type BookLevels, type BookMessage, QUOTE_FLAGS } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { BookOutput } from "./book-output.ts";
import type { BookPlace } from "./book-place.ts";
import { ToldQuote } from "./told-quote.ts";

/** Shared: filled and used within one call. */
const halves = new Int32Array(8);

/** What the quote channel of one connection says of one listing: each message is the whole of it. */
export class KeptQuote {
  /** The socket whose messages it takes; -1 before the first. */
  epoch = -1;
  readonly #told = new ToldQuote();

  take(message: BookMessage, levels: BookLevels, place: BookPlace, output: BookOutput): void {
    halves.fill(0);
    let flags = QUOTE_FLAGS.noBid | QUOTE_FLAGS.noAsk;
    for (let row = 0; row < levels.length; row += 1) {
      const { price, size } = levels;
      if (message.maySizesLack !== true && size.low(row) === 0 && size.high(row) === 0) continue;
      const isBid = levels.side[row] === BID;
      const at = isBid ? 0 : 4;
      halves[at] = price.low(row);
      halves[at + 1] = price.high(row);
      halves[at + 2] = size.low(row);
      halves[at + 3] = size.high(row);
      flags &= ~(isBid ? QUOTE_FLAGS.noBid : QUOTE_FLAGS.noAsk);
    }
    if (message.isKnown === true) this.#told.follow(halves, flags);
    else this.#told.tell(halves, flags, message, place, output);
  }

  write(writer: ByteWriter): void {
    writer.whole(this.epoch + 1);
    this.#told.write(writer);
  }

  read(reader: ByteReader): void {
    this.epoch = reader.whole() - 1;
    this.#told.read(reader);
  }
}
