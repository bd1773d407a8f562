import { InvalidInputError } from "../../base/index.ts";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of `90d`, `12h`, `30m`, `45s`, `250ms`, or of a plain number, which is milliseconds as Iceberg's own
 * properties have them.
 *
 * @throws {InvalidInputError} naming the text
 */
export function parseDurationMs(text: string): number {
  const [, digits, unit = "ms"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const perUnit = UNITS_MS[unit];
  if (digits === undefined || perUnit === undefined) {
    throw new InvalidInputError(`Cannot read ${JSON.stringify(text)} as a duration: write 90d, 12h, 30m, 45s or 250ms`);
  }
  return Math.round(Number(digits) * perUnit);
}

/** `5 d`, `3.5 h`, `20 s`: for people. */
export function describeDuration(durationMs: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const count = durationMs / (UNITS_MS[unit] ?? 1);
    if (count >= 1) return `${Number(count.toFixed(1))} ${unit}`;
  }
  return `${Math.round(durationMs)} ms`;
}
