import type { Random } from "../../base/index.ts";

const QUOTE = 0x22;

/**
 * Flips one bit of one quotation mark, so that the number of marks is odd and the text cannot be JSON:
 * a corruption that left the frame readable would be a different trade, which nobody could tell from a true one.
 * Stays valid UTF-8, for a text frame that is not would end the connection instead.
 */
export function corrupted(payload: Uint8Array, random: Random): Uint8Array {
  const damaged = Uint8Array.from(payload);
  const quotes: number[] = [];
  for (let at = payload.indexOf(QUOTE); at >= 0; at = payload.indexOf(QUOTE, at + 1)) {
    if (payload[at - 1] !== 0x5c) quotes.push(at);
  }
  const at = quotes[random.int(Math.max(1, quotes.length))] ?? 0;
  damaged[at] = (damaged[at] ?? 0) ^ 0x02;
  return damaged;
}

/** Cuts the frame off, at least one byte and never in the middle of a character. */
export function truncated(payload: Uint8Array, random: Random): Uint8Array {
  let end = Math.min(payload.byteLength - 1, 1 + random.int(Math.max(1, payload.byteLength - 1)));
  while (end > 0 && ((payload[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return payload.subarray(0, Math.max(0, end));
}

/**
 * Puts an object where each trade's price should be.
 *
 * @param pricePattern the feed's way to write a price, with the value as its only group
 * @returns undefined when the frame holds no price
 */
export function mistyped(payload: Uint8Array, pricePattern: RegExp): Uint8Array | undefined {
  const text = Buffer.from(payload).toString("utf8");
  let found = false;
  const changed = text.replaceAll(pricePattern, (whole, value: string) => {
    found = true;
    return `${whole.slice(0, whole.length - value.length)}{"value":null}`;
  });
  return found ? Buffer.from(changed, "utf8") : undefined;
}
