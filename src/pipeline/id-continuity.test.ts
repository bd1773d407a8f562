import fc from "fast-check";
import { expect, test } from "vitest";
import { type Gap, TradeBatch } from "../domain/index.ts";
import { ID_HOLD_US, IdContinuity, type IdsKnown } from "./id-continuity.ts";
import type { IdsSeen, Known } from "./id-sequence.ts";
import { MissingIds } from "./missing-ids.ts";
import { ByteReader, ByteWriter } from "./state/bytes.ts";

const S = 1_000_000;
/** Of the state record that it all stands in. */
const VERSION = 5;
const make = (): IdContinuity => new IdContinuity(() => ({ venue: "one", rawSymbol: "BTC" }));

/** Ids as they come, one frame after another; what it says of gaps. Every step goes through a checkpoint. */
class Story {
  #continuity: IdContinuity = make();
  readonly gaps: Gap[] = [];
  readonly known: Known[] = [];

  at(second: number, ids: readonly (number | readonly [first: number, last: number])[], isFetched = false): this {
    this.#continuity.tick(second * S, this.gaps);
    for (const id of ids) {
      const [first, last] = typeof id === "number" ? [id, id] : id;
      this.known.push(this.#continuity.seeRow(rowOf(last, last - first + 1), 0, seen(second, isFetched), this.gaps));
    }
    this.#restart();
    return this;
  }
  fetched(second: number, ids: readonly number[]): this {
    return this.at(second, ids, true);
  }
  refused(second: number, id: string): this {
    this.#continuity.seeRefused(0, id, seen(second, false), this.gaps);
    return this;
  }
  conclude(gapId: string, coverage: "whole" | "beyond" | "notOffered" | "givenUp"): this {
    this.#continuity.concluded({ gapId, coverage, requests: 2, detail: "" }, this.gaps);
    this.#restart();
    return this;
  }
  missing(): readonly (readonly [number, number])[] {
    return this.idsKnown().missing;
  }
  idsKnown(): IdsKnown {
    return this.#continuity.known(0, false);
  }
  get told(): readonly string[] {
    return this.gaps.map(({ gapId, state, fromUs, toUs, resolution }) =>
      [gapId, state, fromUs / S, (toUs ?? 0) / S, resolution ?? "-"].join(" "),
    );
  }
  #restart(): void {
    const writer = new ByteWriter();
    this.#continuity.writeChanges(writer);
    this.#continuity.write(writer);
    this.#continuity = make();
    const reader = new ByteReader(writer.take());
    this.#continuity.read(reader, VERSION);
    this.#continuity.read(reader, VERSION);
  }
}

const seen = (second: number, isFetched: boolean): IdsSeen => ({
  ...{ feed: "one", connection: "one/0", epoch: 1, timeUs: second * S, source: 0, isFetched },
});

function rowOf(id: number, executions: number): TradeBatch {
  const trades = new TradeBatch(1);
  trades.listing[0] = 0;
  trades.idNumber.setNumber(0, id);
  trades.executions[0] = executions;
  trades.length = 1;
  return trades;
}

test("ids that follow each other, twice or before the first, make no gap", () => {
  const story = new Story().at(1, [7, 8, 9]).at(2, [9, 10]).at(3, [5, 6]).at(90, [11]);
  expect(story.told).toEqual([]);
  expect(story.missing()).toEqual([]);
});

test("a hole is told when it has been there for longer than ids may be late, with the times around it and the ids", () => {
  const story = new Story().at(1, [7]).at(3, [10, 11]).at(4, [12]);
  expect(story.told).toEqual([]);
  story.at(3 + ID_HOLD_US / S, [13]);
  expect(story.told).toEqual(["one|BTC#8-9 open 1 3 -"]);
  expect(story.gaps[0]).toMatchObject({
    ...{ venue: "one", feed: "one", connection: "one/0", cause: "missed", rawSymbols: ["BTC"] },
    detail: "missing are 2 ids: 8 to 9",
  });
});

test("ids that were only overtaken make no gap", () => {
  expect(new Story().at(1, [7, 10]).at(2, [9, 8]).at(60, [11]).told).toEqual([]);
});

test("a gap closes by itself when its ids come late", () => {
  const story = new Story().at(1, [7, 10]).at(5, [11]).at(6, [9]).at(7, [8]);
  expect(story.told).toEqual(["one|BTC#8-9 open 1 1 -", "one|BTC#8-9 closed 1 1 arrived late"]);
});

test("a gap closes as healed when the venue's history has brought the rest", () => {
  const story = new Story().at(1, [7, 12]).at(5, [13]).at(6, [9]).fetched(7, [7, 8, 9, 10, 11, 12]);
  expect(story.told.at(-1)).toBe("one|BTC#8-11 closed 1 1 healed");
  expect(story.gaps.at(-1)?.detail).toBe("4 of 4 came: 3 from the venue's history, 1 by themselves");
});

test.each([
  ["whole", [], "not offered by the venue"],
  ["whole", [9], "partly healed"],
  ["beyond", [], "beyond the venue's history"],
  ["beyond", [10], "partly healed"],
  ["notOffered", [], "not offered by the venue"],
  ["givenUp", [], "given up"],
] as const)("what was asked for (%s) and came as %j closes the gap: %s", (coverage, ids, resolution) => {
  const story = new Story().at(1, [7, 12]).at(5, [13]).fetched(6, ids).conclude("one|BTC#8-11", coverage);
  expect(story.told.at(-1)).toBe(`one|BTC#8-11 closed 1 1 ${resolution}`);
  expect(story.missing()).toEqual([]);
});

test("what is asked for begins no count, and what lies before the first id is of no interest", () => {
  expect(new Story().fetched(1, [1, 2, 3]).at(2, [900]).fetched(3, [1, 2, 3]).at(60, [901]).told).toEqual([]);
});

test("what a venue had to be refused for its numbers is not missing", () => {
  expect(new Story().at(1, [7]).refused(1, "8").at(2, [9]).at(60, [10]).told).toEqual([]);
});

test("a jump that no market could trade is a new count", () => {
  const story = new Story().at(1, [7]).at(2, [9_000_000]).at(60, [9_000_001]);
  expect(story.told).toEqual(["one|BTC#8-8999999 open 1 2 -", "one|BTC#8-8999999 closed 1 2 renumbered"]);
});

test("a record that stands for several executions is known wholly, partly or not at all", () => {
  const story = new Story()
    .at(1, [[5, 7]])
    .at(2, [[8, 10], [8, 10], 9])
    .at(3, [14])
    .at(4, [[10, 12]])
    .at(5, [[11, 13]]);
  expect(story.known).toEqual(["none", "none", "all", "all", "none", "some", "some"]);
  expect(story.missing()).toEqual([]);
});

test("MissingIds holds exactly what a set of numbers would", () => {
  const span = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(span, { maxLength: 40 }), (removals) => {
      const missing = new MissingIds([[0, 60]]);
      const model = new Set(Array.from({ length: 61 }, (_, id) => id));
      for (const [first, more] of removals) {
        let count = 0;
        for (let id = first; id <= first + more; id += 1) count += model.delete(id) ? 1 : 0;
        expect(missing.remove(first, first + more)).toBe(count);
      }
      const left = missing.ranges.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      expect(left).toEqual([...model]);
      expect(missing.count).toBe(model.size);
    }),
  );
});

test("whatever comes in whatever order: what is told as missing is what never came, and it is told once", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(Array.from({ length: 40 }, (_, id) => id)), (ids) => {
      const story = new Story().at(1, [100]);
      for (const [index, id] of ids.entries()) story.at(2 + index, [101 + id]);
      story.at(100, []);
      const highest = Math.max(0, ...ids.map((id) => id + 101));
      const never = Array.from({ length: Math.max(0, highest - 100) }, (_, index) => 101 + index).filter(
        (id) => !ids.includes(id - 101),
      );
      const left = story
        .missing()
        .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
      expect([...left].sort((a, b) => a - b)).toEqual(never);
      const opened = story.gaps.filter(({ state }) => state === "open").map(({ gapId }) => gapId);
      expect(new Set(opened).size).toBe(opened.length);
      for (const { gapId, state } of story.gaps) if (state === "closed") expect(opened).toContain(gapId);
    }),
  );
});

test("where counting began, and when, is known: what came before it was never seen", () => {
  const story = new Story().fetched(1, [5]).at(2, [7]).at(3, [8]).fetched(4, [6]);
  expect(story.idsKnown()).toEqual({ next: 9, first: 6, firstUs: 2 * S, newestUs: 3 * S, missing: [] });
  expect(new Story().idsKnown()).toMatchObject({ next: undefined, firstUs: 0 });
});

test("a state that does not say when counting began is read: it was long ago", () => {
  const writer = new ByteWriter();
  writer.whole(1); // One sequence: listing 0, of trades, from 7 on, next is 9.
  writer.whole(0);
  writer.byte(0);
  writer.whole(8);
  writer.whole(10);
  writer.float(3 * S);
  writer.text("[]");
  const continuity = make();
  continuity.read(new ByteReader(writer.take()), 4);
  expect(continuity.known(0, false)).toEqual({ next: 9, first: 7, firstUs: 0, newestUs: 3 * S, missing: [] });
});
