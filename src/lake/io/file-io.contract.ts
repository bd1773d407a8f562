import { writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { LakeExistsError, LakeNotFoundError } from "../errors.ts";
import type { FileIo, ListedFile } from "./file-io.ts";

/** A FileIo to try, and where it may write. */
export interface FileIoUnderTest extends AsyncDisposable {
  readonly io: FileIo;
  /** Without a slash at its end; nothing is below it. */
  readonly root: string;
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8");

async function collected(files: AsyncIterable<ListedFile>): Promise<readonly ListedFile[]> {
  const all: ListedFile[] = [];
  for await (const file of files) all.push(file);
  return all.toSorted((one, other) => (one.location < other.location ? -1 : 1));
}

/** What every FileIo must do. Each adapter's test calls it and adds only what is its own. */
export function describeFileIo(name: string, open: () => Promise<FileIoUnderTest>): void {
  test(`${name}: read() gives what write() was given, also nothing at all`, async () => {
    await using t = await open();
    await t.io.write(`${t.root}/a/b/c.json`, bytesOf("hello ✓"));
    await t.io.write(`${t.root}/a/empty`, new Uint8Array());
    expect(Buffer.from(await t.io.read(`${t.root}/a/b/c.json`)).toString("utf8")).toBe("hello ✓");
    expect((await t.io.read(`${t.root}/a/empty`)).byteLength).toBe(0);
  });

  test(`${name}: names hold spaces, equal signs, plus, percent, quotes and other scripts as they are`, async () => {
    await using t = await open();
    const names = ["ts=2024-03-01 00:00", "a+b%20c", "it's (1)*!&~", "日本/é", "x#y?z"];
    for (const each of names) await t.io.write(`${t.root}/odd/${each}`, bytesOf(each));
    for (const each of names) expect(Buffer.from(await t.io.read(`${t.root}/odd/${each}`)).toString("utf8")).toBe(each);
    const listed = await collected(t.io.list(`${t.root}/odd`));
    expect(listed.map(({ location }) => location)).toEqual(names.map((each) => `${t.root}/odd/${each}`).toSorted());
  });

  test(`${name}: reading what is not there is LakeNotFoundError`, async () => {
    await using t = await open();
    await expect(t.io.read(`${t.root}/none`)).rejects.toBeInstanceOf(LakeNotFoundError);
  });

  test(`${name}: a name is given once: the same bytes again are fine, others are refused and the first stay`, async () => {
    await using t = await open();
    const location = `${t.root}/once`;
    await t.io.write(location, bytesOf("first"));
    await t.io.write(location, bytesOf("first"));
    await expect(t.io.write(location, bytesOf("other"))).rejects.toBeInstanceOf(LakeExistsError);
    await expect(t.io.write(location, bytesOf("longer than before"))).rejects.toBeInstanceOf(LakeExistsError);
    expect(Buffer.from(await t.io.read(location)).toString("utf8")).toBe("first");
    expect((await collected(t.io.list(t.root))).length).toBe(1);
  });

  test(`${name}: two writers of one name at once: one is there, whole`, async () => {
    await using t = await open();
    const writes = ["x", "x", "x", "x"].map((text) => t.io.write(`${t.root}/race`, bytesOf(text.repeat(50_000))));
    await Promise.allSettled(writes);
    expect(Buffer.from(await t.io.read(`${t.root}/race`)).toString("utf8")).toBe("x".repeat(50_000));
  });

  test(`${name}: remove() removes, and does nothing where there is nothing`, async () => {
    await using t = await open();
    await t.io.write(`${t.root}/gone`, bytesOf("1"));
    await t.io.remove(`${t.root}/gone`);
    await t.io.remove(`${t.root}/gone`);
    await t.io.remove(`${t.root}/never/was`);
    await expect(t.io.read(`${t.root}/gone`)).rejects.toBeInstanceOf(LakeNotFoundError);
    await t.io.write(`${t.root}/gone`, bytesOf("2"));
    expect(Buffer.from(await t.io.read(`${t.root}/gone`)).toString("utf8")).toBe("2");
  });

  test(`${name}: list() names every file below a folder with its size and age, and none beside it`, async () => {
    await using t = await open();
    const beforeMs = Date.now() - 5_000;
    for (let n = 0; n < 25; n += 1)
      await t.io.write(`${t.root}/t/data/k=${n % 3}/${n}.parquet`, bytesOf("x".repeat(n)));
    await t.io.write(`${t.root}/t2/data/other`, bytesOf("1"));
    const listed = await collected(t.io.list(`${t.root}/t`));
    expect(listed.length).toBe(25);
    expect(listed.every(({ location }) => location.startsWith(`${t.root}/t/data/k=`))).toBe(true);
    expect(listed.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(300);
    expect(listed.every(({ modifiedMs }) => modifiedMs >= beforeMs && modifiedMs <= Date.now() + 5_000)).toBe(true);
    expect(await collected(t.io.list(`${t.root}/t/`))).toEqual(listed);
    expect(await collected(t.io.list(`${t.root}/nowhere`))).toEqual([]);
    for (const { location } of listed) await t.io.remove(location);
    expect(await collected(t.io.list(`${t.root}/t`))).toEqual([]);
  });

  test(`${name}: a file begun is nowhere until it is finished, then it is whole and durable`, async () => {
    await using t = await open();
    const location = `${t.root}/data/k=1/00000-a.parquet`;
    const content = "0123456789".repeat(30_000);
    const path = await t.io.beginFile(location);
    await writeFile(path, content);
    const tail = await t.io.readTail(path, 15);
    expect([Buffer.from(tail.bytes).toString("utf8"), tail.fileByteLength]).toEqual(["567890123456789", 300_000]);
    await expect(t.io.read(location)).rejects.toBeInstanceOf(LakeNotFoundError);
    await t.io.finishFile(location);
    expect(Buffer.from(await t.io.read(location)).toString("utf8")).toBe(content);
    const finished = await t.io.readTail(location, 4);
    expect([Buffer.from(finished.bytes).toString("utf8"), finished.fileByteLength]).toEqual(["6789", 300_000]);
    expect((await t.io.readTail(location, 1_000_000)).bytes.byteLength).toBe(300_000);
    expect((await collected(t.io.list(t.root))).map((file) => file.location)).toEqual([location]);
  });

  test(`${name}: an abandoned file leaves nothing, finished or not`, async () => {
    await using t = await open();
    for (const isFinished of [false, true]) {
      const location = `${t.root}/data/${isFinished}.parquet`;
      await writeFile(await t.io.beginFile(location), "half");
      if (isFinished) await t.io.finishFile(location);
      await t.io.abandonFile(location);
      await expect(t.io.read(location)).rejects.toBeInstanceOf(LakeNotFoundError);
    }
    expect(await collected(t.io.list(t.root))).toEqual([]);
  });

  test(`${name}: a lease gives local paths that hold the files' bytes`, async () => {
    await using t = await open();
    const { readFile } = await import("node:fs/promises");
    const files = ["a", "bb", "ccc"].map((text) => ({ location: `${t.root}/${text}`, byteLength: text.length }));
    for (const { location } of files) await t.io.write(location, bytesOf(location.split("/").at(-1) ?? ""));
    using lease = await t.io.lease([...files, ...files]);
    for (const { location } of files) {
      expect(await readFile(lease.pathOf(location), "utf8")).toBe(location.split("/").at(-1));
    }
    expect(() => lease.pathOf(`${t.root}/zzz`)).toThrow(RangeError);
    using none = await t.io.lease([]);
    expect(() => none.pathOf(`${t.root}/a`)).toThrow(RangeError);
  });

  test(`${name}: what is aborted rejects with the signal's reason and writes nothing`, async () => {
    await using t = await open();
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    await t.io.write(`${t.root}/there`, bytesOf("1"));
    await expect(t.io.read(`${t.root}/there`, options)).rejects.toBe(reason);
    await expect(t.io.write(`${t.root}/new`, bytesOf("1"), options)).rejects.toBe(reason);
    await expect(t.io.remove(`${t.root}/there`, options)).rejects.toBe(reason);
    await expect(collected(t.io.list(t.root, options))).rejects.toBe(reason);
    await expect(t.io.lease([{ location: `${t.root}/there`, byteLength: 1 }], options)).rejects.toBe(reason);
    await setImmediate();
    expect((await collected(t.io.list(t.root))).map(({ location }) => location)).toEqual([`${t.root}/there`]);
  });
}
