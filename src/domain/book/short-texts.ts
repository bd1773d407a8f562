const encoder = new TextEncoder();
const decoder = new TextDecoder();
const KNOWN_MAX = 1_024;

/** A few names stand in every record: each is made once. */
const encoded = new Map<string, Uint8Array>();
let decodedLast: { readonly bytes: Uint8Array; readonly text: string } = { bytes: new Uint8Array(), text: "" };

/** A short text that comes again and again, in UTF-8. */
export function encodedText(text: string): Uint8Array {
  const known = encoded.get(text);
  if (known !== undefined) return known;
  if (encoded.size === KNOWN_MAX) encoded.clear();
  const bytes = encoder.encode(text);
  encoded.set(text, bytes);
  return bytes;
}

/** The text at a place of a view; that of the record before is mostly the same. */
export function cachedText(view: DataView, at: number, byteLength: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, byteLength);
  const { bytes: last } = decodedLast;
  let isSame = last.byteLength === byteLength;
  for (let index = 0; isSame && index < byteLength; index += 1) isSame = last[index] === bytes[index];
  if (!isSame) decodedLast = { bytes: bytes.slice(), text: decoder.decode(bytes) };
  return decodedLast.text;
}
