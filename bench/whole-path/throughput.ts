import { type RateReport, rateText, watchRate } from "./at-rate.ts";
import { whole } from "./quantiles.ts";
import { openScene, sleep } from "./scene.ts";

const WARM_UP_MS = 3_000;
/** More than this behind at the end, and K2 does not keep up: what it had to take in at once would be seconds old. */
const BEHIND_SECONDS_MAX = 1;
/** A market that sends less than this share of what it was told to has no processor left to send with. */
const SENT_SHARE_MIN = 0.9;

/** Raises the rate until K2 falls behind or the market cannot send more; returns the last that K2 kept up with. */
export async function climb(rates: readonly number[], seconds: number): Promise<RateReport | undefined> {
  let kept: RateReport | undefined;
  for (const rate of rates) {
    await using scene = await openScene({ tradesPerSecond: rate });
    await sleep(WARM_UP_MS);
    const report = await watchRate(scene, sleep(seconds * 1000));
    console.log(`  ${whole(rate).padStart(7)} trades/s: ${rateText(report)}`);
    if (report.behindSeconds > BEHIND_SECONDS_MAX) return kept;
    if (kept === undefined || report.tradesPerSecond > kept.tradesPerSecond) kept = report;
    if (report.sentPerSecond < rate * SENT_SHARE_MIN) return kept;
  }
  return kept;
}
