import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../base/index.ts";
import { corrupted, mistyped, truncated } from "./damage.ts";
import {
  type FaultCount,
  FaultInjector,
  type FaultPlan,
  type FaultRule,
  FaultSchedule,
  type WireAction,
} from "./index.ts";

interface Numbered {
  readonly payload: Uint8Array;
  readonly tradeCount: number;
  readonly number: number;
}

function frame(number: number): Numbered {
  return { number, payload: Buffer.from(`{"n":${number},"p":"1.5"}`), tradeCount: 1 };
}

function play(rules: readonly FaultRule[], frames: number, { seed = 7, stepMs = 1 } = {}) {
  const counts: FaultCount[] = [];
  const injector = new FaultInjector<Numbered>({
    schedule: new FaultSchedule({ seed, rules } satisfies FaultPlan, "binance"),
    pricePattern: /"p":("[^"]*")/g,
    count: (count) => counts.push(count),
  });
  const actions: WireAction<Numbered>[] = [];
  for (let number = 0; number < frames; number += 1) actions.push(...injector.push(frame(number), number * stepMs));
  actions.push(...injector.flush());
  return { actions, counts, order: actions.flatMap((action) => (action.kind === "send" ? [action.frame.number] : [])) };
}

describe("FaultInjector", () => {
  test("without a rule that strikes, sends every frame as it is", () => {
    const { order, counts } = play([{ kind: "duplicate", at: [99] }], 5);
    expect([order, counts]).toEqual([[0, 1, 2, 3, 4], []]);
  });

  test("follows a script to the frame", () => {
    expect(play([{ kind: "duplicate", at: [1, 3] }], 5).order).toEqual([0, 1, 1, 2, 3, 3, 4]);
    expect(play([{ kind: "disconnect", at: [2], closeCode: 1012 }], 4).actions[3]).toEqual({
      kind: "disconnect",
      closeCode: 1012,
    });
    expect(play([{ kind: "half-open", at: [1] }], 3).actions.map(({ kind }) => kind)).toEqual([
      "send",
      "half-open",
      "send",
    ]);
    expect(play([{ kind: "delay", at: [0], durationMs: 250 }], 1).actions.map((action) => action.kind)).toEqual([
      "wait",
      "send",
    ]);
  });

  test("silence swallows what comes within its duration, and counts it", () => {
    const { order, counts } = play([{ kind: "silence", at: [2], durationMs: 3 }], 8);
    expect(order).toEqual([0, 1, 5, 6, 7]);
    expect(counts).toEqual([
      { kind: "silence", times: 1, frames: 1, trades: 1 },
      { kind: "silence", times: 0, frames: 1, trades: 1 },
      { kind: "silence", times: 0, frames: 1, trades: 1 },
    ]);
  });

  test("reorder loses nothing and moves no frame further than its window", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 60 }),
        (seed, windowMax, frames) => {
          const { order, counts } = play([{ kind: "reorder", probability: 0.3, windowMax }], frames, { seed });
          expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: frames }, (_, index) => index));
          const late = order.filter((number, index) => order.slice(0, index).some((earlier) => earlier > number));
          expect(late.length).toBeLessThanOrEqual(counts.length);
          for (const [place, number] of order.entries()) {
            const overtakers = order.slice(0, place).filter((earlier) => earlier > number).length;
            // Frames that were held back themselves may pass besides the window's.
            expect(overtakers).toBeLessThanOrEqual(windowMax + counts.length);
          }
        },
      ),
    );
  });

  test("the same seed strikes the same frames; another seed others", () => {
    const rules: readonly FaultRule[] = [
      { kind: "corrupt", probability: 0.1 },
      { kind: "duplicate", probability: 0.1 },
    ];
    const harmedFrames = (seed: number): readonly number[] =>
      play(rules, 500, { seed }).actions.flatMap((action) =>
        action.kind === "send" && action.harmed ? [action.frame.number] : [],
      );
    expect(harmedFrames(3)).toEqual(harmedFrames(3));
    expect(harmedFrames(3)).not.toEqual(harmedFrames(4));
    expect(harmedFrames(3).length).toBeGreaterThan(25);
    expect(harmedFrames(3).length).toBeLessThan(80);
  });

  test("adding a rule does not move where another one strikes", () => {
    const duplicate: FaultRule = { kind: "duplicate", probability: 0.1 };
    const alone = play([duplicate], 300).order;
    const withMalformed = play([duplicate, { kind: "malformed", at: [5_000] }], 300).order;
    expect(withMalformed).toEqual(alone);
  });

  test("strikes at most timesMax times, and only the named feed", () => {
    expect(play([{ kind: "duplicate", probability: 1, timesMax: 3 }], 10).order).toHaveLength(13);
    expect(play([{ kind: "duplicate", probability: 1, feed: "kraken" }], 10).order).toHaveLength(10);
  });
});

describe("damage", () => {
  const json = fc.json().map((text) => Buffer.from(`{"p":"1","value":${text}}`));

  test("corrupted() is never JSON, always UTF-8, and one bit away", () => {
    fc.assert(
      fc.property(json, fc.integer(), (payload, seed) => {
        const damaged = corrupted(payload, seededRandom(seed));
        expect(() => JSON.parse(Buffer.from(damaged).toString("utf8"))).toThrow();
        expect(new TextDecoder("utf-8", { fatal: true }).decode(damaged)).toHaveLength(payload.toString("utf8").length);
        const changed = [...damaged].filter((byte, index) => byte !== payload[index]);
        expect(changed).toHaveLength(1);
      }),
    );
  });

  test("truncated() is never JSON, always UTF-8, and a true start of the frame", () => {
    fc.assert(
      fc.property(json, fc.integer(), (payload, seed) => {
        const cut = truncated(payload, seededRandom(seed));
        expect(cut.byteLength).toBeLessThan(payload.byteLength);
        expect(() => JSON.parse(Buffer.from(cut).toString("utf8"))).toThrow();
        new TextDecoder("utf-8", { fatal: true }).decode(cut);
        expect(Buffer.from(cut).equals(payload.subarray(0, cut.byteLength))).toBe(true);
      }),
    );
  });

  test("mistyped() stays JSON, with an object for each price", () => {
    const payload = Buffer.from('{"data":[{"p":"1.5","q":"2"},{"p":"1.6"}]}');
    expect(JSON.parse(String(Buffer.from(mistyped(payload, /"p":("[^"]*")/g) ?? [])))).toEqual({
      data: [{ p: { value: null }, q: "2" }, { p: { value: null } }],
    });
    expect(mistyped(Buffer.from('{"x":1}'), /"p":("[^"]*")/g)).toBeUndefined();
  });
});
