/** What a manifest says of some fields, by field id. A `Map` is one; those that are read are packed. */
export interface FieldMap<T> extends Iterable<readonly [number, T]> {
  readonly size: number;
  get(fieldId: number): T | undefined;
}

/** Entries of one manifest mostly name the same fields: they share one list of ids. */
export class FieldIds {
  #last: readonly number[] = [];

  share(ids: readonly number[]): readonly number[] {
    const last = this.#last;
    if (ids.length === last.length && ids.every((id, index) => id === last[index])) return last;
    this.#last = ids;
    return ids;
  }
}

export class PackedNumbers implements FieldMap<number> {
  readonly #ids: readonly number[];
  readonly #values: readonly number[];

  constructor(ids: readonly number[], values: readonly number[]) {
    this.#ids = ids;
    this.#values = values;
  }

  get size(): number {
    return this.#ids.length;
  }

  get(fieldId: number): number | undefined {
    return this.#values[this.#ids.indexOf(fieldId)];
  }

  *[Symbol.iterator](): Generator<readonly [number, number]> {
    for (const [index, id] of this.#ids.entries()) yield [id, this.#values[index] ?? 0];
  }
}

/** All values in one buffer: an object for each bound of each file would take ten times the memory. */
export class PackedBytes implements FieldMap<Uint8Array> {
  readonly #ids: readonly number[];
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;

  constructor(ids: readonly number[], values: readonly Uint8Array[]) {
    this.#ids = ids;
    this.#bytes = Uint8Array.from(Buffer.concat(values));
    let end = 0;
    this.#ends = Uint32Array.from(values, (value) => (end += value.byteLength));
  }

  get size(): number {
    return this.#ids.length;
  }

  get(fieldId: number): Uint8Array | undefined {
    const index = this.#ids.indexOf(fieldId);
    return index < 0 ? undefined : this.#at(index);
  }

  *[Symbol.iterator](): Generator<readonly [number, Uint8Array]> {
    for (const [index, id] of this.#ids.entries()) yield [id, this.#at(index)];
  }

  #at(index: number): Uint8Array {
    return this.#bytes.subarray(index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
  }
}
