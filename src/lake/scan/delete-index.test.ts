import { expect, test } from "vitest";
import { LakeCorruptError } from "../errors.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { newTableMetadata } from "../metadata/new-table.ts";
import { DELETE_PATH_ID, DeleteIndex, type ListedFile } from "./delete-index.ts";

const METADATA = newTableMetadata(
  {
    schema: [{ id: 1, name: "kind", type: "string", required: false }],
    partitionSpec: [{ column: "kind", transform: "identity" }],
  },
  { tableUuid: "u", location: "file:///t", nowMs: 0 },
);

function listed(location: string, sequenceNumber: number, parts: Partial<DataFile> = {}): ListedFile {
  const none = new Map<number, never>();
  const file: DataFile = {
    content: "data",
    location,
    format: "parquet",
    specId: 0,
    partition: ["a"],
    recordCount: 10,
    byteLength: 100,
    columnSizes: none,
    valueCounts: none,
    nullCounts: none,
    nanCounts: none,
    lowerBounds: none,
    upperBounds: none,
    splitOffsets: [],
    equalityIds: [],
    sortOrderId: undefined,
    ...parts,
  };
  return { file, sequenceNumber, snapshotId: 1n };
}

const POSITION = { content: "position-deletes" } as const;
const EQUALITY = { content: "equality-deletes", equalityIds: [1] } as const;

function bounds(lower: string, upper: string): Pick<DataFile, "lowerBounds" | "upperBounds"> {
  return {
    lowerBounds: new Map([[DELETE_PATH_ID, Buffer.from(lower)]]),
    upperBounds: new Map([[DELETE_PATH_ID, Buffer.from(upper)]]),
  };
}

interface Named {
  readonly positions: readonly string[];
  readonly equality: readonly string[];
  readonly vector: readonly string[];
}

function namesOf(deletes: readonly ListedFile[], data: ListedFile): Named {
  const { positions, equality, vector } = new DeleteIndex(METADATA, deletes).of(data);
  const names = (files: readonly ListedFile[]): readonly string[] => files.map(({ file }) => file.location).toSorted();
  return {
    positions: names(positions),
    equality: names(equality),
    vector: names(vector === undefined ? [] : [vector]),
  };
}

test("deletes by position apply to files as old as they are or older, those by value to older ones only", () => {
  const deletes = [3, 5, 4].flatMap((sequence) => [
    listed(`p${sequence}`, sequence, POSITION),
    listed(`e${sequence}`, sequence, EQUALITY),
  ]);
  expect(namesOf(deletes, listed("d", 4))).toEqual({ positions: ["p4", "p5"], equality: ["e5"], vector: [] });
  expect(namesOf(deletes, listed("d", 6))).toEqual({ positions: [], equality: [], vector: [] });
  expect(namesOf(deletes, listed("d", 0)).positions).toEqual(["p3", "p4", "p5"]);
});

test("a delete applies within its partition, null being one of its own", () => {
  const deletes = [listed("pa", 9, POSITION), listed("pn", 9, { ...POSITION, partition: [undefined] })];
  expect(namesOf(deletes, listed("d", 1)).positions).toEqual(["pa"]);
  expect(namesOf(deletes, listed("d", 1, { partition: [undefined] })).positions).toEqual(["pn"]);
  expect(namesOf(deletes, listed("d", 1, { partition: ["null"] })).positions).toEqual([]);
});

test("position deletes whose bounds leave the file out, or that name another, are not read for it", () => {
  const deletes = [
    listed("near", 9, { ...POSITION, ...bounds("file:///c", "file:///e") }),
    listed("far", 9, { ...POSITION, ...bounds("file:///e", "file:///f") }),
    listed("mine", 9, { ...POSITION, ...bounds("file:///d", "file:///d") }),
    listed("told", 9, { ...POSITION, referencedDataFile: "file:///d" }),
    listed("other", 9, { ...POSITION, referencedDataFile: "file:///dd" }),
  ];
  expect(namesOf(deletes, listed("file:///d", 1)).positions).toEqual(["mine", "near", "told"]);
});

test("a deletion vector stands for all position deletes, unless it is older than the file", () => {
  const vector = { ...POSITION, format: "puffin", referencedDataFile: "d" };
  const deletes = [listed("p", 9, POSITION), listed("v", 5, vector), listed("e", 9, EQUALITY)];
  expect(namesOf(deletes, listed("d", 5))).toEqual({ positions: [], equality: ["e"], vector: ["v"] });
  expect(namesOf(deletes, listed("d", 6))).toEqual({ positions: ["p"], equality: ["e"], vector: [] });
  expect(() => new DeleteIndex(METADATA, [...deletes, listed("w", 6, vector)])).toThrow(LakeCorruptError);
  const lost = { ...vector, referencedDataFile: undefined };
  expect(() => new DeleteIndex(METADATA, [listed("w", 6, lost)])).toThrow(/does not say whose/);
});
