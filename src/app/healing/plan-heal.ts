import type { Gap } from "../../domain/index.ts";
import type { WantedTrades } from "../../feeds/index.ts";
import type { IdRange, IdsKnown } from "../../pipeline/index.ts";
import type { GapEdges } from "./gap-edges.ts";

/** Between the venue's clock and ours, and between an event and its arrival: asked for beyond a gap's ends. */
const MARGIN_US = 5_000_000;
/** A venue may tell trades out of the order of their times by so much: asked for before the last that is here. */
const DISORDER_US = 1_000_000;
/** Missing ids this near to each other are asked for together: a page holds more. */
const NEAR_IDS = 500;

export interface HealFacts {
  /** Channels of the feed that carry trades, of those configured. */
  readonly channels: readonly string[];
  /** Whether the feed's ids follow each other. */
  readonly hasIds: boolean;
  /** Whether the venue tells its newest trades in one page, and no others. */
  readonly isNewestOnly: boolean;
  /** Where a symbol's ids stand now; undefined where no trade of it was ever seen. */
  known(rawSymbol: string, isAggregate: boolean): IdsKnown | undefined;
  missingOf(gapId: string): readonly IdRange[];
  /** How late a symbol's trades came of late, microseconds. */
  lateUs(rawSymbol: string): number;
  /** What the stream told before and after the gap; undefined where it was not looked up. */
  edges?(rawSymbol: string): GapEdges | undefined;
}

/** What to ask for, so that a gap is healed. Less each time, as what has come meanwhile is not asked for. */
export function planHeal(gap: Gap, facts: HealFacts): readonly WantedTrades[] {
  const startOf = (rawSymbol: string): number => gap.fromUs - MARGIN_US - facts.lateUs(rawSymbol);
  const toUs = (gap.toUs ?? gap.fromUs) + MARGIN_US;
  if (gap.cause === "missed") {
    const [rawSymbol = ""] = gap.rawSymbols;
    const channel = facts.channels.find((name) => isAggregate(name) === gap.gapId.includes("#a")) ?? "";
    const fromUs = startOf(rawSymbol);
    return together(facts.missingOf(gap.gapId), nearest(facts, channel)).map(([firstId, lastId]) => ({
      ...{ rawSymbol, channel, firstId, lastId, fromUs, toUs },
    }));
  }
  return gap.rawSymbols.flatMap((rawSymbol) =>
    facts.channels.flatMap((channel) => {
      const wanted = { rawSymbol, channel, fromUs: startOf(rawSymbol), toUs };
      const known = facts.hasIds ? facts.known(rawSymbol, isAggregate(channel)) : undefined;
      if (known?.next !== undefined) return byIds(gap, known, wanted, nearest(facts, channel));
      return [byTimes(wanted, facts)];
    }),
  );
}

/** From the last trade that is here to the first that is here again, where they are known; else beyond the gap's ends. */
function byTimes(wanted: WantedTrades, { edges, isNewestOnly }: HealFacts): WantedTrades {
  const { beforeUs, afterUs } = edges?.(wanted.rawSymbol) ?? {};
  // A page of the newest is the same whatever is asked for: there it only matters whether it goes back far enough.
  const fromUs = beforeUs === undefined ? wanted.fromUs : beforeUs - (isNewestOnly ? 0 : DISORDER_US);
  return { ...wanted, fromUs, toUs: afterUs ?? wanted.toUs };
}

/**
 * The holes that are known, and what may have followed the newest trade until one comes after the gap's end: what came in
 * between was asked for, and shows no end. Where none had come before, there is no hole: then what preceded the first.
 */
function byIds(
  gap: Gap,
  { next, first, firstUs, newestUs, missing }: IdsKnown,
  wanted: WantedTrades,
  nearIds: number,
): readonly WantedTrades[] {
  if (firstUs > gap.fromUs) return [{ ...wanted, lastId: first - 1 }];
  const holes = together(missing, nearIds).map(([firstId, lastId]) => ({ ...wanted, firstId, lastId }));
  if (gap.toUs !== undefined && newestUs >= gap.toUs) return holes;
  const [hole] = holes;
  // One page answers both.
  if (nearIds === Number.POSITIVE_INFINITY && hole !== undefined) return [{ ...wanted, firstId: hole.firstId }];
  return [...holes, { ...wanted, firstId: next }];
}

/** How far apart missing ids may be that are asked for together. */
function nearest({ isNewestOnly }: HealFacts, channel: string): number {
  return isNewestOnly && !isAggregate(channel) ? Number.POSITIVE_INFINITY : NEAR_IDS;
}

function together(ranges: readonly IdRange[], nearIds: number): readonly IdRange[] {
  const joined: IdRange[] = [];
  for (const range of ranges.toSorted(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (before !== undefined && range[0] - before[1] <= nearIds)
      joined[joined.length - 1] = [before[0], Math.max(before[1], range[1])];
    else joined.push(range);
  }
  return joined;
}

function isAggregate(channel: string): boolean {
  return channel === "aggTrade";
}
