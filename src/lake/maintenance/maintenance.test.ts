import { readdir, readFile, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { LakeExistsError, LakeNotFoundError, LakeUnsupportedError, WriterFencedError } from "../errors.ts";
import { COUNTED, counted, TestLake } from "../test-lake.ts";
import { settableClock } from "./settable-clock-fixture.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse("2024-03-10T12:00:00Z");

async function filesBelow(t: TestLake): Promise<readonly string[]> {
  const entries = await readdir(join(t.folder, "warehouse/a/b"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test("after a compaction and an expiry only what the table needs is left on the disk", async () => {
  const clock = settableClock(NOW_MS);
  await using t = await TestLake.open({ clock });
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "write.metadata.previous-versions-max": "1" } });
  for (let n = 0; n < 5; n += 1) await t.append("a.b", counted(n * 96, n * 96 + 96));
  const before = await t.rows("a.b");
  await t.lake.maintenance.compact("a.b", { run: t.db.run });
  expect(await t.lake.maintenance.expire("a.b", { snapshotAgeMs: 0 })).toMatchObject({ snapshots: 0 }); // Readers have time.
  clock.nowMs += 600_000;
  expect(await t.lake.maintenance.expire("a.b", { snapshotAgeMs: 0, isDryRun: true })).toMatchObject({ snapshots: 5 });
  const report = await t.lake.maintenance.expire("a.b", { snapshotAgeMs: 0 });
  expect(report).toMatchObject({ snapshots: 5, filesLeft: 0 });
  expect(report.bytesRemoved).toBeGreaterThan(20 * 500);
  expect(await t.rows("a.b")).toEqual(before);
  // Four data files, a manifest for each kind of them, a list, two metadata files.
  const names = (await filesBelow(t)).map((path) => path.split("/").at(-1) ?? "");
  expect(names.filter((name) => name.endsWith(".parquet")).length).toBe(4);
  expect(names.filter((name) => name.endsWith(".json")).length).toBe(2);
  expect(names.filter((name) => name.startsWith("snap-")).length).toBe(1);
  expect(await t.lake.maintenance.orphans("a.b", { graceMs: -DAY_MS, force: true })).toMatchObject({ orphans: [] });
});

test("a pinned snapshot and its files stay until the pin is let go; a tag keeps them for good", async () => {
  const clock = settableClock(NOW_MS);
  await using t = await TestLake.open({ clock });
  await t.lake.createTable("a.b", COUNTED);
  const { snapshotId: first = 0n } = await t.append("a.b", counted(0, 10));
  const { snapshotId: second = 0n } = await t.append("a.b", counted(10, 20));
  await t.append("a.b", counted(20, 30));
  await t.lake.maintenance.tag("a.b", { name: "audit", snapshotId: second });
  clock.nowMs += DAY_MS;
  const policy = { snapshotAgeMs: 0 };
  {
    using _pin = t.lake.maintenance.pin("a.b", first);
    expect((await t.lake.maintenance.expire("a.b", policy)).snapshots).toBe(0);
  }
  expect((await t.lake.maintenance.expire("a.b", policy)).snapshots).toBe(1);
  const table = await t.lake.table("a.b");
  expect(() => table.scan({ snapshotId: first })).toThrow(LakeNotFoundError);
  using tagged = table.scan({ ref: "audit" });
  expect(await t.db.rows(`SELECT count(*)::INT FROM ${await tagged.sql()}`)).toEqual([[20]]);
  await t.lake.maintenance.removeRef("a.b", "audit");
  expect((await t.lake.maintenance.expire("a.b", policy)).snapshots).toBe(1);
});

test("a table whose files may be others' keeps them: snapshots go, files stay, orphans are not looked for", async () => {
  const clock = settableClock(NOW_MS);
  await using t = await TestLake.open({ clock });
  await t.lake.createTable("a.b", { ...COUNTED, properties: { "gc.enabled": "false" } });
  for (let n = 0; n < 3; n += 1) await t.append("a.b", counted(n * 10, n * 10 + 10));
  clock.nowMs += DAY_MS;
  const before = (await filesBelow(t)).length;
  expect(await t.lake.maintenance.expire("a.b", { snapshotAgeMs: 0 })).toMatchObject({ snapshots: 2, filesRemoved: 0 });
  expect((await filesBelow(t)).length).toBe(before + 1); // The new metadata file.
  await expect(t.lake.maintenance.orphans("a.b")).rejects.toThrow(LakeUnsupportedError);
});

test("orphans: found by age, listed first, removed when asked, and never a live file", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 96));
  const left = await t.lake.stageFiles(await t.lake.table("a.b"), { run: t.db.run, relation: counted(100, 110) });
  const folder = join(t.folder, "warehouse/a/b");
  await writeFile(join(folder, "metadata/.00000-x.avro.writing"), "torn");
  const old = new Date(Date.now() - 4 * DAY_MS);
  for (const path of await filesBelow(t)) await utimes(path, old, old); // The live ones too: age is not what makes an orphan.
  const young = join(folder, "data/young.parquet");
  await writeFile(young, "being written");
  const listed = await t.lake.maintenance.orphans("a.b");
  expect(listed.orphans.map(({ location }) => location.slice(7)).toSorted()).toEqual(
    [...left.files.map(({ location }) => location.slice(7)), join(folder, "metadata/.00000-x.avro.writing")].toSorted(),
  );
  expect(listed).toMatchObject({ filesYoung: 1, filesRemoved: 0 });
  expect(await t.lake.maintenance.orphans("a.b", { isRemoving: true })).toMatchObject({
    filesRemoved: left.files.length + 1,
    filesLeft: 0,
  });
  expect(await readFile(young, "utf8")).toBe("being written");
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[96]]);
  expect((await t.lake.maintenance.check("a.b", { deep: { run: t.db.run } })).problems).toEqual([]);
});

test("orphans: a short grace, a table within the folder and files spelled otherwise are refused", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 10));
  await expect(t.lake.maintenance.orphans("a.b", { graceMs: 1_000 })).rejects.toThrow(InvalidInputError);
  // The same file, spelled in a way that no rule knows.
  const { files } = await t.lake.stageFiles(await t.lake.table("a.b"), { run: t.db.run, relation: counted(10, 12) });
  const odd = files.map((file) => ({ ...file, location: file.location.replace("/data/", "/./data/") }));
  await t.lake.append("a.b", { files: odd });
  await expect(t.lake.maintenance.orphans("a.b", { isRemoving: true })).rejects.toThrow(/spelled in two ways/);
  await t.lake.createTable("a.b.inner", COUNTED);
  await expect(t.lake.maintenance.orphans("a.b")).rejects.toThrow(/a\.b\.inner lies within its folder/);
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[12]]);
});

/** Does things to a table in any order, and knows how many rows each of its snapshots must have. */
class History {
  readonly counts = new Map<bigint, number>();
  readonly #t: TestLake;
  #next = 0;
  #count = 0;

  constructor(t: TestLake) {
    this.#t = t;
  }

  readonly acts: Readonly<Record<string, (oldest: bigint | undefined) => Promise<unknown>>> = {
    append: async () => {
      await this.#t.append("a.b", counted(this.#next, this.#next + 8));
      this.#next += 8;
      this.#count += 8;
    },
    stage: async () => {
      const table = await this.#t.lake.table("a.b");
      await this.#t.lake.stageFiles(table, { run: this.#t.db.run, relation: counted(9_000, 9_004) });
    },
    compact: () => this.#t.lake.maintenance.compact("a.b", { run: this.#t.db.run, mode: "all" }),
    manifests: () => this.#t.lake.maintenance.rewriteManifests("a.b", { manifestsMin: 2 }),
    expire: () => this.#t.lake.maintenance.expire("a.b", { snapshotAgeMs: 45 * 60_000 }),
    orphans: () => this.#t.lake.maintenance.orphans("a.b", { graceMs: -DAY_MS, force: true, isRemoving: true }),
    untag: () => this.#t.lake.maintenance.removeRef("a.b", "audit").catch(() => undefined),
    tag: (snapshotId) => this.#t.lake.maintenance.tag("a.b", { name: "audit", snapshotId }).catch(() => undefined),
    branch: (snapshotId) => this.#t.lake.maintenance.branch("a.b", { name: "side", snapshotId }).catch(() => undefined),
    rollback: async (oldest) => {
      if (oldest === undefined) return;
      await this.#t.lake.maintenance.rollback("a.b", oldest);
      this.#count = this.counts.get(oldest) ?? 0;
    },
  };

  async act(name: string): Promise<void> {
    const { metadata } = await this.#t.lake.table("a.b");
    await this.acts[name]?.(metadata.snapshots[0]?.snapshotId);
    const { snapshot } = await this.#t.lake.table("a.b");
    if (snapshot !== undefined) this.counts.set(snapshot.snapshotId, this.#count);
  }
}

test("whatever is done to a table, in whatever order: no file it needs is ever removed, no row lost", {
  timeout: 60_000,
}, async () => {
  const names = [
    "append",
    "append",
    "compact",
    "expire",
    "orphans",
    "tag",
    "untag",
    "rollback",
    "stage",
    "manifests",
    "branch",
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...names), { minLength: 4, maxLength: 14 }), async (acts) => {
      const clock = settableClock(NOW_MS);
      await using t = await TestLake.open({ clock });
      await t.lake.createTable("a.b", COUNTED);
      const history = new History(t);
      for (const act of acts) {
        clock.nowMs += 30 * 60_000;
        await history.act(act);
      }
      const table = await t.lake.table("a.b");
      for (const { snapshotId } of table.metadata.snapshots) {
        using scan = table.scan({ snapshotId });
        const rows = await t.db.rows(`SELECT count(*)::INT FROM ${await scan.sql()}`);
        expect(rows).toEqual([[history.counts.get(snapshotId)]]);
      }
      expect((await t.lake.maintenance.check("a.b", { deep: { run: t.db.run } })).problems).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test("tags and branches: a name stands for one snapshot, and what is not there is said", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await expect(t.lake.maintenance.tag("a.b", { name: "x" })).rejects.toThrow(/no snapshot yet/);
  const { snapshotId: first = 0n } = await t.append("a.b", counted(0, 10));
  await t.lake.maintenance.tag("a.b", { name: "x", maxAgeMs: DAY_MS });
  await t.append("a.b", counted(10, 20));
  await expect(t.lake.maintenance.tag("a.b", { name: "x" })).rejects.toThrow(LakeExistsError);
  const { metadata } = await t.lake.maintenance.branch("a.b", { name: "side", snapshotId: first });
  expect(metadata.refs).toMatchObject({
    x: { type: "tag", snapshotId: first, maxRefAgeMs: DAY_MS },
    side: { type: "branch", snapshotId: first },
  });
  await expect(t.lake.maintenance.tag("a.b", { name: "y", snapshotId: 5n })).rejects.toThrow(LakeNotFoundError);
  await expect(t.lake.maintenance.removeRef("a.b", "main")).rejects.toThrow(InvalidInputError);
  await expect(t.lake.maintenance.removeRef("a.b", "nope")).rejects.toThrow(/has main, x, side/);
});

test("a rollback takes the writer's progress back with the rows, and fences the one that runs", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  const progress = (epoch: number, from: string | undefined, positions: string) => ({
    ...{ writer: "w", epoch, continuesFrom: from, positions },
  });
  const { snapshotId: first = 0n } = await t.append("a.b", counted(0, 10), progress(1, undefined, "10"));
  await t.append("a.b", counted(10, 20), progress(1, "10", "20"));
  const report = await t.lake.maintenance.rollback("a.b", first);
  expect(report).toMatchObject({ to: first, writers: [{ writer: "w", positions: "10" }] });
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[10]]);
  await expect(t.append("a.b", counted(20, 30), progress(1, "20", "30"))).rejects.toThrow(WriterFencedError);
  const claimed = await t.lake.claimWriter("a.b", "w", "0");
  expect(claimed.positions).toBe("10");
  await t.append("a.b", counted(10, 20), progress(claimed.epoch, "10", "20"));
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[20, 20]]);
});

test("diff: by files, by snapshots, and by rows, of which a compaction changes none", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  const { snapshotId: first = 0n } = await t.append("a.b", counted(0, 96));
  await t.append("a.b", counted(96, 192));
  await t.lake.maintenance.compact("a.b", { run: t.db.run, mode: "all" });
  const current = (await t.lake.table("a.b")).snapshot?.snapshotId ?? 0n;
  const states = { from: first, to: current };
  const diff = await t.lake.maintenance.diff("a.b", states);
  expect(diff).toMatchObject({ filesAdded: 4, filesRemoved: 4, rowsInAddedFiles: 192, rowsInRemovedFiles: 96 });
  expect(diff.steps.map(({ operation }) => operation)).toEqual(["append", "replace"]);
  const rows = await t.lake.maintenance.diffRows("a.b", states, { run: t.db.run });
  expect(rows).toMatchObject({ rowsAdded: 96, rowsRemoved: 0 });
  const all = await t.lake.maintenance.diffRows("a.b", { from: undefined, to: current }, { run: t.db.run });
  expect(all).toMatchObject({ rowsAdded: 192, rowsRemoved: 0 });
});

test("check says which file is cut, gone, other than its manifest or wrong in its bounds", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 96));
  await t.append("a.b", counted(96, 192));
  const sound = await t.lake.maintenance.check("a.b", { deep: { run: t.db.run } });
  expect(sound).toMatchObject({ isSound: true, problems: [], snapshots: 2, manifests: 2, files: 8, rows: 192 });
  const { files } = await (await t.lake.table("a.b")).scan().plan();
  const path = (index: number): string => files[index]?.location.slice(7) ?? "";
  await truncate(path(0), 100);
  await t.db.run(`COPY (SELECT 5000::BIGINT AS n, 'even' AS kind, TIMESTAMPTZ '2024-03-01 00:00:00+00' AS "at") TO '${path(1)}'
    (FORMAT parquet, FIELD_IDS {n: 1, kind: 2, "at": 3})`);
  const broken = await t.lake.maintenance.check("a.b");
  const about = (index: number): readonly string[] =>
    broken.problems.filter(({ location }) => location === files[index]?.location).map(({ what }) => what);
  expect(about(0)[0]).toMatch(/has 100 bytes, and its manifest says \d+/);
  expect(about(0)[1]).toMatch(/does not end as a Parquet file does/);
  expect(about(1).join()).toMatch(/holds 1 rows, and its manifest says 24/);
  expect(broken.isSound).toBe(false);
});

test("a deep check finds what only the rows tell: a value beyond its bound, a row of another partition", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  const { files } = await t.lake.stageFiles(await t.lake.table("a.b"), { run: t.db.run, relation: counted(0, 96) });
  const [first, second, ...rest] = files;
  if (first === undefined || second === undefined) throw new Error("two files");
  const bound = new Uint8Array(8).fill(0);
  const lying = { ...first, upperBounds: new Map([...first.upperBounds, [1, bound] as const]) };
  const misplaced = { ...second, partition: [second.partition[0], "elsewhere"] };
  await t.lake.append("a.b", { files: [lying, misplaced, ...rest] });
  expect((await t.lake.maintenance.check("a.b")).problems).toEqual([]);
  const { problems } = await t.lake.maintenance.check("a.b", { deep: { run: t.db.run } });
  const texts = problems.map(({ location, what }) => `${location === first.location ? "first" : "second"} ${what}`);
  expect(texts.toSorted()).toEqual([
    "first column n has 23 values above its upper bound: pruning would lose them",
    "second has 24 rows that are not of its partition",
  ]);
});

test("retention removes whole partitions once they are too old, and rows within files where asked", async () => {
  const clock = settableClock(Date.parse("2024-03-03T12:00:00Z"));
  await using t = await TestLake.open({ clock });
  const properties = { "k2.retention.max-age": "36h" };
  await t.lake.createTable("a.b", { ...COUNTED, properties });
  await t.append("a.b", counted(0, 96)); // The first and the second of March.
  expect(await t.lake.maintenance.applyRetention("a.b", { run: t.db.run })).toMatchObject({ files: 2, rows: 48 });
  expect(await t.rows("a.b", 'min("at")::VARCHAR, count(*)::INT')).toEqual([["2024-03-02 00:00:00+00", 48]]);
  expect(await t.lake.maintenance.applyRetention("a.b", { run: t.db.run })).toMatchObject({ files: 0, rows: 0 });
  clock.nowMs += 6 * 3_600_000; // Six hours of the second of March are too old now, and its partition is not.
  expect(await t.lake.maintenance.applyRetention("a.b", { run: t.db.run })).toMatchObject({ files: 0, rows: 0 });
  await t.lake.append("a.b", { files: [], properties: { "k2.retention.granularity": "row" } });
  expect(await t.lake.maintenance.applyRetention("a.b", { run: t.db.run })).toMatchObject({
    filesRewritten: 2,
    rows: 12,
  });
  expect(await t.rows("a.b", 'min("at")::VARCHAR, count(*)::INT')).toEqual([["2024-03-02 06:00:00+00", 36]]);
  await t.lake.createTable("a.c", COUNTED);
  expect(await t.lake.maintenance.applyRetention("a.c", { run: t.db.run })).toBeUndefined();
  await t.lake.createTable("a.d", { ...COUNTED, properties: { ...properties, "k2.retention.column": "n" } });
  await expect(t.lake.maintenance.applyRetention("a.d", { run: t.db.run })).rejects.toThrow(/no column of dates/);
});

test("health counts what makes a table slow; partitions are named", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  for (let n = 0; n < 3; n += 1) await t.append("a.b", counted(n * 96, n * 96 + 96));
  const health = await t.lake.maintenance.health("a.b");
  expect(health).toMatchObject({
    rows: 288,
    files: 12,
    smallFiles: 12,
    partitions: 4,
    filesPerPartitionMax: 3,
    snapshots: 3,
  });
  expect(health.metadataBytes).toBeGreaterThan(1_000);
  const [first] = await t.lake.maintenance.partitions("a.b");
  expect(first).toMatchObject({ partition: "at_day=2024-03-01/kind=even", files: 3, rows: 72 });
});

test("tiering writes the files of cold partitions anew elsewhere, in the same table; late rows follow", async () => {
  const clock = settableClock(Date.parse("2024-03-02T12:00:00Z"));
  await using t = await TestLake.open({ clock });
  const cold = `file://${t.folder}/cold`;
  const properties = { "k2.tiering.cold-after": "6h", "k2.tiering.cold-path": cold };
  await t.lake.createTable("a.b", { ...COUNTED, properties });
  for (let n = 0; n < 3; n += 1) await t.append("a.b", counted(n * 96, n * 96 + 96));
  const before = await t.rows("a.b");
  expect(await t.lake.maintenance.tier("a.b", { run: t.db.run })).toMatchObject({
    filesBefore: 6,
    filesAfter: 2,
    rows: 144,
  });
  const coldFiles = async (): Promise<readonly string[]> => {
    const { files } = await (await t.lake.table("a.b")).scan().plan();
    return files.filter(({ location }) => location.startsWith(cold)).map(({ partition }) => String(partition[0]));
  };
  expect(await coldFiles()).toEqual(["19783", "19783"]); // The first of March.
  expect(await t.rows("a.b")).toEqual(before);
  expect(await t.lake.maintenance.tier("a.b", { run: t.db.run })).toMatchObject({ filesBefore: 0 });
  await t.append("a.b", counted(288, 312)); // Of the first of March, late.
  expect(await t.lake.maintenance.tier("a.b", { run: t.db.run })).toMatchObject({
    filesBefore: 2,
    filesAfter: 2,
    rows: 24,
  });
  expect((await coldFiles()).length).toBe(4);
  clock.nowMs += DAY_MS;
  await t.lake.maintenance.expire("a.b", { snapshotAgeMs: 0 });
  expect((await t.lake.maintenance.check("a.b", { deep: { run: t.db.run } })).problems).toEqual([]);
  expect(await t.rows("a.b", "count(*)::INT, count(DISTINCT n)::INT")).toEqual([[312, 312]]);
  await t.lake.append("a.b", { files: [], properties: { "k2.tiering.cold-after": "soon" } });
  await expect(t.lake.maintenance.tier("a.b", { run: t.db.run })).rejects.toThrow(/write 90d, 12h/);
});
