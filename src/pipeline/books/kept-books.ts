import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { KeptBook } from "./kept-book.ts";

/** The books of one partition of a raw topic, by connection and listing. */
export class KeptBooks {
  readonly #rawSymbolOf: (listing: number) => string;
  readonly #books: Map<string, KeptBook> = new Map();

  constructor(rawSymbolOf: (listing: number) => string) {
    this.#rawSymbolOf = rawSymbolOf;
  }

  /** How many there are, proven ones among them, and their levels. */
  counts(): { readonly books: number; readonly proven: number; readonly levels: number } {
    let [proven, levels] = [0, 0];
    for (const book of this.#books.values()) {
      if (book.proof.isProven) proven += 1;
      levels += book.levelCount;
    }
    return { books: this.#books.size, proven, levels };
  }

  find(connection: string, listing: number): KeptBook | undefined {
    return this.#books.get(`${connection} ${listing}`);
  }

  /** Made where there is none. */
  take(connection: string, listing: number): KeptBook {
    return this.#at(`${connection} ${listing}`);
  }

  *ofListing(listing: number): Generator<KeptBook> {
    for (const book of this.#books.values()) if (book.listing === listing) yield book;
  }

  *ofSocket({ connection, epoch }: { readonly connection: string; readonly epoch: number }): Generator<KeptBook> {
    for (const book of this.#books.values()) if (book.epoch === epoch && book.connection === connection) yield book;
  }

  forget(connection: string): void {
    for (const [key, book] of this.#books) if (book.connection === connection) this.#books.delete(key);
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#books.size);
    for (const [key, book] of this.#books) {
      writer.text(key);
      book.write(writer);
    }
  }

  read(reader: ByteReader): void {
    for (let left = reader.whole(); left > 0; left -= 1) this.#at(reader.text()).read(reader);
  }

  #at(key: string): KeptBook {
    const known = this.#books.get(key);
    if (known !== undefined) return known;
    const end = key.lastIndexOf(" ");
    const listing = Number(key.slice(end + 1));
    const book = new KeptBook(listing, { connection: key.slice(0, end), rawSymbol: this.#rawSymbolOf(listing) });
    this.#books.set(key, book);
    return book;
  }
}
