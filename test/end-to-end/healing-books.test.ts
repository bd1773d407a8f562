import { expect, test } from "vitest";
import { compareBooks } from "./compare-books.ts";
import { compareBars, compareTrades } from "./named-missing.ts";
import { NEWEST_ONLY, torment, WITH_HISTORY } from "./torment.ts";

/** Seconds of disturbance; ten minutes with K2_HEALING_SECONDS=600. */
const SECONDS = Number(process.env["K2_HEALING_SECONDS"] ?? 6);
/** Each trade changes some twenty levels of the book. */
const TRADES_PER_SECOND = 40;

test("books that are cut, stalled and skipped are whole again, and never wrong while they claim to be proven", {
  timeout: (2 * SECONDS + 300) * 1000,
}, async () => {
  const feeds = [...WITH_HISTORY, ...NEWEST_ONLY];
  await using scenes = await torment({
    markets: [{ feeds, tradesPerSecond: TRADES_PER_SECOND }],
    ...{ seconds: SECONDS, calmSeconds: 4, startAfterMs: 5_000, withBooks: true },
  });
  const { problems, gaps, trades, missing, missingByVenue } = await compareTrades(scenes);
  const books = await compareBooks(scenes, SECONDS > 20 ? 5 : 1);
  if (SECONDS > 6) console.log(JSON.stringify({ trades, missingByVenue, gaps, books }, null, 2));
  expect(books.problems).toEqual([]);
  expect(problems).toEqual([]);
  expect((await compareBars(scenes, missing)).unequal).toEqual([]);
  expect(Object.keys(books.gaps).length).toBeGreaterThan(3);
  expect(books.quotes).toBeGreaterThan(SECONDS * TRADES_PER_SECOND * 0.3);
  expect(books.listings).toBeGreaterThan(feeds.length);
});
