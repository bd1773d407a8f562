import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/**
 * The most recent text ids of a listing: exact, and bounded by two generations. When the young one is full it becomes
 * the old one and the old one is forgotten, so the window holds at least the last `generationMax` ids and at most twice
 * as many. An id that left the window counts as new when it comes again.
 */
export class TextWindow {
  #young: Set<string> = new Set();
  #old: Set<string> = new Set();

  /** @returns false when the id is in the window */
  add(id: string, generationMax: number): boolean {
    if (this.#young.has(id) || this.#old.has(id)) return false;
    if (this.#young.size >= generationMax) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    return true;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  write(writer: ByteWriter): void {
    for (const generation of [this.#old, this.#young]) {
      writer.whole(generation.size);
      for (const id of generation) writer.text(id);
    }
  }

  static read(reader: ByteReader): TextWindow {
    const window = new TextWindow();
    for (const generation of [window.#old, window.#young]) {
      for (let left = reader.whole(); left > 0; left -= 1) generation.add(reader.text());
    }
    return window;
  }
}
