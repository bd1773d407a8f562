import fc from "fast-check";
import { expect, test } from "vitest";
import { Deduper, type DeduperOptions, type Verdict } from "./dedupe.ts";
import { ByteReader, ByteWriter } from "./state/bytes.ts";
import { batchOf, type StoredTrade } from "./test-support.ts";

const trade = (id: number | string, of: Partial<StoredTrade> = {}): StoredTrade => ({
  listing: 0,
  id,
  price: 10_000_000_000n,
  size: 100_000_000n,
  side: "buy",
  t: 1_700_000_000_000_000,
  ...of,
});

function verdicts(deduper: Deduper, ...rows: readonly StoredTrade[]): readonly Verdict[] {
  const trades = batchOf(...rows);
  return rows.map((_, row) => deduper.admit(trades, row));
}

test("a trade that comes again is a duplicate; another listing's with the same id is not", () => {
  expect(verdicts(new Deduper(), trade(7), trade(7), trade(8), trade(7, { listing: 3 }))).toEqual([
    "new",
    "duplicate",
    "new",
    "new",
  ]);
});

test("ids beyond 2^53 are told apart exactly", () => {
  const ids = ["2290000000068803456", "2290000000068803457", "9007199254740992", "9007199254740993"];
  expect(verdicts(new Deduper(), ...ids.map((id) => trade(id)))).toEqual(["new", "new", "new", "new"]);
  const deduper = new Deduper();
  verdicts(deduper, ...ids.map((id) => trade(id)));
  expect(verdicts(deduper, ...ids.map((id) => trade(id)))).toEqual(Array(4).fill("duplicate"));
});

test("an aggregate id is another id than the plain number, and never leaves the window", () => {
  const deduper = new Deduper({ textIdsMax: 4 });
  expect(verdicts(deduper, trade("a5"), trade(5), trade("a5"), trade("a05"))).toEqual([
    "new",
    "new",
    "duplicate",
    "new",
  ]);
  for (let id = 6; id < 100; id += 1) expect(verdicts(deduper, trade(`a${id}`))).toEqual(["new"]);
  expect(verdicts(deduper, trade("a5"), trade("a50"))).toEqual(["duplicate", "duplicate"]);
});

test("the window of text ids holds at least half of a listing's share, and forgets what is older", () => {
  const deduper = new Deduper({ textIdsMax: 20, textIdsPerListingMax: 20 });
  for (let id = 0; id < 30; id += 1) expect(verdicts(deduper, trade(`x-${id}`))).toEqual(["new"]);
  for (let id = 20; id < 30; id += 1) expect(verdicts(deduper, trade(`x-${id}`))).toEqual(["duplicate"]);
  expect(verdicts(deduper, trade("x-0"))).toEqual(["new"]);
});

test("the same id with another price, size or side is a conflict; an unknown side agrees with any", () => {
  for (const id of [9, "9007199254740995", "a9", "3f2c9a1e-uuid"]) {
    const deduper = new Deduper();
    expect(
      verdicts(
        deduper,
        trade(id),
        trade(id, { price: 10_000_000_001n }),
        trade(id, { size: 1n }),
        trade(id, { side: "sell" }),
        trade(id, { side: "unknown" }),
        trade(id),
      ),
    ).toEqual(["new", "conflict", "conflict", "conflict", "duplicate", "duplicate"]);
  }
});

test("below the floor of a sparse listing a trade is neither added nor called a proven duplicate", () => {
  const deduper = new Deduper({ idRangesMax: 8 });
  for (let id = 1000; id < 1100; id += 10) verdicts(deduper, trade(id));
  expect(verdicts(deduper, trade(1005), trade(1085))).toEqual(["unproven", "new"]);
});

test("Deduper decides like a set of (listing, id), through any number of checkpoints", () => {
  const ids = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 20 }).map((id) => `a${id}`),
    fc.integer({ min: 0, max: 20 }).map((id) => `u-${id}`),
    fc.integer({ min: 0, max: 20 }).map((id) => (2n ** 53n - 10n + BigInt(id)).toString()),
  );
  fc.assert(
    fc.property(
      fc.array(fc.record({ listing: fc.nat(2), id: ids, checkpoint: fc.boolean() }), { maxLength: 120 }),
      (steps) => {
        let deduper = new Deduper();
        const seen = new Set<string>();
        for (const { listing, id, checkpoint } of steps) {
          if (checkpoint) deduper = copyOf(deduper);
          const key = `${listing} ${id}`;
          expect(verdicts(deduper, trade(id, { listing }))).toEqual([seen.has(key) ? "duplicate" : "new"]);
          seen.add(key);
        }
      },
    ),
  );
});

test("a checkpoint keeps what conflicts are found by", () => {
  const deduper = new Deduper();
  verdicts(deduper, trade(9), trade("u-1"));
  expect(verdicts(copyOf(deduper), trade(9, { size: 2n }), trade("u-1", { size: 2n }))).toEqual([
    "conflict",
    "conflict",
  ]);
});

function copyOf(deduper: Deduper, options?: DeduperOptions): Deduper {
  const writer = new ByteWriter();
  deduper.write(writer);
  return Deduper.read(new ByteReader(writer.take()), options);
}

test("executions that were stored one by one and then come together, or the other way round, are duplicates; partly is a conflict", () => {
  const deduper = new Deduper();
  const verdict = (id: number, x: number): string =>
    deduper.admit(batchOf({ listing: 0, id, x, price: 5n, size: 5n, t: 1 }), 0);
  expect([verdict(10, 1), verdict(11, 1), verdict(12, 1)]).toEqual(["new", "new", "new"]);
  expect(verdict(12, 3)).toBe("duplicate");
  expect(verdict(13, 2)).toBe("conflict");
  expect(verdict(20, 5)).toBe("new");
  expect([verdict(16, 1), verdict(18, 2), verdict(20, 5)]).toEqual(["duplicate", "duplicate", "duplicate"]);
  expect([verdict(13, 1), verdict(15, 2), verdict(21, 1)]).toEqual(["new", "new", "new"]);
  // An id far ahead, wrong or not, takes nothing from those that come after it.
  expect([verdict(10 ** 15, 1), verdict(22, 1), verdict(24, 2), verdict(24, 1)]).toEqual([
    "new",
    "new",
    "new",
    "duplicate",
  ]);
});
