import { expect, test } from "vitest";
import { parseDecimal } from "../domain/index.ts";
import { actionsKnownAt, barsKnownAt } from "./known.ts";
import { ActionHistory, Statements } from "./statements.ts";
import type { CorporateAction, VendorAnswer, VendorBar } from "./vendor-answer.ts";

function bar(startUs: number, close: string): VendorBar {
  const price = parseDecimal(close);
  return { startUs, open: price, high: price, low: price, close: price, volume: parseDecimal("1"), adjustment: "none" };
}

const DIVIDEND: CorporateAction = { kind: "dividend", exDateUs: 5, amount: parseDecimal("0.5"), adjustment: "none" };
const SPLIT: CorporateAction = { kind: "split", exDateUs: 7, to: 2n, from: 1n };

function answer(
  bars: readonly VendorBar[],
  actions: readonly CorporateAction[],
  complete?: VendorAnswer["complete"],
): Pick<VendorAnswer, "bars" | "actions" | "complete"> {
  return { bars, actions, complete };
}

test("what is said again is nothing new, and what is said otherwise is a further statement", () => {
  const statements = new Statements([], new ActionHistory([]));
  expect(statements.take(answer([bar(1, "10"), bar(2, "11")], [DIVIDEND]), 100).bars).toHaveLength(2);
  expect(statements.take(answer([bar(1, "10.00"), bar(2, "11")], [DIVIDEND]), 200)).toEqual({ bars: [], actions: [] });
  const { bars } = statements.take(answer([bar(1, "10"), bar(2, "12")], []), 300);
  expect(bars.map(({ startUs, revision, knownAtUs }) => [startUs, revision, knownAtUs])).toEqual([[2, 1, 300]]);
});

test("an answer that is older than what is known already is compared with what was known before it", () => {
  const statements = new Statements([], new ActionHistory([]));
  const first = statements.take(answer([bar(1, "10")], []), 100).bars;
  const late = statements.take(answer([bar(1, "11")], []), 50).bars;
  expect(late.map(({ knownAtUs, revision }) => [knownAtUs, revision])).toEqual([[50, 1]]);
  // Read again after it, the first answer needs no further statement, and one that agreed with it does.
  expect(statements.take(answer([bar(1, "10")], []), 100).bars).toEqual([]);
  expect(barsKnownAt([...first, ...late], 99).map(({ close }) => close)).toEqual([parseDecimal("11")]);
  expect(barsKnownAt([...first, ...late], 100).map(({ close }) => close)).toEqual([parseDecimal("10")]);
});

test("an action that a complete answer no longer has is withdrawn, and may come back", () => {
  const statements = new Statements([], new ActionHistory([]));
  const complete = { kinds: ["split", "dividend"], fromUs: 0, toUs: 10 } as const;
  const all = [...statements.take(answer([], [DIVIDEND, SPLIT], complete), 100).actions];
  expect(all).toHaveLength(2);
  const gone = statements.take(answer([], [SPLIT], complete), 200).actions;
  expect(gone).toMatchObject([{ kind: "dividend", state: "withdrawn", knownAtUs: 200, revision: 1 }]);
  all.push(...gone, ...statements.take(answer([], [DIVIDEND, SPLIT], complete), 300).actions);
  expect([100, 200, 300].map((at) => actionsKnownAt(all, at).length)).toEqual([2, 1, 2]);
});

test("an answer that is not complete, or not about those days or kinds, takes nothing back", () => {
  const statements = new Statements([], new ActionHistory([]));
  statements.take(answer([], [DIVIDEND, SPLIT]), 100);
  expect(statements.take(answer([], []), 200).actions).toEqual([]);
  expect(statements.take(answer([], [], { kinds: ["split", "dividend"], fromUs: 8, toUs: 20 }), 300).actions).toEqual(
    [],
  );
  expect(statements.take(answer([], [], { kinds: ["dividend"], fromUs: 6, toUs: 20 }), 400).actions).toEqual([]);
  expect(statements.take(answer([], [], { kinds: ["dividend"], fromUs: 0, toUs: 20 }), 500).actions).toHaveLength(1);
});

test("an action that answers of two intervals both tell is said once", () => {
  const actions = new ActionHistory([]);
  const [days, minutes] = [new Statements([], actions), new Statements([], actions)];
  expect(days.take(answer([], [SPLIT]), 100).actions).toHaveLength(1);
  expect(minutes.take(answer([], [SPLIT]), 100).actions).toEqual([]);
});
