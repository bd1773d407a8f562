/**
 * A UUID that follows from numbers alone: the same numbers give the same UUID.
 * Marked version 5, as a venue's own name-based ids are.
 */
export function pseudoUuid(...numbers: readonly number[]): string {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x71374491];
  for (const number of numbers) {
    a = mixed(a ^ (number >>> 0));
    b = mixed(b ^ Math.floor(number / 4_294_967_296) ^ a);
    c = mixed(c ^ b);
    d = mixed(d ^ c);
  }
  const text = hex(a) + hex((b & 0xffff0fff) | 0x5000) + hex((c & 0x3fffffff) | 0x80000000) + hex(d);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

function mixed(value: number): number {
  let mix = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
