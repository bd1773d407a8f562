/**
 * The ids that K2 gives the records of one frame where the venue gives none: what it wrote of each. Most frames hold one
 * record, which needs no map.
 */
export class FrameIds {
  #first: string | undefined;
  #counts: Map<string, number> | undefined;

  /** @param text what the venue wrote of a record. @returns its id, with a number where the text came before */
  idOf(text: string): string {
    if (this.#first === undefined) {
      this.#first = text;
      return text;
    }
    this.#counts ??= new Map([[this.#first, 1]]);
    const earlier = this.#counts.get(text) ?? 0;
    this.#counts.set(text, earlier + 1);
    return earlier === 0 ? text : `${text}/${earlier}`;
  }
}
