/** Microseconds since the Unix epoch as seconds with six decimals: "1688669597.827736". */
export function seconds(timeUs: number): string {
  const whole = Math.floor(timeUs / 1_000_000);
  return `${whole}.${String(timeUs - whole * 1_000_000).padStart(6, "0")}`;
}
