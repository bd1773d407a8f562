import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemFiles } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "k2-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(values);

test("what is written at a place is read from there, and a read past the end tells how much there was", async () => {
  const path = join(folder, "places");
  await using file = await systemFiles.open(path, "w+");
  await file.write(bytes(1, 2, 3, 4), 0);
  await file.write(bytes(9), 2);
  await file.sync();
  const into = new Uint8Array(4);
  expect(await file.read(into, 1)).toBe(3);
  expect([...into]).toEqual([2, 9, 4, 0]);
  await file.truncate(2);
  expect(await file.size()).toBe(2);
  expect(await systemFiles.size(path)).toBe(2);
  expect([...(await systemFiles.read(path))]).toEqual([1, 2]);
});

test("folders are made with their parents, listed, renamed into and removed", async () => {
  const nested = join(folder, "a", "b");
  await systemFiles.makeFolder(nested);
  await systemFiles.makeFolder(nested);
  await using file = await systemFiles.open(join(nested, "new"), "wx+");
  await file.write(bytes(1), 0);
  await systemFiles.rename(join(nested, "new"), join(nested, "kept"));
  await systemFiles.syncFolder(nested);
  expect(await systemFiles.list(nested)).toEqual(["kept"]);
  await systemFiles.remove(join(folder, "a"));
  await expect(systemFiles.list(nested)).rejects.toMatchObject({ code: "ENOENT" });
  await systemFiles.remove(join(folder, "a"));
});

test("a file that must be new is not opened over one that is there", async () => {
  const path = join(folder, "once");
  await using _first = await systemFiles.open(path, "wx+");
  await expect(systemFiles.open(path, "wx+")).rejects.toMatchObject({ code: "EEXIST" });
});

test("the disk tells its free bytes", async () => {
  expect(await systemFiles.freeBytes(folder)).toBeGreaterThan(0);
});
