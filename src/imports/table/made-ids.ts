import { latin1 } from "./numbers.ts";
import type { RowFields } from "./row-fields.ts";

/**
 * Ids for rows that have none, of what the source wrote: the texts of the identifying columns joined by `/`, with the
 * file's date before them where rows have the time of day only. Rows of one time that are the same in all of them get
 * `/1`, `/2` and so on behind, in the file's order. Pieces are never cut between rows of one time.
 *
 * So the same rows give the same ids from whatever file and piece; rows out of the order of time would not, and are refused.
 */
export class MadeIds {
  readonly #places: readonly number[];
  readonly #prefix: string;
  #us = Number.NEGATIVE_INFINITY;
  #nanos = 0;
  readonly #counts: Map<string, number> = new Map();

  constructor(places: readonly number[], date: string | undefined) {
    this.#places = places;
    this.#prefix = date === undefined ? "" : `${date}/`;
  }

  /** At the begin of a piece. */
  begin(): void {
    this.#us = Number.NEGATIVE_INFINITY;
    this.#nanos = 0;
    this.#counts.clear();
  }

  /** @returns undefined when the row is earlier than the one before */
  idOf({ bytes, starts, ends }: RowFields, us: number, nanos: number): string | undefined {
    if (us < this.#us || (us === this.#us && nanos < this.#nanos)) return undefined;
    if (us !== this.#us || nanos !== this.#nanos) this.#counts.clear();
    this.#us = us;
    this.#nanos = nanos;
    let text = this.#prefix;
    for (const [index, place] of this.#places.entries())
      text += `${index === 0 ? "" : "/"}${latin1(bytes, starts[place] ?? 0, ends[place] ?? 0)}`;
    const earlier = this.#counts.get(text) ?? 0;
    this.#counts.set(text, earlier + 1);
    return earlier === 0 ? text : `${text}/${earlier}`;
  }
}
