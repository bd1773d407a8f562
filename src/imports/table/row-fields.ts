const QUOTE = 0x22;
const RETURN = 0x0d;

/** Where the fields of one row lie in its bytes; reused from row to row. */
export interface RowFields {
  /** What `starts` and `ends` count in: the piece itself, or a copy where a field had to be unpacked. */
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

/** Reads one row after another of a piece. */
export interface RowReader {
  readonly fields: RowFields;
  /**
   * Finds the fields of the line from `start` up to `end`, which is without its newline.
   *
   * @returns what is wrong with the line; undefined when it is a row
   */
  read(bytes: Uint8Array, start: number, end: number): string | undefined;
}

/** Columns beyond this are no table of trades. */
export const FIELDS_MAX = 256;

/** Comma-separated values, RFC 4180: quotes around a field, doubled within it; a carriage return at the line's end. */
export class CsvRows implements RowReader, RowFields {
  bytes: Uint8Array = new Uint8Array(0);
  readonly starts: Int32Array = new Int32Array(FIELDS_MAX);
  readonly ends: Int32Array = new Int32Array(FIELDS_MAX);
  count = 0;
  readonly #delimiter: number;
  /** No byte above it ends a field or begins a quote: one comparison passes over nearly all. */
  readonly #meaningMax: number;

  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#meaningMax = Math.max(this.#delimiter, QUOTE);
  }

  get fields(): RowFields {
    return this;
  }

  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    const { starts, ends } = this;
    const delimiter = this.#delimiter;
    const meaningMax = this.#meaningMax;
    const lineEnd = end > start && bytes[end - 1] === RETURN ? end - 1 : end;
    this.bytes = bytes;
    let count = 0;
    let fieldStart = start;
    for (let at = start; at < lineEnd; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte > meaningMax) continue;
      if (byte === delimiter) {
        starts[count] = fieldStart;
        ends[count] = at;
        fieldStart = at + 1;
        count += 1;
        if (count === FIELDS_MAX) return `it has over ${FIELDS_MAX} columns`;
      } else if (byte === QUOTE) return this.#readQuoted(bytes, start, lineEnd);
    }
    starts[count] = fieldStart;
    ends[count] = lineEnd;
    this.count = count + 1;
    return undefined;
  }

  /** The same with quotes, into a copy: rare, so it need not be fast. */
  #readQuoted(bytes: Uint8Array, start: number, lineEnd: number): string | undefined {
    const line = new QuotedLine(bytes, start, lineEnd, this.#delimiter);
    for (this.count = 0; this.count < FIELDS_MAX; ) {
      this.starts[this.count] = line.length;
      const problem = line.readField();
      if (problem !== undefined) return problem;
      this.ends[this.count] = line.length;
      this.count += 1;
      if (line.isDone) {
        this.bytes = line.copy;
        return undefined;
      }
    }
    return `it has over ${FIELDS_MAX} columns`;
  }
}

/** A line with quotes in it, unpacked field by field. */
class QuotedLine {
  readonly copy: Uint8Array;
  length = 0;
  isDone = false;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #delimiter: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number, delimiter: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#delimiter = delimiter;
    this.copy = new Uint8Array(end - start);
  }

  /** @returns what is wrong with it */
  readField(): string | undefined {
    const problem = this.#next() === QUOTE ? this.#readQuotes() : this.#readPlain();
    if (problem !== undefined) return problem;
    this.isDone = this.#at >= this.#end;
    this.#at += 1;
    return undefined;
  }

  #next(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  #readPlain(): string | undefined {
    for (let byte = this.#next(); byte !== undefined && byte !== this.#delimiter; byte = this.#next()) {
      if (byte === QUOTE) return "a quote stands within a field";
      this.#take(byte);
    }
    return undefined;
  }

  #readQuotes(): string | undefined {
    this.#at += 1;
    for (let byte = this.#next(); byte !== undefined; byte = this.#next()) {
      this.#at += byte === QUOTE ? 1 : 0;
      if (byte === QUOTE && this.#next() !== QUOTE) {
        const after = this.#next();
        return after === undefined || after === this.#delimiter ? undefined : "something stands behind a closing quote";
      }
      this.#take(byte);
    }
    return "a quote is not closed";
  }

  #take(byte: number): void {
    this.copy[this.length] = byte;
    this.length += 1;
    this.#at += 1;
  }
}
