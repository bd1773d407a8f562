const encoder = new TextEncoder();

/** A text that a message has at a known place, ready to be compared four bytes at a time. */
export interface Literal {
  readonly bytes: Uint8Array;
  /** Its whole words, little-endian. */
  readonly words: Int32Array;
  /** Its last four bytes as a word; 0 where it has fewer than four. */
  readonly lastWord: number;
}

export function literal(text: string): Literal {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
  return { bytes, words, lastWord: bytes.length < 4 ? 0 : view.getInt32(bytes.length - 4, true) };
}
