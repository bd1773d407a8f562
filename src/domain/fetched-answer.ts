const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a venue answered to a request over HTTP. */
export interface FetchedAnswer {
  /** What was asked: the whole address, with its query. No secrets: K2 asks for public data only. */
  readonly url: string;
  /** HTTP status. */
  readonly status: number;
  /** The venue's spelling of what was asked for, where one symbol was: answers often do not repeat it. */
  readonly symbol?: string;
  /** The answer's body, untouched. */
  readonly body: Uint8Array;
}

/** The payload of a frame of kind "fetched": `{"url":…,"status":…,"symbol":…}`, a line feed, the body's bytes. */
export function fetchedPayload({ url, status, symbol, body }: FetchedAnswer): Uint8Array {
  const head = encoder.encode(`${JSON.stringify({ url, status, symbol })}\n`);
  const payload = new Uint8Array(head.byteLength + body.byteLength);
  payload.set(head);
  payload.set(body, head.byteLength);
  return payload;
}

/**
 * Reads such a payload; the body is a view, not a copy.
 *
 * @returns undefined when the first line is not as `fetchedPayload` writes it
 */
export function readFetched(payload: Uint8Array): FetchedAnswer | undefined {
  const end = payload.indexOf(NEWLINE);
  if (end < 0) return undefined;
  try {
    const head: unknown = JSON.parse(decoder.decode(payload.subarray(0, end)));
    if (typeof head !== "object" || head === null) return undefined;
    const { url, status, symbol } = head as { readonly [name: string]: unknown };
    if (typeof url !== "string" || typeof status !== "number") return undefined;
    const named = typeof symbol === "string" ? { symbol } : {};
    return { url, status, ...named, body: payload.subarray(end + 1) };
  } catch {
    return undefined;
  }
}
