import { expect, test } from "vitest";
import { compareBars, compareTrades } from "./named-missing.ts";
import { NEWEST_ONLY, SECOND_RECORDER, torment, WITH_HISTORY } from "./torment.ts";

/** Seconds of disturbance; ten minutes with K2_HEALING_SECONDS=600. */
const SECONDS = Number(process.env["K2_HEALING_SECONDS"] ?? 6);
/** Of the venues with a past and of the others, each. */
const TRADES_PER_SECOND = Number(process.env["K2_HEALING_RATE"] ?? 1_500);

test("what cuts, stalls and skips leave out is healed, or named to the trade: all else is the undisturbed run", {
  timeout: (2 * SECONDS + 300) * 1000,
}, async () => {
  await using scenes = await torment({
    markets: [
      { feeds: [...WITH_HISTORY, SECOND_RECORDER], tradesPerSecond: TRADES_PER_SECOND },
      { feeds: NEWEST_ONLY, tradesPerSecond: TRADES_PER_SECOND },
    ],
    ...{ seconds: SECONDS, calmSeconds: 4, startAfterMs: 5_000, withBooks: false },
  });
  const { problems, gaps, trades, missing, missingByVenue } = await compareTrades(scenes);
  if (SECONDS > 6) console.log(JSON.stringify({ trades, missingByVenue, gaps }, null, 2));
  expect(problems).toEqual([]);
  const { compared, unequal } = await compareBars(scenes, missing);
  expect(unequal).toEqual([]);
  expect(compared).toBeGreaterThan(SECONDS * 10);
  // Who tells more of the past than any loss lasted has healed all.
  const healed = WITH_HISTORY.map(({ feed }) => feed);
  expect(Object.keys(missingByVenue).filter((venue) => healed.includes(venue))).toEqual([]);
  const troubled = new Set(Object.keys(gaps).map((name) => name.split(" ")[0]));
  expect(troubled.size).toBeGreaterThanOrEqual(SECONDS > 20 ? 12 : 8);
  expect(trades).toBeGreaterThan(SECONDS * TRADES_PER_SECOND);
});
