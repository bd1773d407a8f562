import type { DecodeContext, DecodedListing } from "../../domain/index.ts";
import { bytesOf } from "./characters.ts";

const TABLE_SIZE = 512;

interface Entry {
  readonly symbol: Uint8Array;
  readonly listing: DecodedListing;
}

/**
 * Listings by the bytes of their raw symbol, so that the fast path makes no string. The slow path, which asks the
 * context with the record's texts, teaches it: the first trade of each symbol goes that way. Holds as many as are
 * configured, since the context knows no others; forgets all when the context is another.
 */
export class ListingCache {
  #context: DecodeContext | undefined;
  #buckets: (readonly Entry[] | undefined)[] = [];
  /** The one found last: frames come in runs of one symbol. */
  #recent: Entry | undefined;

  /** Says whose listings are asked for from now on. */
  use(context: DecodeContext): void {
    if (context === this.#context) return;
    this.#context = context;
    this.#buckets = new Array<readonly Entry[] | undefined>(TABLE_SIZE).fill(undefined);
    this.#recent = undefined;
  }

  learn(rawSymbol: string, listing: DecodedListing): void {
    const symbol = bytesOf(rawSymbol);
    const place = placeOf(symbol, 0, symbol.length);
    const others = (this.#buckets[place] ?? []).filter((entry) => !rangeIs(symbol, 0, symbol.length, entry.symbol));
    this.#buckets[place] = [{ symbol, listing }, ...others];
    this.#recent = undefined;
  }

  /** undefined: not learned yet. */
  find(bytes: Uint8Array, start: number, end: number): DecodedListing | undefined {
    const recent = this.#recent;
    if (recent !== undefined && rangeIs(bytes, start, end, recent.symbol)) return recent.listing;
    const bucket = this.#buckets[placeOf(bytes, start, end)];
    if (bucket === undefined) return undefined;
    for (const entry of bucket) {
      if (!rangeIs(bytes, start, end, entry.symbol)) continue;
      this.#recent = entry;
      return entry.listing;
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
