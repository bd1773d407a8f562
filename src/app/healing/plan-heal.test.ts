import { expect, test } from "vitest";
import type { Gap } from "../../domain/index.ts";
import type { IdsKnown } from "../../pipeline/index.ts";
import { type HealFacts, planHeal } from "./plan-heal.ts";

const S = 1_000_000;
const GAP: Gap = {
  ...{ gapId: "one/0#1", venue: "one", feed: "one", connection: "one/0", epoch: 1, rawSymbols: ["BTC"] },
  ...{ cause: "disconnect", state: "closed", fromUs: 100 * S, toUs: 110 * S, detail: "", resolution: "reconnected" },
  source: 0,
};

function facts(known: IdsKnown | undefined, more: Partial<HealFacts> = {}): HealFacts {
  return {
    ...{ channels: ["trade"], hasIds: known !== undefined, isNewestOnly: false },
    ...{ known: () => known, missingOf: () => [], lateUs: () => 0, ...more },
  };
}

const KNOWN: IdsKnown = { next: 51, first: 1, firstUs: 10 * S, newestUs: 111 * S, missing: [[40, 42]] };
const wide = { rawSymbol: "BTC", channel: "trade", fromUs: 95 * S, toUs: 115 * S };

test("by ids, what is missing is asked for, and what may have followed the last where none came since", () => {
  expect(planHeal(GAP, facts(KNOWN))).toEqual([{ ...wide, firstId: 40, lastId: 42 }]);
  expect(planHeal(GAP, facts({ ...KNOWN, newestUs: 99 * S }))).toEqual([
    { ...wide, firstId: 40, lastId: 42 },
    { ...wide, firstId: 51 },
  ]);
});

test("while the connection is lost, what was asked for is not the end: what follows it is asked for", () => {
  const open: Gap = { ...GAP, state: "open", toUs: undefined, resolution: undefined };
  const sinceLoss = { ...KNOWN, newestUs: 105 * S, missing: [] };
  expect(planHeal(open, facts(sinceLoss))).toEqual([{ ...wide, toUs: 105 * S, firstId: 51 }]);
  // Nor is it when the connection is back, until the symbol itself trades.
  expect(planHeal(GAP, facts(sinceLoss))).toEqual([{ ...wide, firstId: 51 }]);
  expect(planHeal(GAP, facts({ ...sinceLoss, newestUs: 110 * S }))).toEqual([]);
});

test("a venue that tells one page of its newest trades is asked once for all that is missing", () => {
  const missing = [
    [40, 42],
    [9_000, 9_001],
  ] as const;
  const newest = { isNewestOnly: true };
  expect(planHeal(GAP, facts({ ...KNOWN, missing }, newest))).toEqual([{ ...wide, firstId: 40, lastId: 9_001 }]);
  expect(planHeal(GAP, facts({ ...KNOWN, missing, newestUs: 99 * S }, newest))).toEqual([{ ...wide, firstId: 40 }]);
  // Of aggregates it tells all.
  const aggregates = { ...newest, channels: ["aggTrade"] };
  expect(planHeal(GAP, facts({ ...KNOWN, missing }, aggregates))).toHaveLength(2);
});

test("a connection lost before a symbol's first trade: all up to the first that came is asked for by time", () => {
  const known = { ...KNOWN, first: 50, firstUs: 111 * S, missing: [] };
  expect(planHeal(GAP, facts(known))).toEqual([{ ...wide, lastId: 49 }]);
  const never = facts(undefined, { hasIds: true });
  expect(planHeal(GAP, never)).toEqual([wide]);
});

test("without ids it is asked for from the last trade that is here to the first that is here again", () => {
  const edges = () => ({ beforeUs: 80 * S, afterUs: 112 * S });
  // A venue may tell trades a little out of order.
  expect(planHeal(GAP, facts(undefined, { edges }))).toEqual([{ ...wide, fromUs: 79 * S, toUs: 112 * S }]);
  // What one page of the newest has does not depend on what is asked for.
  expect(planHeal(GAP, facts(undefined, { edges, isNewestOnly: true }))).toEqual([
    { ...wide, fromUs: 80 * S, toUs: 112 * S },
  ]);
});

test("without ids and edges it is asked for five seconds beyond both ends, and as much earlier as trades came late", () => {
  expect(planHeal(GAP, facts(undefined))).toEqual([wide]);
  expect(planHeal(GAP, facts(undefined, { lateUs: () => 43 * S }))).toEqual([{ ...wide, fromUs: 52 * S }]);
});
