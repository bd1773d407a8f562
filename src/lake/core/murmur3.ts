/**
 * Murmur3, x86 variant, 32 bits, seed 0: the hash of the bucket transform.
 *
 * @returns a signed 32-bit integer
 * @see https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements
 */
export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocksEnd = bytes.byteLength - (bytes.byteLength % 4);
  let hash = 0;
  for (let at = 0; at < blocksEnd; at += 4) {
    hash ^= mix(view.getUint32(at, true));
    hash = (Math.imul(rotate(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.byteLength - 1; at >= blocksEnd; at -= 1) tail = (tail << 8) | (bytes[at] ?? 0);
  if (bytes.byteLength > blocksEnd) hash ^= mix(tail);
  hash ^= bytes.byteLength;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
