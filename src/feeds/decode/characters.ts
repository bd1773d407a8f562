/** Bytes of the JSON grammar. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const CLOSE_ARRAY = 0x5d;
export const BACKSLASH = 0x5c;

const encoder = new TextEncoder();

/** A text as bytes, to compare with. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Plain ASCII as a string. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
