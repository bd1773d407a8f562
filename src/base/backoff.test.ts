import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs, seededRandom } from "./index.ts";

test("a wait grows from its first to its most, half of it certain and half of it chance", () => {
  fc.assert(
    fc.property(
      fc.nat(2000),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 5_000, max: 600_000 }),
      fc.integer(),
      (attempt, firstMs, maxMs, seed) => {
        const waitMs = backoffMs(attempt, { firstMs, maxMs, random: seededRandom(seed) });
        const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 60));
        expect(waitMs).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
        expect(waitMs).toBeLessThanOrEqual(ceiling);
      },
    ),
  );
});
