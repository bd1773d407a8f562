import {
  type BookChecksum,
  type BookVerdict,
  type DecodedListing,
  type OrderBook,
  STORED_SCALE,
} from "../../domain/index.ts";
import type { BookHead } from "../decode/book-head.ts";
import { bookChecksum } from "./book-checksum.ts";

type SavedBook = readonly [isProven: boolean, priceDecimals: number, sizeDecimals: number];

/**
 * What is known of one pair's book. Kraken numbers nothing: a book goes on from its snapshot, and the checksum of each
 * message proves it. A pair's numbers have as many decimals on the wire as the finest that was seen since the snapshot.
 */
export class KeptBook {
  #isProven = false;
  #priceDecimals = 0;
  #sizeDecimals = 0;
  #unitExponent = 0;
  readonly #checksum = (book: OrderBook): number =>
    bookChecksum(book, {
      price: STORED_SCALE + this.#unitExponent - this.#priceDecimals,
      size: STORED_SCALE - this.#unitExponent - this.#sizeDecimals,
    });

  /** Whether it is proven, and the decimals of its prices and sizes. */
  save(): SavedBook {
    return [this.#isProven, this.#priceDecimals, this.#sizeDecimals];
  }

  static of(saved: unknown): KeptBook {
    const kept = new KeptBook();
    if (saved !== undefined) [kept.#isProven, kept.#priceDecimals, kept.#sizeDecimals] = saved as SavedBook;
    return kept;
  }

  take(head: BookHead): BookVerdict {
    if (head.isSnapshot) {
      this.#isProven = true;
      this.#priceDecimals = 0;
      this.#sizeDecimals = 0;
    }
    this.#priceDecimals = Math.max(this.#priceDecimals, head.priceDecimals);
    this.#sizeDecimals = Math.max(this.#sizeDecimals, head.sizeDecimals);
    if (this.#isProven) return head.isSnapshot ? "replace" : "apply";
    head.detail = "no snapshot came before it, or messages are missing";
    return "gap";
  }

  forget(): void {
    this.#isProven = false;
  }

  checksum({ checksum }: BookHead, { unitExponent }: DecodedListing): BookChecksum | undefined {
    this.#unitExponent = unitExponent;
    return checksum === undefined ? undefined : { expected: checksum, of: this.#checksum };
  }
}
