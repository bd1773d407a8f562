import fc from "fast-check";
import { expect, test } from "vitest";
import { TAKER_SIDES } from "../domain/index.ts";
import { derive } from "./derive.ts";
import { openPipeline } from "./pipeline.ts";
import { frame, MemoryLog, scriptedRules, T0 } from "./test-support.ts";
import { TradeChecksum } from "./trade-checksum.ts";

const row = {
  tradeId: "4711",
  price: 5_000_050_000_000n,
  size: 25_000_000n,
  side: 1,
  eventTimeUs: T0,
  eventTimeNanos: 7,
};

function checksum(...rows: readonly (typeof row)[]): string {
  const sum = new TradeChecksum();
  for (const one of rows) sum.add(one);
  return sum.hex;
}

test("the checksum of nothing is zero, and that of a trade is the one that other readers compute", () => {
  expect(checksum()).toBe("0000000000000000");
  expect(checksum(row)).toBe("a54243601eca1fdc");
});

test("the checksum does not depend on the order, and changes with every part of a trade", () => {
  const other = { ...row, tradeId: "a9", price: -3n };
  expect(checksum(row, other)).toBe(checksum(other, row));
  const changes = [
    { tradeId: "4712" },
    { price: row.price + 1n },
    { price: row.price + 2n ** 32n },
    { size: row.size + 1n },
    { side: 2 },
    { eventTimeUs: T0 + 1 },
    { eventTimeUs: T0 + 2 ** 32 },
    { eventTimeNanos: 8 },
  ];
  const sums = [row, ...changes.map((change) => ({ ...row, ...change }))].map((one) => checksum(one));
  expect(new Set(sums).size).toBe(sums.length);
});

test("derive() finds in the raw frames what the pipeline wrote, however they are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(
          fc.record({
            s: fc.constantFrom("BTC", "ETH"),
            id: fc.oneof(
              fc.nat(30),
              fc.nat(30).map((id) => `u-${id}`),
            ),
            p: fc.constantFrom("1.5", "0", "99.00000001"),
            q: fc.constantFrom("2", "0.1"),
            t: fc.nat(1_000_000).map((offset) => T0 + offset),
          }),
          { maxLength: 4 },
        ),
        { maxLength: 25 },
      ),
      fc.integer({ min: 1, max: 30 }),
      async (frames, chunkRecords) => {
        const log = new MemoryLog();
        log.putFrames(frames.map((trades, index) => frame(T0 + index, { trades })));
        const pipeline = await openPipeline({
          raw: log,
          events: log,
          rules: scriptedRules,
          rawTopics: ["raw.one"],
          recall: log.recall,
        });
        await pipeline.run({ follow: false });
        log.chunkRecords = chunkRecords;
        const derived = await derive(log.read({ topic: "raw.one", partition: 0, offset: 0 }, { follow: false }), {
          rules: scriptedRules,
        });
        for (const { rawSymbol } of log.listings()) {
          const rows = log.trades().filter((trade) => trade.rawSymbol === rawSymbol);
          const sum = new TradeChecksum();
          for (const trade of rows) {
            sum.add({
              tradeId: trade.tradeId,
              price: trade.price.mantissa,
              size: trade.size.mantissa,
              side: TAKER_SIDES.indexOf(trade.takerSide),
              eventTimeUs: Number(trade.eventTimeNs / 1000n),
              eventTimeNanos: Number(trade.eventTimeNs % 1000n),
            });
          }
          expect(derived.listings.get(`one|${rawSymbol}`)).toMatchObject({
            trades: rows.length,
            size: rows.reduce((total, trade) => total + trade.size.mantissa, 0n),
            checksum: sum.hex,
          });
        }
        expect(derived.feeds["one"] ?? {}).toEqual(pipeline.status().feeds["one"] ?? {});
      },
    ),
    { numRuns: 60 },
  );
});
