import fc from "fast-check";
import { expect, test } from "vitest";
import type { DataFile } from "../manifest/data-file.ts";
import { partitionKey } from "../scan/partition-key.ts";
import { type CompactionFile, type CompactionPlanOptions, planCompaction } from "./compaction-plan.ts";

const NONE = new Map<number, never>();

function dataFile(index: number, partition: DataFile["partition"], byteLength: number, recordCount: number): DataFile {
  return {
    content: "data",
    location: `file:///t/data/${index}.parquet`,
    format: "parquet",
    specId: 0,
    partition,
    recordCount,
    byteLength,
    columnSizes: NONE,
    valueCounts: NONE,
    nullCounts: NONE,
    nanCounts: NONE,
    lowerBounds: NONE,
    upperBounds: NONE,
    splitOffsets: [],
    equalityIds: [],
    sortOrderId: undefined,
  };
}

const anyFiles = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 3 }),
      venue: fc.constantFrom("a", "b", undefined),
      bytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 30 })),
      deleteFiles: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(2) }),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(
      ({ day, venue, bytes, deleteFiles }, index): CompactionFile => ({
        file: dataFile(index, [BigInt(day), venue], bytes, bytes * 2),
        deleteFiles,
      }),
    ),
  );

const anyOptions = fc.record({
  targetBytes: fc.integer({ min: 10, max: 200 }),
  batches: fc.integer({ min: 1, max: 10 }),
  filesMin: fc.integer({ min: 2, max: 10 }),
  closedDays: fc.integer({ min: 0, max: 4 }),
});

function optionsOf({
  targetBytes,
  batches,
  filesMin,
  closedDays,
}: typeof anyOptions extends fc.Arbitrary<infer T> ? T : never): CompactionPlanOptions {
  return {
    targetBytes,
    groupBytesMax: targetBytes * batches,
    filesMin,
    depthOf: ({ partition }) => ((partition[0] as bigint) < BigInt(closedDays) ? "full" : "tiers"),
  };
}

test("a group is of one partition, and no file is in two groups or out of nowhere", () => {
  fc.assert(
    fc.property(anyFiles, anyOptions, (files, settings) => {
      const groups = planCompaction(files, optionsOf(settings));
      const given = new Set(files.map(({ file }) => file));
      const seen = new Set<DataFile>();
      for (const group of groups) {
        expect(new Set(group.files.map(partitionKey)).size).toBe(1);
        expect(partitionKey({ ...group, ...group.files[0] } as DataFile)).toBe(
          partitionKey(group.files[0] as DataFile),
        );
        for (const file of group.files) {
          expect(given.has(file)).toBe(true);
          expect(seen.has(file)).toBe(false);
          seen.add(file);
        }
        expect(group.bytes).toBe(group.files.reduce((sum, { byteLength }) => sum + byteLength, 0));
        expect(group.rows).toBe(group.bytes * 2);
      }
    }),
  );
});

test("a group never grows the number of files, and is bounded unless one file alone is larger", () => {
  fc.assert(
    fc.property(anyFiles, anyOptions, (files, settings) => {
      const options = optionsOf(settings);
      for (const group of planCompaction(files, options)) {
        const hasDeletes = files.some(({ file, deleteFiles }) => deleteFiles > 0 && group.files.includes(file));
        const isSplit = group.files.length === 1 && group.bytes > options.targetBytes;
        if (!hasDeletes && !isSplit) expect(group.filesAfter).toBeLessThan(group.files.length);
        if (group.files.length > 1) expect(group.bytes).toBeLessThanOrEqual(options.groupBytesMax);
      }
    }),
  );
});

test("what a closed partition becomes is good: a second plan finds nothing", () => {
  fc.assert(
    fc.property(anyFiles, anyOptions, (files, settings) => {
      const options = {
        ...optionsOf(settings),
        depthOf: () => "full" as const,
        groupBytesMax: Number.MAX_SAFE_INTEGER,
      };
      const groups = planCompaction(files, options);
      const replaced = new Set(groups.flatMap((group) => group.files));
      const after = files.filter(({ file }) => !replaced.has(file));
      for (const [index, group] of groups.entries()) {
        for (let part = 0; part < group.filesAfter; part += 1) {
          const bytes = Math.floor(group.bytes / group.filesAfter);
          after.push({ file: dataFile(1_000 * (index + 1) + part, group.partition, bytes, bytes * 2), deleteFiles: 0 });
        }
      }
      expect(planCompaction(after, options)).toEqual([]);
    }),
  );
});

test("an open partition of n minute files is left with fewer than filesMin of each size, rewritten a few times", () => {
  const options: CompactionPlanOptions = {
    targetBytes: 100_000_000,
    groupBytesMax: 800_000_000,
    filesMin: 8,
    depthOf: () => "tiers",
  };
  let files: CompactionFile[] = [];
  let rewritten = 0;
  let next = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    for (let minute = 0; minute < 60; minute += 1) {
      files.push({ file: dataFile(next++, [1n, "a"], 25_000 + (minute % 7) * 1_000, 100), deleteFiles: 0 });
    }
    for (const group of planCompaction(files, options)) {
      rewritten += group.bytes;
      const gone = new Set(group.files);
      files = files.filter(({ file }) => !gone.has(file));
      files.push({ file: dataFile(next++, [1n, "a"], group.bytes, group.rows), deleteFiles: 0 });
    }
    expect(files.length).toBeLessThan(20);
  }
  const bytes = files.reduce((sum, { file }) => sum + file.byteLength, 0);
  expect(rewritten / bytes).toBeLessThan(3);
});

test("a file with deletes is rewritten however good its size is", () => {
  const options: CompactionPlanOptions = { targetBytes: 100, groupBytesMax: 800, filesMin: 4, depthOf: () => "full" };
  const good = dataFile(1, [1n], 100, 10);
  expect(planCompaction([{ file: good, deleteFiles: 0 }], options)).toEqual([]);
  const [group] = planCompaction([{ file: good, deleteFiles: 1 }], options);
  expect(group?.files).toEqual([good]);
});
