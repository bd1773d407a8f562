import fc from "fast-check";
import { expect, test } from "vitest";
import type { Frame } from "../../domain/index.ts";
import { frame, MemoryLog, opened, T0 } from "../test-support.ts";
import { dataFrame, type ScriptedRecord, takeAll } from "./test-venue-data.ts";

const anyRecord: fc.Arbitrary<ScriptedRecord> = fc
  .record({
    kind: fc.constantFrom("ticker", "candle", "funding", "liquidation", "status" as const),
    rawSymbol: fc.constantFrom("BTC", "ETH", "DOGE"),
    number: fc.integer({ min: 1, max: 4 }).map(String),
    time: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
    isDelta: fc.boolean(),
  })
  .map(({ kind, rawSymbol, number, time, isDelta }): ScriptedRecord => {
    const common = { rawSymbol, ...(time === undefined ? {} : { eventTimeUs: T0 + time }) };
    if (kind === "ticker")
      return [kind, { ...common, isDelta, ...(isDelta ? { bid: number } : { last: number, ask: "9" }) }];
    if (kind === "funding") return [kind, { ...common, isDelta, markPrice: number }];
    if (kind === "status") return [kind, { ...common, state: number === "1" ? "halted" : "trading" }];
    if (kind === "liquidation") return [kind, { ...common, side: "buy", price: number, size: "1", priceKind: "order" }];
    const prices = { open: "1", high: "4", low: "1", close: number, volume: number };
    return [kind, { ...common, interval: "1m", startUs: T0 - Number(number) * 60_000_000, ...prices }];
  });

const anyFrames: fc.Arbitrary<readonly Frame[]> = fc
  .array(
    fc.record({
      kind: fc.oneof(
        { weight: 10, arbitrary: fc.constant("data") },
        { weight: 4, arbitrary: fc.constant("trade") },
        { weight: 1, arbitrary: fc.constantFrom("reopen", "junk", "old socket") },
      ),
      records: fc.array(anyRecord, { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 10, maxLength: 80 },
  )
  .map((steps) => {
    let epoch = 1;
    return [
      opened(T0, 1),
      ...steps.map(({ kind, records }, index): Frame => {
        const timeUs = T0 + 100 + index;
        if (kind === "trade") return frame(timeUs, { trades: [] }, { epoch });
        if (kind === "junk") return frame(timeUs, '{"vd":', { epoch });
        if (kind === "old socket") return dataFrame(timeUs, records, { epoch: Math.max(1, epoch - 1) });
        if (kind === "reopen") epoch += 1;
        return kind === "reopen" ? opened(timeUs, epoch) : dataFrame(timeUs, records, { epoch });
      }),
    ];
  });

test("killed at any append, before or after it took effect, and started again, the rows are those of one run", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyFrames,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4_000 }),
      fc.integer({ min: 0, max: 10 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      async (frames, framesMax, checkpointBytes, idleFramesMax, cuts) => {
        const whole = new MemoryLog(3);
        whole.putFrames(frames);
        await takeAll(whole);

        const log = new MemoryLog(3);
        log.putFrames(frames);
        log.chunkRecords = 3;
        await takeKilled(log, { framesMax, checkpointBytes, idleFramesMax }, () => (cuts.next().value ?? 9) < 3);
        expect(log.eventBytes()).toEqual(whole.eventBytes());
      },
    ),
    { numRuns: 60 },
  );
});

/** Starts it anew as often as an append is cut, before or after it took effect; after forty times none is any more. */
async function takeKilled(log: MemoryLog, of: Parameters<typeof takeAll>[1], isCut: () => boolean): Promise<void> {
  const killing = (): void => {
    if (isCut()) throw new Error("killed");
  };
  for (let starts = 0; ; starts += 1) {
    log.beforeAppend = starts > 40 ? () => {} : killing;
    log.afterAppend = starts > 40 ? () => {} : killing;
    try {
      await takeAll(log, of);
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.message !== "killed") throw error;
    }
  }
}
