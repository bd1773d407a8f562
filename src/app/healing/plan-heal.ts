import type { Gap } from "../../domain/index.ts";
import type { WantedTrades } from "../../feeds/index.ts";
import type { IdRange, IdsKnown } from "../../pipeline/index.ts";

/** Between the venue's clock and ours, and between an event and its arrival: asked for beyond a gap's ends. */
const MARGIN_US = 5_000_000;
/** Missing ids this near to each other are asked for together: a page holds more. */
const NEAR_IDS = 500;

export interface HealFacts {
  /** Channels of the feed that carry trades, of those configured. */
  readonly channels: readonly string[];
  /** Whether the feed's ids follow each other. */
  readonly hasIds: boolean;
  /** Where a symbol's ids stand now; undefined where no trade of it was ever seen. */
  known(rawSymbol: string, isAggregate: boolean): IdsKnown | undefined;
  missingOf(gapId: string): readonly IdRange[];
  /** How late a symbol's trades came of late, microseconds. */
  lateUs(rawSymbol: string): number;
}

/** What to ask for, so that a gap is healed. Less each time, as what has come meanwhile is not asked for. */
export function planHeal(gap: Gap, facts: HealFacts): readonly WantedTrades[] {
  const startOf = (rawSymbol: string): number => gap.fromUs - MARGIN_US - facts.lateUs(rawSymbol);
  const toUs = (gap.toUs ?? gap.fromUs) + MARGIN_US;
  if (gap.cause === "missed") {
    const [rawSymbol = ""] = gap.rawSymbols;
    const channel = facts.channels.find((name) => isAggregate(name) === gap.gapId.includes("#a")) ?? "";
    const fromUs = startOf(rawSymbol);
    return together(facts.missingOf(gap.gapId)).map(([firstId, lastId]) => ({
      ...{ rawSymbol, channel, firstId, lastId, fromUs, toUs },
    }));
  }
  return gap.rawSymbols.flatMap((rawSymbol) =>
    facts.channels.flatMap((channel) => {
      const fromUs = startOf(rawSymbol);
      const known = facts.hasIds ? facts.known(rawSymbol, isAggregate(channel)) : undefined;
      return known?.next === undefined
        ? [{ rawSymbol, channel, fromUs, toUs }]
        : byIds(gap, known, { rawSymbol, channel, fromUs, toUs });
    }),
  );
}

/** The holes that are known, and what may have followed the last trade before the gap where none came since. */
function byIds(gap: Gap, { next, newestUs, missing }: IdsKnown, wanted: WantedTrades): readonly WantedTrades[] {
  const holes = together(missing).map(([firstId, lastId]) => ({ ...wanted, firstId, lastId }));
  return newestUs > gap.fromUs ? holes : [...holes, { ...wanted, firstId: next }];
}

function together(ranges: readonly IdRange[]): readonly IdRange[] {
  const joined: IdRange[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && range[0] - before[1] <= NEAR_IDS) joined[joined.length - 1] = [before[0], range[1]];
    else joined.push(range);
  }
  return joined;
}

function isAggregate(channel: string): boolean {
  return channel === "aggTrade";
}
