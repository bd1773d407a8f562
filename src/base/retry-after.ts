/** Longer than any ban that a venue documents, and what a timer can hold. */
export const RETRY_AFTER_MS_MAX: number = 72 * 3_600_000;

/**
 * How long an HTTP answer asks us to stay away.
 *
 * @param header the Retry-After header: delay in seconds, or an HTTP date
 * @returns milliseconds from now, at least 0; undefined when there is no header, or none that can be read
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (text === "") return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), RETRY_AFTER_MS_MAX);
}
