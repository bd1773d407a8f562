/** `p50 1.2, p99 4.5, max 9.1 ms (of 1,234)` */
export function quantilesText(valuesMs: readonly number[]): string {
  if (valuesMs.length === 0) return "nothing was measured";
  const sorted = valuesMs.toSorted((one, other) => one - other);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms (of ${whole(sorted.length)})`;
}

/** 1,234,567 */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
