/** Kept of each location. */
const HASH_BYTES = 8;
const OVERHEAD_BYTES = 200;

/** Which locations may be among many, in eight bytes each: never no to one that is, and yes to hardly any other. */
export class LocationSet {
  readonly #hashes: Float64Array;

  constructor(locations: readonly string[]) {
    this.#hashes = Float64Array.from(locations, hash53).sort();
  }

  get byteLength(): number {
    return OVERHEAD_BYTES + this.#hashes.length * HASH_BYTES;
  }

  mayHold(location: string): boolean {
    const wanted = hash53(location);
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#hashes[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#hashes[low] === wanted;
  }
}

/**
 * As many bits as a number holds exactly; from the end, where locations differ most.
 *
 * @see https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js
 */
function hash53(text: string): number {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (let index = text.length - 1; index >= 0; index -= 1) {
    const unit = text.charCodeAt(index);
    one = Math.imul(one ^ unit, 2_654_435_761);
    other = Math.imul(other ^ unit, 1_597_334_677);
  }
  one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909);
  other = Math.imul(other ^ (other >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & other) + (one >>> 0);
}
