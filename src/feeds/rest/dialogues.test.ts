import fc from "fast-check";
import { expect, test } from "vitest";
import type { TradeFields } from "../decode/trade-fields.ts";
import { findId } from "./dialogues.ts";

/** Trade `id` happened at `times[id - first]`. */
function trade(id: number, us: number): TradeFields {
  return { id: String(id), time: { us, nanos: 0 } } as TradeFields;
}

/** @returns the id that was found, and how many requests that took */
function found(timeUs: number, first: number, timeOf: (id: number) => number, last: number): readonly [number, number] {
  const search = findId(timeUs, (beforeId) => ({ path: String(beforeId ?? ""), weight: 1 }));
  let requests = 0;
  for (let step = search.next(); ; requests += 1) {
    if (step.done === true) return [step.value, requests];
    const newest = step.value.path === "" ? last : Math.min(last, Number(step.value.path) - 1);
    step = search.next(newest < first ? [] : [trade(newest, timeOf(newest))]);
  }
}

test("the first id at or after a time is found, whatever the times", () => {
  const times = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5_000, size: "max" });
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 101 }),
      (unordered, first, timeUs) => {
        const ordered = unordered.toSorted((a, b) => a - b);
        const index = ordered.findIndex((us) => us >= timeUs);
        const [id] = found(timeUs, first, (at) => ordered[at - first] ?? 0, first + ordered.length - 1);
        // Where all is later, there is nothing before the first, wherever one begins.
        if (index === 0) expect(id).toBeLessThanOrEqual(first);
        else expect(id).toBe(index < 0 ? first + ordered.length : first + index);
      },
    ),
  );
});

test("what happened some minutes ago among billions of trades takes a dozen requests, not one for every bit", () => {
  const [id, requests] = found(4_999_990_000, 1, (at) => at, 5_000_000_000);
  expect(id).toBe(4_999_990_000);
  expect(requests).toBeLessThan(22);
});
