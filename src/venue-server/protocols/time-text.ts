/** Microseconds since the Unix epoch as "2026-08-09T21:05:42.514318Z". */
export function isoMicroseconds(timeUs: number): string {
  const second = Math.floor(timeUs / 1_000_000);
  return `${isoSecond(second)}.${String(timeUs - second * 1_000_000).padStart(6, "0")}Z`;
}

/** The same without zeros at the end of the fraction, as Go prints it: "2026-08-09T21:05:38.50436Z". */
export function isoShortest(timeUs: number): string {
  const text = isoMicroseconds(timeUs);
  return text.endsWith("0Z") ? text.replace(/\.?0+Z$/, "Z") : text;
}

/** Many times in a row fall into one second. */
let cachedSecond = Number.NaN;
let cachedText = "";
function isoSecond(second: number): string {
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedText = new Date(second * 1000).toISOString().slice(0, 19);
  }
  return cachedText;
}

/** Microseconds since the Unix epoch of such a text; what is finer is cut off. */
export function isoTimeUs(text: string): number {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? "";
  return Date.parse(text.replace(/\.\d+Z$/, "Z")) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
