/** Bytes of the JSON grammar. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const ZERO = 0x30;
export const CLOSE_ARRAY = 0x5d;

const encoder = new TextEncoder();

/** A text as bytes, to compare with. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
