const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Far more than a line of any order log has. */
const LINE_BYTES_MAX = 1024 * 1024;

/** Gets one line: bytes `start` to `end` of a buffer that is valid until it returns. Lines count from 1. */
export type LineReader = (bytes: Uint8Array, start: number, end: number, line: number) => void;

/** Cuts chunks of a text into its lines, without their ends; empty lines count but are not handed on. */
export class LineSplitter {
  /** Lines seen so far. */
  count = 0;
  /** Bytes of lines that are longer than any, and so were not handed on. */
  droppedBytes = 0;
  #held: Uint8Array = new Uint8Array(4096);
  #heldLength = 0;
  #isTooLong = false;

  write(chunk: Uint8Array, read: LineReader): void {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) break;
      if (this.#heldLength > 0 || this.#isTooLong) this.#complete(chunk.subarray(at, end), read);
      else this.#hand(chunk, at, end, read);
      at = end + 1;
    }
    if (at < chunk.byteLength) this.#hold(chunk.subarray(at));
  }

  /** Hands on the last line where the text does not end with a newline. */
  end(read: LineReader): void {
    if (this.#heldLength > 0 || this.#isTooLong) this.#complete(new Uint8Array(0), read);
  }

  #complete(rest: Uint8Array, read: LineReader): void {
    this.#hold(rest);
    const length = this.#heldLength;
    this.#heldLength = 0;
    if (this.#isTooLong) {
      this.#isTooLong = false;
      this.count += 1;
      return;
    }
    this.#hand(this.#held, 0, length, read);
  }

  #hand(bytes: Uint8Array, start: number, end: number, read: LineReader): void {
    this.count += 1;
    const last = end > start && bytes[end - 1] === RETURN ? end - 1 : end;
    if (last > start) read(bytes, start, last, this.count);
  }

  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.byteLength;
    if (this.#isTooLong || length > LINE_BYTES_MAX) {
      this.droppedBytes += length;
      this.#heldLength = 0;
      this.#isTooLong = true;
      return;
    }
    if (length > this.#held.byteLength) {
      const held = new Uint8Array(Math.max(length, this.#held.byteLength * 2));
      held.set(this.#held.subarray(0, this.#heldLength));
      this.#held = held;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }
}
