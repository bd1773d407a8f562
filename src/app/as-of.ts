import { InvalidInputError } from "../base/index.ts";
import { parseInstant } from "../domain/index.ts";
import type { AsOf } from "../query/index.ts";

/**
 * A time (ISO 8601), or a snapshot id.
 *
 * @throws {InvalidInputError} when it is neither
 */
export function parseAsOf(text: string): AsOf {
  if (/^\d{1,19}$/.test(text)) return { snapshotId: BigInt(text) };
  const instant = parseInstant(text);
  if (instant === undefined) {
    throw new InvalidInputError(
      `Neither a snapshot id nor a time: ${JSON.stringify(text)}. Write for example 2026-11-21T08:30:00Z`,
    );
  }
  return { timeUs: instant.us };
}
