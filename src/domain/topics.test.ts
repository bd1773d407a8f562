import { expect, test } from "vitest";
import { feedOfTopic, rawTopic, TOPICS } from "./index.ts";

test("a raw topic names its feed, and no event topic does", () => {
  expect(feedOfTopic(rawTopic("kraken-v1"))).toBe("kraken-v1");
  for (const topic of Object.values(TOPICS)) expect(feedOfTopic(topic)).toBeUndefined();
});
