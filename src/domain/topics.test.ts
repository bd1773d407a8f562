import { expect, test } from "vitest";
import { feedOfTopic, rawTopic, TOPICS } from "./index.ts";

test("a raw topic names its feed, and no event topic does", () => {
  expect(feedOfTopic(rawTopic("kraken-v1"))).toBe("kraken-v1");
  expect(rawTopic("ccxt:kraken")).toBe("raw.ccxt.kraken");
  expect(feedOfTopic(rawTopic("ccxt:kraken"))).toBe("ccxt:kraken");
  for (const topic of Object.values(TOPICS)) expect(feedOfTopic(topic)).toBeUndefined();
});
