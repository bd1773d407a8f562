import { expect, test } from "vitest";
import { Positions } from "./positions.ts";

test("Positions read back from their text are the same", () => {
  const positions = Positions.of([
    { topic: "raw.kraken", partition: 0, offset: 7 },
    { topic: "market.trades", partition: 3, offset: 9_007_199_254_740_991 },
    { topic: "market.trades", partition: 0, offset: 0 },
  ]);
  const text = positions.toText();
  expect(text).toBe('{"market.trades":{"0":0,"3":9007199254740991},"raw.kraken":{"0":7}}');
  expect([...Positions.fromText(text)]).toEqual([...Positions.fromText(Positions.fromText(text).toText())]);
  expect(Positions.fromText(text).get("market.trades", 3)).toBe(9_007_199_254_740_991);
});

test("Positions of no text are empty, and other text is refused", () => {
  expect([...Positions.fromText(undefined)]).toEqual([]);
  expect(() => Positions.fromText("{oops")).toThrow(/log positions/);
});
