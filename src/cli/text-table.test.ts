import { expect, test } from "vitest";
import { csvLine, textTable } from "./text-table.ts";

test("textTable() aligns numbers to the right and text to the left", () => {
  const table = textTable(
    ["symbol", "price"],
    [
      ["BTC-USDT-SPOT", "61800.20"],
      ["X", "7.5"],
    ],
  );
  expect(table.split("\n")).toEqual([
    "symbol            price",
    "─────────────  ────────",
    "BTC-USDT-SPOT  61800.20",
    "X                   7.5",
  ]);
});

test("textTable() of no rows still shows its columns", () => {
  expect(textTable(["a", "bb"], [])).toBe("a  bb\n─  ──");
});

test("csvLine() quotes what needs it", () => {
  expect(csvLine(["a,b", 'say "x"', null, 1n, ["p"]])).toBe('"a,b","say ""x""",,1,"[""p""]"');
});
