import fc from "fast-check";
import { expect, test } from "vitest";
import { parseInstant } from "../../domain/index.ts";
import { HOLES_TOLD_MAX, tellHoles } from "./tell-holes.ts";

/** The spans that a text names. */
const told = (text: string): readonly (readonly number[])[] =>
  [...text.matchAll(/from (\S+) to (\S+?),? (?=from|by)/g)].map(([, from = "", to = ""]) =>
    [from, to].map((instant) => parseInstant(instant)?.us ?? Number.NaN),
  );

test("holes are told by their ends; none are not told at all", () => {
  expect(tellHoles("BTCUSDT", [])).toBe("");
  expect(
    tellHoles("BTCUSDT", [
      { fromUs: 1_763_767_628_218_000, toUs: 1_763_767_628_902_000 },
      { fromUs: 1_763_767_630_000_000, toUs: 1_763_767_630_000_001 },
    ]),
  ).toBe(
    "of BTCUSDT what was traded from 2025-11-21T23:27:08.218000Z to 2025-11-21T23:27:08.902000Z, " +
      "from 2025-11-21T23:27:10.000000Z to 2025-11-21T23:27:10.000001Z by the venue's clock may be missing",
  );
});

test("however many there are, each lies in what is told; where they are not too many, nothing else does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat(20)), { minLength: 1, maxLength: HOLES_TOLD_MAX * 2 }),
      (steps) => {
        let us = 1_763_767_628_000_000;
        const holes = steps.map(([distance, length]) => {
          const fromUs = us + distance;
          us = fromUs + length;
          return { fromUs, toUs: us };
        });
        const text = tellHoles("BTCUSDT", holes);
        const spans = told(text);
        expect(spans).toHaveLength(Math.min(holes.length, HOLES_TOLD_MAX));
        for (const { fromUs, toUs } of holes)
          expect(spans.filter(([from = 0, to = 0]) => from <= fromUs && toUs <= to)).toHaveLength(1);
        expect(text.endsWith(`may be missing, in ${holes.length} parts of that`)).toBe(holes.length > HOLES_TOLD_MAX);
        if (holes.length <= HOLES_TOLD_MAX) expect(spans).toEqual(holes.map(({ fromUs, toUs }) => [fromUs, toUs]));
        const inner = (some: readonly (readonly number[])[]): number =>
          Math.min(...some.slice(1).map(([from = 0], index) => from - (some[index]?.[1] ?? 0)));
        // What is told as one was nearer to each other than what is told apart.
        const apart = new Set(spans.map(([from]) => from));
        const joined = holes.flatMap(({ fromUs }, index) =>
          index > 0 && !apart.has(fromUs) ? [fromUs - (holes[index - 1]?.toUs ?? 0)] : [],
        );
        expect(Math.max(0, ...joined)).toBeLessThanOrEqual(inner(spans));
      },
    ),
  );
});
