import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../base/index.ts";
import { planConnections } from "./connection-plan.ts";
import { testFeed } from "./test-feed.ts";

const feedOf = (symbolsPerConnectionMax: number) => ({
  id: "test",
  limits: { ...testFeed().limits, symbolsPerConnectionMax },
});

test("planConnections() spreads symbols evenly over as few connections as the limit allows", () => {
  expect(planConnections(feedOf(3), ["A", "B", "C", "D"])).toEqual([
    { index: 0, name: "test/0", symbols: ["A", "B"] },
    { index: 1, name: "test/1", symbols: ["C", "D"] },
  ]);
});

test("planConnections() gives every symbol one connection, in order and within the limit", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 20 }),
      (symbols, max) => {
        const plans = planConnections(feedOf(max), symbols);
        expect(plans.flatMap((plan) => plan.symbols)).toEqual(symbols);
        expect(plans.length).toBe(Math.ceil(symbols.length / max));
        const sizes = plans.map((plan) => plan.symbols.length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(max);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test("planConnections() takes fewer symbols a connection where each has many channels", () => {
  const limits = { ...feedOf(3).limits, subscriptionsPerConnectionMax: 6 };
  const sizes = (channels: number) =>
    planConnections({ id: "test", limits }, ["A", "B", "C", "D", "E", "F"], channels).map(
      ({ symbols }) => symbols.length,
    );
  expect([1, 2, 3, 6, 7].map(sizes)).toEqual([
    [3, 3],
    [3, 3],
    [2, 2, 2],
    [1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1],
  ]);
});

test("planConnections() gives channels of other endpoints connections of their own, those of trades first", () => {
  const feed = {
    ...feedOf(2),
    url: "ws://here/",
    channelUrls: { candles: "ws://there/", funding: "ws://there/" },
    channels: ["trade"],
  };
  const names = (channels: readonly string[]) =>
    planConnections(feed, ["A", "B", "C"], channels).map((plan) => [plan.name, plan.symbols, plan.channels]);
  expect(names(["candles", "trade", "book", "funding"])).toEqual([
    ["test/0", ["A"], ["trade", "book"]],
    ["test/1", ["B", "C"], ["trade", "book"]],
    ["test/2", ["A"], ["candles", "funding"]],
    ["test/3", ["B", "C"], ["candles", "funding"]],
  ]);
  // The same partitions as ever where all is served at one endpoint.
  expect(names(["trade", "book"]).map(([name]) => name)).toEqual(["test/0", "test/1"]);
});

test("planConnections() has no connection for what is polled", () => {
  const polled = [{ name: "openInterest", everyMs: 1_000, requests: () => [] }];
  const venueData = {
    channels: [],
    polled,
    createReader: () => ({ marks: { texts: [] }, read: () => "other" as const }),
  };
  const plan = (channels: readonly string[]) =>
    planConnections({ ...feedOf(2), url: "ws://here/", channels: ["trade"], venueData }, ["A"], channels);
  expect(plan(["openInterest", "trade"]).map(({ channels }) => channels)).toEqual([["trade"]]);
  expect(plan(["openInterest"])).toEqual([]);
});

test("planConnections() refuses no symbols, and one twice", () => {
  expect(() => planConnections(feedOf(3), [])).toThrow(InvalidInputError);
  expect(() => planConnections(feedOf(3), ["A", "B", "A"])).toThrow(/A is named twice/);
});
