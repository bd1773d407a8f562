import fc from "fast-check";
import { expect, test } from "vitest";
import { anyType, anyValue } from "../core/arbitrary-fixture.ts";
import { compareValues, type Value } from "../core/value.ts";
import { LakeCorruptError } from "../errors.ts";
import { decodeAvroFile } from "./avro-file.ts";
import type { DataFile, ManifestEntry } from "./data-file.ts";
import { encodeManifest } from "./encode-manifest.ts";
import { encodeManifestList } from "./encode-manifest-list.ts";
import { decodeManifest, type ManifestContext } from "./manifest.ts";
import { decodeManifestList } from "./manifest-list.ts";
import { describeManifest } from "./summarise.ts";

const V2 = { formatVersion: 2, content: "data" } as const;
const counts = fc.dictionary(fc.integer({ min: 1, max: 99 }).map(String), fc.maxSafeNat());
const toMap = (record: Readonly<Record<string, number>>): Map<number, number> =>
  new Map(Object.entries(record).map(([id, value]) => [Number(id), value]));
const bounds = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.uint8Array({ maxLength: 20 })), { maxLength: 5 })
  .map((pairs) => new Map(pairs));

const cases = fc
  .array(anyType, { maxLength: 4 })
  .chain((types) => fc.tuple(fc.constant(types), fc.array(anyEntry(types.map(anyValue)), { maxLength: 6 })));

function anyEntry(values: readonly fc.Arbitrary<Value>[]): fc.Arbitrary<ManifestEntry> {
  return fc.record({
    status: fc.constantFrom("added" as const, "existing" as const, "deleted" as const),
    snapshotId: fc.option(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), { nil: undefined }),
    sequenceNumber: fc.option(fc.nat(), { nil: undefined }),
    fileSequenceNumber: fc.option(fc.nat(), { nil: undefined }),
    file: fc.record({
      content: fc.constant("data" as const),
      location: fc.string({ unit: "grapheme" }),
      format: fc.constant("parquet"),
      specId: fc.constant(3),
      partition: fc.tuple(...values.map((value) => fc.option(value, { nil: undefined }))),
      recordCount: fc.maxSafeNat(),
      byteLength: fc.maxSafeNat(),
      columnSizes: counts.map(toMap),
      valueCounts: counts.map(toMap),
      nullCounts: counts.map(toMap),
      nanCounts: counts.map(toMap),
      lowerBounds: bounds,
      upperBounds: bounds,
      splitOffsets: fc.array(fc.maxSafeNat()),
      equalityIds: fc.constant([]),
      sortOrderId: fc.option(fc.nat(100), { nil: undefined }),
    }),
  });
}

test("a manifest comes back entry for entry, whatever the partition types, metrics and names", () => {
  fc.assert(
    fc.property(cases, ([types, entries]) => {
      const context: ManifestContext = {
        schema: {
          schemaId: 0,
          identifierFieldIds: [],
          fields: types.map((type, index) => ({ id: index + 1, name: `c ${index}`, type, required: false })),
        },
        spec: {
          specId: 3,
          fields: types.map((_, index) => ({
            sourceId: index + 1,
            fieldId: 1000 + index,
            name: `${index} p-é`,
            transform: { kind: "identity" },
          })),
        },
      };
      const decoded = decodeManifest(context, encodeManifest(context, entries, V2));
      expect(decoded.length).toBe(entries.length);
      for (const [index, { file, ...entry }] of entries.entries()) {
        const { file: other, ...rest } = decoded[index] as ManifestEntry;
        expect(rest).toEqual(entry);
        expect(plain(other)).toEqual(plain(file));
        for (const [position, type] of types.entries()) {
          const [one, two] = [file.partition[position], other.partition[position]];
          if (one === undefined || two === undefined) expect(two).toBe(one);
          else expect(compareValues(type, one, two)).toBe(0);
        }
      }
    }),
  );
});

function plain({ partition: _, ...file }: DataFile): unknown {
  const { columnSizes, valueCounts, nullCounts, nanCounts, lowerBounds, upperBounds, ...rest } = file;
  const hex = (map: Iterable<readonly [number, Uint8Array]>): unknown =>
    [...map].map(([id, bytes]) => [id, Buffer.from(bytes).toString("hex")]);
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    numbers: [columnSizes, valueCounts, nullCounts, nanCounts].map((map) => [...map]),
    bytes: [hex(lowerBounds), hex(upperBounds)],
  };
}

const CONTEXT: ManifestContext = {
  schema: {
    schemaId: 0,
    identifierFieldIds: [],
    fields: [{ id: 1, name: "d", type: { kind: "date" }, required: false }],
  },
  spec: { specId: 0, fields: [{ sourceId: 1, fieldId: 1000, name: "d", transform: { kind: "identity" } }] },
};

function entryOf(day: bigint | undefined, status: ManifestEntry["status"] = "added"): ManifestEntry {
  const none = new Map<number, never>();
  return {
    status,
    snapshotId: undefined,
    sequenceNumber: status === "added" ? undefined : 4,
    fileSequenceNumber: undefined,
    file: {
      content: "data",
      location: `file:///${day}`,
      format: "parquet",
      specId: 0,
      partition: [day],
      recordCount: 10,
      byteLength: 1,
      columnSizes: none,
      valueCounts: none,
      nullCounts: none,
      nanCounts: none,
      lowerBounds: none,
      upperBounds: none,
      splitOffsets: [],
      equalityIds: [],
      sortOrderId: undefined,
    },
  };
}

test("a manifest list says what each manifest holds, and comes back", () => {
  const entries = [entryOf(-3n), entryOf(5n), entryOf(undefined, "existing"), entryOf(9n, "deleted")];
  const manifest = describeManifest(CONTEXT, entries, {
    content: "data",
    location: "file:///m",
    byteLength: 7,
    snapshotId: 2603806981335709950n,
    sequenceNumber: 6,
  });
  expect(manifest).toMatchObject({
    addedFiles: 2,
    existingFiles: 1,
    deletedFiles: 1,
    addedRows: 20,
    sequenceNumber: 6,
    minSequenceNumber: 4,
    addedSnapshotId: 2603806981335709950n,
  });
  const bytes = encodeManifestList([manifest], {
    formatVersion: 2,
    snapshotId: 1n,
    parentSnapshotId: undefined,
    sequenceNumber: 6,
  });
  const [decoded] = decodeManifestList(bytes);
  const summary = decoded?.partitions?.[0];
  expect({ ...decoded, partitions: 0 }).toEqual({ ...manifest, partitions: 0 });
  expect(summary?.containsNull).toBe(true);
  expect(Buffer.from(summary?.lower ?? []).readInt32LE()).toBe(-3);
  expect(Buffer.from(summary?.upper ?? []).readInt32LE()).toBe(9);
});

test("a torn, cut or foreign file is refused, wherever it is cut", () => {
  const bytes = encodeManifest(CONTEXT, [entryOf(1n), entryOf(2n)], V2);
  const headerBytes = encodeManifest(CONTEXT, [], V2).byteLength; // Cut just there it is a whole file without entries.
  for (let length = 0; length < bytes.byteLength; length += length === headerBytes - 1 ? 2 : 1) {
    expect(() => decodeAvroFile(bytes.subarray(0, length), (_, name) => name)).toThrow(LakeCorruptError);
  }
  const wrong = Uint8Array.from(bytes);
  wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1; // The marker behind the block.
  expect(() => decodeAvroFile(wrong, (_, name) => name)).toThrow(/torn/);
});
