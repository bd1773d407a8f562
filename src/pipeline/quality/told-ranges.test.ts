import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { ToldRanges } from "./told-ranges.ts";

test("a minute was told before exactly where it was, in whatever order minutes come, also after a restart", () => {
  const told = fc.record({ listing: fc.nat(1), minute: fc.nat(25) });
  fc.assert(
    fc.property(fc.array(told, { maxLength: 60 }), fc.nat(60), (minutes, restartAt) => {
      let ranges = new ToldRanges();
      const known = new Set<string>();
      for (const [index, { listing, minute }] of minutes.entries()) {
        if (index === restartAt) ranges = reopened(ranges);
        const key = `${listing} ${minute}`;
        expect(ranges.add(listing, minute)).toBe(known.has(key));
        known.add(key);
      }
    }),
    { numRuns: 500 },
  );
});

test("of more ranges than are kept the oldest become one", () => {
  const ranges = new ToldRanges();
  for (let minute = 0; minute < 4_000; minute += 2) ranges.add(0, minute);
  expect([ranges.add(0, 3_997), ranges.add(0, 1)]).toEqual([false, true]);
});

function reopened(ranges: ToldRanges): ToldRanges {
  const writer = new ByteWriter();
  ranges.write(writer);
  const read = new ToldRanges();
  read.read(new ByteReader(writer.take()));
  return read;
}
