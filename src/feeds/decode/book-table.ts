import type { DecodedListing } from "../../domain/index.ts";
import { bytesOf } from "./characters.ts";

const TABLE_SIZE = 512;

/** What a reader keeps of one symbol. */
export interface BookEntry<S> {
  readonly symbol: Uint8Array;
  readonly rawSymbol: string;
  readonly listing: DecodedListing;
  readonly state: S;
}

/**
 * Books by the bytes of their raw symbol, so that the fast path makes no string, and by its text. Holds as many as are
 * configured, since the context knows no others.
 */
export class BookTable<S> {
  readonly #buckets: (readonly BookEntry<S>[])[] = new Array<readonly BookEntry<S>[]>(TABLE_SIZE).fill([]);
  readonly #byName = new Map<string, BookEntry<S>>();
  /** The one found last: frames come in runs of one symbol. */
  #recent: BookEntry<S> | undefined;

  get entries(): Iterable<BookEntry<S>> {
    return this.#byName.values();
  }

  add(rawSymbol: string, listing: DecodedListing, state: S): BookEntry<S> {
    const symbol = bytesOf(rawSymbol);
    const entry = { symbol, rawSymbol, listing, state };
    const place = placeOf(symbol, 0, symbol.length);
    this.#buckets[place] = [...(this.#buckets[place] ?? []), entry];
    this.#byName.set(rawSymbol, entry);
    return entry;
  }

  named(rawSymbol: string): BookEntry<S> | undefined {
    return this.#byName.get(rawSymbol);
  }

  find(bytes: Uint8Array, start: number, end: number): BookEntry<S> | undefined {
    const recent = this.#recent;
    if (recent !== undefined && rangeIs(bytes, start, end, recent.symbol)) return recent;
    for (const entry of this.#buckets[placeOf(bytes, start, end)] ?? []) {
      if (!rangeIs(bytes, start, end, entry.symbol)) continue;
      this.#recent = entry;
      return entry;
    }
    return undefined;
  }
}

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at += 1) hash = (hash * 31 + (bytes[at] ?? 0)) | 0;
  return hash & (TABLE_SIZE - 1);
}

function rangeIs(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) if (bytes[start + index] !== expected[index]) return false;
  return true;
}
