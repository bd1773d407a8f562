import type { QualityHealth } from "../api/index.ts";
import { formatInstant, type Listings, type QualityMinute, type QuoteMinute } from "../domain/index.ts";
import { type Finding, type JudgedQuotes, qualityFinding, quoteFinding } from "./quality-findings.ts";

/** How far back the report looks. */
const WINDOW_US = 5 * 60_000_000;
const WORST_MAX = 5;

/** The quality of the last minutes, for the health report: which listings to look at first, and why. */
export class QualityWatch {
  #minutes: QualityMinute[] = [];
  #quotes: QuoteMinute[] = [];

  saw(minutes: readonly QualityMinute[]): void {
    const newestUs = minutes.at(-1)?.startUs;
    if (newestUs === undefined) return;
    this.#minutes = [...this.#minutes, ...minutes].filter(({ startUs }) => startUs > newestUs - WINDOW_US);
  }

  sawQuotes(minutes: readonly QuoteMinute[]): void {
    const newestUs = minutes.at(-1)?.startUs;
    if (newestUs === undefined) return;
    this.#quotes = [...this.#quotes, ...minutes].filter(({ startUs }) => startUs > newestUs - WINDOW_US);
  }

  report(listings: Listings): QualityHealth {
    const newest = this.#minutes.at(-1);
    const byListing = new Map<number, Finding & { readonly startUs: number }>();
    for (const minute of [...this.#minutes, ...this.#quotes]) {
      const found = "trades" in minute ? qualityFinding(minute) : quoteFinding(judgedQuotes(minute));
      const finding = { ...found, startUs: minute.startUs };
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

function judgedQuotes({ flags, ownCrossedUs, crossed, crossedMaxPpb }: QuoteMinute): JudgedQuotes {
  return {
    flags,
    ownCrossedUs,
    crossedUs: crossed?.us ?? 0,
    crossedWith: crossed?.venue ?? null,
    crossedMaxPpb: crossedMaxPpb ?? null,
  };
}
