import { latin1 } from "./numbers.ts";
import type { RowFields } from "./row-fields.ts";

const KEPT_MAX = 64;
/** Those that were found lately are looked at first; between so few of them nothing is moved. */
const RECENT = 4;

interface Entry<Value> {
  readonly bytes: Uint8Array;
  readonly value: Value;
}

/**
 * What texts mean that come again and again, such as a side or a symbol: found by their bytes, without a string for each
 * row. The one found last is tried first.
 */
export class Remembered<Value> {
  readonly #meaning: (text: string) => Value;
  readonly #entries: Entry<Value>[] = [];

  /** @param meaning pure */
  constructor(meaning: (text: string) => Value) {
    this.#meaning = meaning;
  }

  of({ bytes, starts, ends, count }: RowFields, place: number): Value {
    const start = place < count ? (starts[place] ?? 0) : 0;
    const end = place < count ? (ends[place] ?? 0) : 0;
    const entries = this.#entries;
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const entry = entries[index];
      if (entry === undefined || !isSame(bytes, start, end, entry.bytes)) continue;
      if (index < entries.length - RECENT) {
        entries.splice(index, 1);
        entries.push(entry);
      }
      return entry.value;
    }
    const value = this.#meaning(latin1(bytes, start, end));
    if (entries.length === KEPT_MAX) entries.shift();
    entries.push({ bytes: bytes.slice(start, end), value });
    return value;
  }
}

function isSame(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let index = 0; index < other.length; index += 1) if (bytes[start + index] !== other[index]) return false;
  return true;
}
