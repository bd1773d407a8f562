import { expect, test } from "vitest";
import { type Clock, systemClock } from "../base/index.ts";
import { Beat } from "./beat.ts";

/** A clock whose sleeps end when the test says so. */
function heldClock(): { readonly clock: Clock; readonly asked: number[]; wake(): void } {
  const asked: number[] = [];
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    asked,
    clock: {
      ...systemClock,
      sleep: async (durationMs) => {
        asked.push(durationMs);
        await promise;
      },
    },
    wake: () => {
      resolve();
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
  };
}

test("Beat lets all who wait go on together, and the next ones after a pause of their own", async () => {
  const { clock, asked, wake } = heldClock();
  const beat = new Beat({ clock, pauseMsMin: 4, pauseMsMax: 20 });
  const gone: string[] = [];
  const waits = [beat.next(2).then(() => gone.push("one")), beat.next(3).then(() => gone.push("other"))];
  await Promise.resolve();
  expect([gone, asked]).toEqual([[], [8]]);
  wake();
  await Promise.all(waits);
  expect(gone).toEqual(["one", "other"]);
  const later = beat.next(1);
  wake();
  await later;
  expect(asked).toEqual([8, 4]);
});

test("Beat waits no longer than its limit, whatever a turn took", async () => {
  const { clock, asked, wake } = heldClock();
  const beat = new Beat({ clock, pauseMsMin: 4, pauseMsMax: 20 });
  const wait = beat.next(1000);
  wake();
  await wait;
  expect(asked).toEqual([20]);
});

test("Beat lets go at once who aborts, and the others at the beat", async () => {
  const { clock, wake } = heldClock();
  const beat = new Beat({ clock, pauseMsMin: 4, pauseMsMax: 20 });
  const aborting = new AbortController();
  const aborted = beat.next(1, { signal: aborting.signal });
  const other = beat.next(1);
  aborting.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  wake();
  await other;
});
