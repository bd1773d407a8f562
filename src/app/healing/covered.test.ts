import fc from "fast-check";
import { expect, test } from "vitest";
import { Covered } from "./covered.ts";

test("pages that meet tell all from a trade that is here on; those that do not leave a hole, named by its ends", () => {
  const covered = new Covered();
  covered.add({ fromUs: 95, toUs: 120 });
  covered.add({ fromUs: 110, toUs: 150 });
  expect(covered.holes({ fromUs: 100, toUs: 200 })).toEqual([]);
  expect(covered.holes({ fromUs: 90, toUs: 200 })).toEqual([{ fromUs: 90, toUs: 95 }]);
  covered.add({ fromUs: 160, toUs: 180 });
  expect(covered.holes({ fromUs: 100, toUs: 200 })).toEqual([{ fromUs: 150, toUs: 160 }]);
  // What the stream tells itself is not missing.
  expect(covered.holes({ fromUs: 100, toUs: 155 })).toEqual([{ fromUs: 150, toUs: 155 }]);
  expect(covered.holes({ fromUs: 100, toUs: 149 })).toEqual([]);
});

test("trades that share a time do not prove that two pages meet", () => {
  const covered = new Covered();
  covered.add({ fromUs: 100, toUs: 120 });
  expect(covered.holes({ fromUs: 100, toUs: 200 })).toEqual([{ fromUs: 100, toUs: 100 }]);
  covered.add({ fromUs: 120, toUs: 140 });
  expect(covered.holes({ fromUs: 101, toUs: 200 })).toEqual([{ fromUs: 120, toUs: 120 }]);
});

test("whatever pages a venue gives of whatever trades: those that are on none and not of the stream lie in a hole", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 4, maxLength: 80 }),
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 8 }),
      fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 20, max: 79 })),
      (unordered, pageMax, asks, [lastBefore, firstAfter]) => {
        const times = unordered.toSorted((a, b) => a - b); // Trade `index` happened at times[index].
        const before = Math.min(lastBefore, times.length - 2);
        const after = Math.min(Math.max(firstAfter, before + 1), times.length - 1);
        const here = new Set(times.map((_, index) => index).filter((index) => index <= before || index >= after));
        const covered = new Covered();
        // The last page is asked for when all has happened.
        for (const newest of [...asks, times.length - 1].map((ask) => Math.min(ask, times.length - 1))) {
          const first = Math.max(0, newest - pageMax + 1);
          for (let index = first; index <= newest; index += 1) here.add(index);
          covered.add({ fromUs: times[first] ?? 0, toUs: times[newest] ?? 0 });
        }
        const holes = covered.holes({ fromUs: times[before] ?? 0, toUs: times[after] ?? 0 });
        for (const [index, time] of times.entries()) {
          if (here.has(index)) continue;
          expect(holes.some(({ fromUs, toUs }) => fromUs <= time && time <= toUs)).toBe(true);
        }
      },
    ),
  );
});
