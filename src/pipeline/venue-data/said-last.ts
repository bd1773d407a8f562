/** What a channel said last of one thing, and on which socket. */
export interface LastSaid {
  /** The socket that is believed: an older one, which runs on for a while in a planned change-over, is not any more. */
  epoch: number;
  /** Of the message whose row was written last; undefined where it had none. */
  eventTimeUs: number | undefined;
  /** The cells of that row, as one text; "" before there was one. */
  text: string;
  /** The fields of the last message with those before it that it leaves as they were. */
  fields: Readonly<Record<string, unknown>>;
  /** Whether `fields` began with a message that names all. */
  isWhole: boolean;
  /** Of that row. */
  revision: number;
}

/** Names of things and what was said last of each; the one that was told of longest ago goes when there are too many. */
export class SaidLast {
  readonly #entries: Map<string, LastSaid>;
  readonly #countMax: number;

  constructor(countMax: number, entries: Iterable<readonly [string, LastSaid]> = []) {
    this.#countMax = countMax;
    this.#entries = new Map(entries);
  }

  get(key: string): LastSaid | undefined {
    return this.#entries.get(key);
  }

  set(key: string, said: LastSaid): void {
    this.#entries.delete(key);
    this.#entries.set(key, said);
    if (this.#entries.size <= this.#countMax) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** For a checkpoint; in the order of being told. */
  entries(): readonly (readonly [string, LastSaid])[] {
    return [...this.#entries];
  }
}
