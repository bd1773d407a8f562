import fc from "fast-check";
import { expect, test } from "vitest";
import type { SnapshotRef } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { planExpiry } from "./expire-policy.ts";

interface Made {
  readonly id: bigint;
  readonly parent?: bigint | undefined;
  readonly atMs: number;
}

/** Only what the policy looks at. */
function tableOf(made: readonly Made[], refs: Readonly<Record<string, SnapshotRef>>, properties = {}): TableMetadata {
  const current = refs["main"]?.snapshotId;
  const snapshots = made.map(({ id, parent, atMs }) => ({
    snapshotId: id,
    parentSnapshotId: parent,
    timestampMs: atMs,
  }));
  const snapshotLog = made.map(({ id, atMs }) => ({ snapshotId: id, timestampMs: atMs }));
  return {
    location: "t",
    snapshots,
    snapshotLog,
    refs,
    properties,
    currentSnapshotId: current,
  } as unknown as TableMetadata;
}

const HOUR_MS = 3_600_000;
const main = (snapshotId: bigint, more: Partial<SnapshotRef> = {}): SnapshotRef => ({
  type: "branch",
  snapshotId,
  ...more,
});
const tag = (snapshotId: bigint, more: Partial<SnapshotRef> = {}): SnapshotRef => ({
  type: "tag",
  snapshotId,
  ...more,
});
/** One an hour, each the parent of the next. */
const line = (count: number): readonly Made[] =>
  Array.from({ length: count }, (_, index) => ({
    id: BigInt(index + 1),
    parent: index === 0 ? undefined : BigInt(index),
    atMs: (index + 1) * HOUR_MS,
  }));
const idsOf = (plan: ReturnType<typeof planExpiry>): readonly bigint[] =>
  plan.snapshots.map(({ snapshotId }) => snapshotId);

test("snapshots older than the age go; the newest of a branch stay however old", () => {
  const table = tableOf(line(10), { main: main(10n) });
  const nowMs = 20 * HOUR_MS;
  expect(idsOf(planExpiry(table, { nowMs, snapshotAgeMs: 14 * HOUR_MS }))).toEqual([1n, 2n, 3n, 4n, 5n]);
  expect(idsOf(planExpiry(table, { nowMs, snapshotAgeMs: HOUR_MS, snapshotsMin: 3 }))).toEqual([
    1n,
    2n,
    3n,
    4n,
    5n,
    6n,
    7n,
  ]);
  expect(idsOf(planExpiry(table, { nowMs, snapshotAgeMs: HOUR_MS }))).toHaveLength(9);
});

test("the table's own settings count where the caller gives none, and a branch's own before both", () => {
  const properties = {
    "history.expire.max-snapshot-age-ms": String(2 * HOUR_MS),
    "history.expire.min-snapshots-to-keep": "4",
  };
  const nowMs = 10 * HOUR_MS;
  expect(idsOf(planExpiry(tableOf(line(10), { main: main(10n) }, properties), { nowMs }))).toHaveLength(6);
  const own = { main: main(10n, { minSnapshotsToKeep: 8, maxSnapshotAgeMs: 1 }) };
  expect(idsOf(planExpiry(tableOf(line(10), own, properties), { nowMs }))).toEqual([1n, 2n]);
});

test("what a tag names stays until the tag itself has outlived its age; main never goes", () => {
  const refs = { main: main(10n), audit: tag(2n), week: tag(3n, { maxRefAgeMs: 5 * HOUR_MS }) };
  const plan = planExpiry(tableOf(line(10), refs), { nowMs: 20 * HOUR_MS, snapshotAgeMs: HOUR_MS });
  expect(plan.refs).toEqual(["week"]);
  expect(idsOf(plan)).not.toContain(2n);
  expect(idsOf(plan)).toContain(3n);
  expect(planExpiry(tableOf(line(10), refs), { nowMs: 1e12, refAgeMs: 1 }).refs).toEqual(["audit", "week"]);
});

test("a snapshot that was replaced a moment ago stays for its readers, however old it is", () => {
  const made: readonly Made[] = [
    { id: 1n, atMs: 0 },
    { id: 2n, parent: 1n, atMs: 100 * HOUR_MS },
  ];
  const table = tableOf(made, { main: main(2n) });
  const at = (nowMs: number): readonly bigint[] => idsOf(planExpiry(table, { nowMs, snapshotAgeMs: HOUR_MS }));
  expect(at(100 * HOUR_MS + 1_000)).toEqual([]);
  expect(at(100 * HOUR_MS + 599_999)).toEqual([]);
  expect(at(100 * HOUR_MS + 600_000)).toEqual([1n]);
});

test("of a snapshot that a rollback has left aside, its age decides", () => {
  const made: readonly Made[] = [...line(3), { id: 9n, parent: 2n, atMs: 4 * HOUR_MS }];
  const table = { ...tableOf(made, { main: main(9n) }) };
  expect(idsOf(planExpiry(table, { nowMs: 4.5 * HOUR_MS, snapshotAgeMs: 2 * HOUR_MS, snapshotsMin: 4 }))).toEqual([]);
  expect(idsOf(planExpiry(table, { nowMs: 6 * HOUR_MS, snapshotAgeMs: 2 * HOUR_MS, snapshotsMin: 4 }))).toEqual([3n]);
});

function newestOf(made: readonly Made[], head: bigint, count: number): readonly bigint[] {
  const newest: bigint[] = [];
  for (let id: bigint | undefined = head; id !== undefined && newest.length < count; ) {
    newest.push(id);
    id = made[Number(id) - 1]?.parent;
  }
  return newest;
}

test("whatever the history: what is named, pinned, current or young enough is never let go", () => {
  const anyHistory = fc.array(fc.record({ parent: fc.nat(), gapMs: fc.nat(10 * HOUR_MS) }), {
    minLength: 1,
    maxLength: 30,
  });
  const anyInput = fc.record({
    snapshotAgeMs: fc.nat(50 * HOUR_MS),
    snapshotsMin: fc.integer({ min: 1, max: 5 }),
    readerGraceMs: fc.nat(20 * HOUR_MS),
    laterMs: fc.nat(50 * HOUR_MS),
    tagged: fc.nat(),
    branched: fc.nat(),
    pinned: fc.nat(),
    current: fc.nat(),
  });
  fc.assert(
    fc.property(anyHistory, anyInput, (history, input) => {
      let atMs = 0;
      const made = history.map(({ parent, gapMs }, index): Made => {
        atMs += gapMs;
        return { id: BigInt(index + 1), parent: index === 0 ? undefined : BigInt((parent % index) + 1), atMs };
      });
      const pick = (n: number): bigint => BigInt((n % made.length) + 1);
      const [tagged, branched, pinned, current] = [input.tagged, input.branched, input.pinned, input.current].map(pick);
      if (tagged === undefined || branched === undefined || pinned === undefined || current === undefined) return;
      const refs = { main: main(current), side: main(branched), audit: tag(tagged) };
      const nowMs = atMs + input.laterMs;
      const gone = new Set(idsOf(planExpiry(tableOf(made, refs), { ...input, nowMs, pinned: new Set([pinned]) })));
      for (const id of [tagged, branched, pinned, current]) expect(gone.has(id)).toBe(false);
      for (const { id, atMs: madeMs } of made) {
        if (madeMs > nowMs - input.readerGraceMs) expect(gone.has(id)).toBe(false);
      }
      for (const head of [current, branched]) {
        for (const id of newestOf(made, head, input.snapshotsMin)) expect(gone.has(id)).toBe(false);
      }
    }),
  );
});
