import { ASK, BID, BookLevels } from "../../domain/index.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import { NumberFields } from "./number-fields.ts";

/** In the place of a price where nothing rests. */
const NO_PRICE = 9_999_999_999;

/** Gets the book's best levels after each message: asks and bids as they stand in the row, best first. */
export type LobsterRowReader = (levels: BookLevels, line: number) => void;

/**
 * Reads a LOBSTER orderbook file: row n is the book, as far as its levels go, after message n.
 *
 * @see https://data.lobsterdata.com/info/DataStructure.php
 */
export class LobsterRows {
  readonly #levels: number;
  readonly #lines = new LineSplitter();
  readonly #fields = new NumberFields();
  readonly #row = new BookLevels(2);

  /** @param levels LobsterFile.levels */
  constructor(levels: number) {
    this.#levels = levels;
  }

  write(chunk: Uint8Array, read: LobsterRowReader, refuse: (line: number, detail: string) => void): void {
    this.#lines.write(chunk, (bytes, start, end, line) => this.#read({ bytes, start, end, line }, read, refuse));
  }

  end(read: LobsterRowReader, refuse: (line: number, detail: string) => void): void {
    this.#lines.end((bytes, start, end, line) => this.#read({ bytes, start, end, line }, read, refuse));
  }

  #read(
    { bytes, start, end, line }: { bytes: Uint8Array; start: number; end: number; line: number },
    read: LobsterRowReader,
    refuse: (line: number, detail: string) => void,
  ): void {
    const fields = this.#fields;
    const row = this.#row;
    fields.point(bytes, start, end);
    row.clear();
    for (let level = 0; level < this.#levels; level += 1) {
      for (const side of [ASK, BID]) {
        const price = fields.whole();
        const size = fields.whole();
        if (Math.abs(price) !== NO_PRICE) push(row, side, { price, size });
      }
    }
    if (fields.isRight && fields.isAtEnd) read(row, line);
    else refuse(line, `it is not ${this.#levels * 4} numbers between commas`);
  }
}

function push(row: BookLevels, side: number, { price, size }: { readonly price: number; readonly size: number }): void {
  const at = row.nextRow();
  row.side[at] = side;
  row.price.setNumber(at, price);
  row.size.setNumber(at, size);
  row.length += 1;
}
