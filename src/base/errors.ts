/** What the caller can do about an error. */
export type Remedy = "retry" | "resync" | "fix-input" | "report";

/**
 * The root of every error that K2 raises on purpose.
 *
 * A message says what failed, what was seen, the state we are in now, and what to do next.
 * `code` is stable and listed in docs/errors.md; a test holds the two equal.
 */
export abstract class K2Error extends Error {
  abstract readonly code: `K2_${string}`;
  abstract readonly remedy: Remedy;

  override get name(): string {
    return this.constructor.name;
  }
}

/** The input or the configuration is wrong; nothing was done. */
export class InvalidInputError extends K2Error {
  readonly code = "K2_INVALID_INPUT";
  readonly remedy = "fix-input";
}

/** An invariant of K2 itself does not hold: a bug, never the caller's fault. */
export class InternalError extends K2Error {
  readonly code = "K2_INTERNAL";
  readonly remedy = "report";
}

/** The text of anything thrown, with those of its causes that it does not tell itself, for a log line or a terminal. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : describeError(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (caused by: ${cause})`;
}
