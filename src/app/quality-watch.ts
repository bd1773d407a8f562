import type { QualityHealth } from "../api/index.ts";
import { formatInstant, type Listings, type QualityMinute } from "../domain/index.ts";

/** How far back the report looks. */
const WINDOW_US = 5 * 60_000_000;
const WORST_MAX = 5;
/** A price this far from those at other venues is worth a look: half a percent. */
const DIVERGENCE_PPM = 5_000;

/** The quality of the last minutes, for the health report: which listings to look at first, and why. */
export class QualityWatch {
  #minutes: QualityMinute[] = [];

  saw(minutes: readonly QualityMinute[]): void {
    const newestUs = minutes.at(-1)?.startUs;
    if (newestUs === undefined) return;
    this.#minutes = [...this.#minutes, ...minutes].filter(({ startUs }) => startUs > newestUs - WINDOW_US);
  }

  report(listings: Listings): QualityHealth {
    const newest = this.#minutes.at(-1);
    const byListing = new Map<number, Finding>();
    for (const minute of this.#minutes) {
      const finding = findingOf(minute);
      const known = byListing.get(minute.listing);
      if (finding.weight > 0 && finding.weight >= (known?.weight ?? 0)) byListing.set(minute.listing, finding);
    }
    const worst = [...byListing]
      .sort(([a, { weight: ofA }], [b, { weight: ofB }]) => ofB - ofA || a - b)
      .slice(0, WORST_MAX)
      .map(([index, { problem, startUs }]) => {
        const { venue, symbol } = listings.at(index);
        return { venue, symbol, minute: formatInstant(startUs), problem };
      });
    return {
      minute: newest === undefined ? null : formatInstant(newest.startUs),
      listings: new Set(this.#minutes.map(({ listing }) => listing)).size,
      worst,
    };
  }
}

interface Finding {
  /** How bad; 0 is well. */
  readonly weight: number;
  readonly problem: string;
  readonly startUs: number;
}

function findingOf(minute: QualityMinute): Finding {
  const { startUs, flags, gapUs, expectedTrades, trades, priceOutliers, divergencePpm = 0, refused } = minute;
  const found = (weight: number, problem: string): Finding => ({ weight, problem, startUs });
  if (gapUs > 0) return found(6, `a gap of ${(gapUs / 1_000_000).toFixed(1)} s`);
  if (flags.includes("silent")) return found(5, "nothing from the venue");
  if (refused > 0) return found(4, `${refused} records in quarantine`);
  if (flags.includes("sparse")) return found(3, `${trades} trades where about ${expectedTrades ?? 0} were expected`);
  if (Math.abs(divergencePpm) >= DIVERGENCE_PPM)
    return found(2, `its price is ${(divergencePpm / 10_000).toFixed(2)} % off the other venues'`);
  return priceOutliers > 0 ? found(1, `${priceOutliers} prices far off the moves before`) : found(0, "");
}
