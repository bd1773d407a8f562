import { expect, test } from "vitest";
import { TRADE_FLAGS, TradeBatch } from "../../domain/index.ts";
import { Lateness } from "./lateness.ts";

const S = 1_000_000;

function trades(
  of: readonly { readonly atUs: number; readonly lateUs: number; readonly flags?: number }[],
): TradeBatch {
  const batch = new TradeBatch(of.length);
  for (const { atUs, lateUs, flags = 0 } of of) {
    const row = batch.nextRow();
    batch.listing[row] = 7;
    batch.receiveTimeUs[row] = atUs;
    batch.eventTimeUs[row] = atUs - lateUs;
    batch.flags[row] = flags;
    batch.length += 1;
  }
  return batch;
}

test("a listing is as late as its latest trade of some minutes, and not late where trades come within a second", () => {
  const lateness = new Lateness();
  lateness.saw(trades([{ atUs: 1000 * S, lateUs: 0.9 * S }]));
  expect([lateness.of(7), lateness.of(8)]).toEqual([0, 0]);
  lateness.saw(
    trades([
      { atUs: 1001 * S, lateUs: 43 * S },
      { atUs: 1002 * S, lateUs: 20 * S },
    ]),
  );
  expect(lateness.of(7)).toBe(43 * S);
  lateness.saw(trades([{ atUs: 1700 * S, lateUs: 2 * S }]));
  expect(lateness.of(7)).toBe(2 * S);
});

test("what a venue repeats from before, and what it was asked for, makes nothing late", () => {
  const lateness = new Lateness();
  lateness.saw(
    trades([
      { atUs: 1000 * S, lateUs: 60 * S, flags: TRADE_FLAGS.snapshot },
      { atUs: 1000 * S, lateUs: 3600 * S },
    ]),
  );
  expect(lateness.of(7)).toBe(0);
});
