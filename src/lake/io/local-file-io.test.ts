import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemFiles } from "../../base/index.ts";
import { describeFileIo, type FileIoUnderTest } from "./file-io.contract.ts";
import { LocalFileIo } from "./local-file-io.ts";

async function openLocal(scheme = "file://"): Promise<FileIoUnderTest & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "k2-io-"));
  const io = new LocalFileIo(systemFiles);
  return {
    io,
    folder,
    root: `${scheme}${folder}/warehouse`,
    async [Symbol.asyncDispose]() {
      await io[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeFileIo("LocalFileIo", () => openLocal());
describeFileIo("LocalFileIo by plain paths", () => openLocal(""));

test("list() shows what a killed write left, under a name that remove() takes", async () => {
  await using t = await openLocal();
  await mkdir(join(t.folder, "warehouse/data"), { recursive: true });
  await writeFile(join(t.folder, "warehouse/data/.00000-a.parquet.writing"), "half");
  const locations: string[] = [];
  for await (const { location } of t.io.list(t.root)) locations.push(location);
  expect(locations).toEqual([`${t.root}/data/.00000-a.parquet.writing`]);
  await t.io.remove(locations[0] ?? "");
  expect(await readdir(join(t.folder, "warehouse/data"))).toEqual([]);
});
