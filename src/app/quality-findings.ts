/** What of a judged minute says whether it is worth a look: of rows of ops.quality and of what the pipeline tells alike. */
export interface JudgedMinute {
  readonly trades: number;
  readonly refused: number;
  readonly outOfOrder: number;
  readonly gapUs: number;
  readonly priceOutliers: number;
  readonly sizeOutliers: number;
  readonly divergencePpm?: number | null | undefined;
  readonly expectedTrades?: number | null | undefined;
  readonly flags: readonly string[];
}

/** The same of best bids and asks: of rows of ops.quote_quality. */
export interface JudgedQuotes {
  readonly ownCrossedUs: number;
  readonly crossedUs: number;
  readonly crossedWith: string | null;
  readonly crossedMaxPpb: number | null;
  readonly flags: readonly string[];
}

export interface Finding {
  /** How bad; 0 is well. */
  readonly weight: number;
  readonly problem: string;
}

/** A price this far from those at other venues is worth a look: half a percent. */
const DIVERGENCE_PPM = 5_000;
/** Fewer trades out of order than one in so many are ordinary. */
const ORDERLY = 100;
/** So much of a minute: shorter, one venue is only a moment ahead of another. */
const CROSSED_US = 1_000_000;
const WELL: Finding = { weight: 0, problem: "" };

/** The worst thing about a minute of trades. */
export function qualityFinding(minute: JudgedMinute): Finding {
  const { flags, gapUs, expectedTrades, trades, priceOutliers, sizeOutliers, outOfOrder, divergencePpm, refused } =
    minute;
  const found = (weight: number, problem: string): Finding => ({ weight, problem });
  if (gapUs > 0) return found(6, `a gap of ${seconds(gapUs)}`);
  if (flags.includes("silent")) return found(5, "nothing from the venue");
  if (refused > 0) return found(4, `${refused} records in quarantine`);
  if (flags.includes("sparse")) return found(3, `${trades} trades where about ${expectedTrades ?? 0} were expected`);
  if (Math.abs(divergencePpm ?? 0) >= DIVERGENCE_PPM)
    return found(2, `its price is ${((divergencePpm ?? 0) / 10_000).toFixed(2)} % off the other venues'`);
  if (priceOutliers > 0) return found(1, `${priceOutliers} prices far off the moves before`);
  if (sizeOutliers > 0) return found(1, `${sizeOutliers} sizes far above those before`);
  return outOfOrder > 0 && outOfOrder * ORDERLY >= trades
    ? found(1, `${outOfOrder} of ${trades} trades out of order`)
    : WELL;
}

/** The worst thing about a minute of best bids and asks. */
export function quoteFinding({ flags, ownCrossedUs, crossedUs, crossedWith, crossedMaxPpb }: JudgedQuotes): Finding {
  if (flags.includes("unquoted")) return { weight: 4, problem: "no fresh quote" };
  if (ownCrossedUs >= CROSSED_US)
    return { weight: 3, problem: `its own bid at or above its ask for ${seconds(ownCrossedUs)}` };
  if (crossedUs < CROSSED_US) return flags.includes("cut") ? { weight: 1, problem: "too many changes to judge" } : WELL;
  const most = ((crossedMaxPpb ?? 0) / 100_000).toFixed(2);
  return { weight: 2, problem: `crossed with ${crossedWith} for ${seconds(crossedUs)}, by up to ${most} bp` };
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(1)} s`;
}
