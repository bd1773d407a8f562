import { expect, test } from "vitest";
import { systemFiles } from "../../base/index.ts";
import { FileAlreadyLiveError } from "../errors.ts";
import { type DataFile, openLake } from "../index.ts";
import { LocationSet } from "../manifest/location-set.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";

test("a commit reads no manifest again to see that its files are new, though the cache holds but few, and refuses one that is not", async () => {
  await using t = await TestLake.open();
  const read: string[] = [];
  const files: typeof systemFiles = {
    ...systemFiles,
    read: (path) => {
      if (/-m\d+\.avro$/.test(path)) read.push(path);
      return systemFiles.read(path);
    },
  };
  await using lake = await openLake({ ...lakeConfig(t.folder), files, cacheBytesMax: 1_000_000 });
  const table = await lake.createTable("a.b", { ...COUNTED, partitionSpec: [] });
  const [file] = (await lake.stageFiles(table, { run: t.db.run, relation: counted(0, 10) })).files;
  if (file === undefined) throw new Error("no file");
  const named = (name: string): DataFile => ({ ...file, location: `${file.location}-${name}` });
  for (let commit = 0; commit < 8; commit += 1) {
    await lake.append("a.b", { files: Array.from({ length: 200 }, (_, index) => named(`${commit}-${index}`)) });
  }
  await lake.append("a.b", { files: [named("after")] });
  read.length = 0;
  for (let commit = 0; commit < 5; commit += 1) await lake.append("a.b", { files: [named(`one-${commit}`)] });
  expect(read).toEqual([]); // 1,600 entries do not fit: at least six of the eight manifests are out of the cache.
  await expect(lake.append("a.b", { files: [named("new"), named("0-7")] })).rejects.toBeInstanceOf(
    FileAlreadyLiveError,
  );
  expect(read).toHaveLength(1);
});

test("a set of locations holds every one of them, and hardly any other", () => {
  const locations = Array.from(
    { length: 20_000 },
    (_, index) => `s3://bucket/warehouse/silver/trades/data/${index}.parquet`,
  );
  const set = new LocationSet(locations);
  expect(locations.every((location) => set.mayHold(location))).toBe(true);
  expect(locations.some((location) => set.mayHold(`${location}x`))).toBe(false);
  expect(new LocationSet([]).mayHold("x")).toBe(false);
});
