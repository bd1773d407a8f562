import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { seededRandom, systemFiles } from "../../base/index.ts";
import { LakeCorruptError, ReadCacheFullError } from "../errors.ts";
import { ReadCache, type ReadCacheOptions } from "./read-cache.ts";
import { openWorkFolder } from "./work-folder.ts";

/** A cache over made-up remote files: `n:length` is `length` bytes of the digit n. */
class Bench implements AsyncDisposable {
  readonly folder: string;
  readonly fetched: string[] = [];
  readonly options: ReadCacheOptions;
  active = 0;
  activeMax = 0;
  hold: Promise<void> = Promise.resolve();
  fail: Error | undefined;
  cache: ReadCache;

  private constructor(folder: string, options: ReadCacheOptions, cache: ReadCache) {
    this.folder = folder;
    this.options = options;
    this.cache = cache;
  }

  static async open(options: Partial<ReadCacheOptions> = {}): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), "k2-cache-"));
    let bench: Bench | undefined;
    const all: ReadCacheOptions = {
      folder,
      bytesMax: 1_000,
      files: systemFiles,
      rangeBytes: 100,
      fetchRange: async (location, { start, byteLength }, { signal }) => {
        if (bench === undefined) throw new RangeError("not yet");
        return bench.#fetch(location, start, byteLength, signal);
      },
      ...options,
    };
    bench = new Bench(folder, all, await ReadCache.open(all));
    return bench;
  }

  async #fetch(
    location: string,
    start: number,
    byteLength: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    this.fetched.push(`${location}@${start}`);
    this.active += 1;
    this.activeMax = Math.max(this.activeMax, this.active);
    await this.hold;
    await setImmediate();
    this.active -= 1;
    signal?.throwIfAborted();
    if (this.fail !== undefined) throw this.fail;
    const [digit = "", length] = location.split(":");
    return Buffer.from(digit.repeat(Number(length)).slice(start, start + byteLength));
  }

  async reopen(): Promise<void> {
    await this.cache[Symbol.asyncDispose]();
    this.cache = await ReadCache.open(this.options);
  }

  async names(): Promise<readonly string[]> {
    return readdir(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cache[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function file(location: string): { readonly location: string; readonly byteLength: number } {
  return { location, byteLength: Number(location.split(":")[1]) };
}

test("lease() fetches each file once, in ranges, however many ask at once", async () => {
  await using b = await Bench.open({ parallelMax: 3 });
  const leases = await Promise.all(
    Array.from({ length: 5 }, () => b.cache.lease([file("1:250"), file("2:50"), file("3:0")])),
  );
  expect(b.fetched.toSorted()).toEqual(["1:250@0", "1:250@100", "1:250@200", "2:50@0"]);
  expect(b.activeMax).toBe(3);
  for (const lease of leases) expect(await readFile(lease.pathOf("1:250"), "utf8")).toBe("1".repeat(250));
  expect(await readFile(leases[0]?.pathOf("3:0") ?? "", "utf8")).toBe("");
});

test("the least lately used go first, and never what is leased", async () => {
  await using b = await Bench.open();
  (await b.cache.lease([file("1:400")]))[Symbol.dispose]();
  (await b.cache.lease([file("2:400")]))[Symbol.dispose]();
  const held = await b.cache.lease([file("1:400")]); // Now 2 is the oldest.
  (await b.cache.lease([file("3:400")]))[Symbol.dispose]();
  expect(b.cache.byteLength).toBe(800);
  b.fetched.length = 0;
  (await b.cache.lease([file("1:400")]))[Symbol.dispose]();
  expect(b.fetched).toEqual([]);
  (await b.cache.lease([file("2:400")]))[Symbol.dispose](); // 3 goes, though 1 is older: it is held.
  expect(await readFile(held.pathOf("1:400"), "utf8")).toBe("1".repeat(400));
  expect((await b.names()).length).toBe(2);
});

test("files that do not fit beside what is read are refused, and nothing is fetched", async () => {
  await using b = await Bench.open();
  await expect(b.cache.lease([file("1:600"), file("2:600")])).rejects.toBeInstanceOf(ReadCacheFullError);
  using held = await b.cache.lease([file("3:600")]);
  await expect(b.cache.lease([file("1:600")])).rejects.toThrow(/other scans read 600 now/);
  expect(held.pathOf("3:600")).toContain(b.folder);
  expect(b.fetched.every((each) => each.startsWith("3"))).toBe(true);
  held[Symbol.dispose]();
  using now = await b.cache.lease([file("1:600")]);
  expect(await readFile(now.pathOf("1:600"), "utf8")).toBe("1".repeat(600));
});

test("a lease that is forgotten ends by itself, and one that is kept does not", async () => {
  await using b = await Bench.open({ leaseMsMin: 5 });
  const kept = await b.cache.lease([file("1:300")]);
  await b.cache.lease([file("2:600")]);
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  await expect
    .poll(async () => {
      collectGarbage();
      return (await b.cache.lease([file("3:600")]).catch(() => undefined)) !== undefined;
    })
    .toBe(true);
  await expect(b.cache.lease([file("4:800")])).rejects.toBeInstanceOf(ReadCacheFullError);
  expect(await readFile(kept.pathOf("1:300"), "utf8")).toBe("1".repeat(300));
});

test("copies survive a restart; what was cut, half fetched or foreign is removed", async () => {
  await using b = await Bench.open();
  (await b.cache.lease([file("1:100"), file("2:100")]))[Symbol.dispose]();
  const cut = (await b.cache.lease([file("2:100")])).pathOf("2:100");
  await truncate(cut, 50);
  await writeFile(join(b.folder, `${"a".repeat(64)}-100.part`), "half");
  await writeFile(join(b.folder, "notes.txt"), "foreign");
  await b.reopen();
  expect((await b.names()).length).toBe(1);
  b.fetched.length = 0;
  using lease = await b.cache.lease([file("1:100"), file("2:100")]);
  expect(b.fetched).toEqual(["2:100@0"]);
  expect(await readFile(lease.pathOf("2:100"), "utf8")).toBe("2".repeat(100));
});

test("a fetch that fails leaves nothing and is tried anew by the next", async () => {
  await using b = await Bench.open();
  b.fail = new Error("away");
  await expect(b.cache.lease([file("1:250")])).rejects.toThrow("away");
  expect([await b.names(), b.cache.byteLength]).toEqual([[], 0]);
  b.fail = undefined;
  using lease = await b.cache.lease([file("1:250")]);
  expect(await readFile(lease.pathOf("1:250"), "utf8")).toBe("1".repeat(250));
});

test("a file shorter than its manifest says is refused", async () => {
  await using b = await Bench.open();
  await expect(b.cache.lease([{ location: "1:250", byteLength: 260 }])).rejects.toBeInstanceOf(LakeCorruptError);
  expect(await b.names()).toEqual([]);
});

test("one who gives up does not take the fetch from the others", async () => {
  await using b = await Bench.open();
  const gate = Promise.withResolvers<void>();
  b.hold = gate.promise;
  const controller = new AbortController();
  const [leaving, staying] = [
    b.cache.lease([file("1:250")], { signal: controller.signal }),
    b.cache.lease([file("1:250")]),
  ];
  controller.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  gate.resolve();
  using lease = await staying;
  expect(await readFile(lease.pathOf("1:250"), "utf8")).toBe("1".repeat(250));
});

test("leases at random stay within the size and always hold their files' bytes", async () => {
  await using b = await Bench.open({ bytesMax: 2_000 });
  const random = seededRandom(3);
  const work = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1) {
      const wanted = Array.from({ length: 1 + random.int(2) }, () =>
        file(`${random.int(9)}:${100 + 50 * random.int(4)}`),
      );
      const lease = await b.cache.lease(wanted).catch((error: unknown) => {
        if (!(error instanceof ReadCacheFullError)) throw error;
      });
      for (const { location, byteLength } of lease === undefined ? [] : wanted) {
        expect(await readFile(lease?.pathOf(location) ?? "", "utf8")).toBe((location[0] ?? "").repeat(byteLength));
      }
      lease?.[Symbol.dispose]();
      if (random.int(8) === 0) await b.cache.drop(`${random.int(9)}:100`);
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  using last = await b.cache.lease([]);
  expect(b.cache.byteLength).toBeLessThanOrEqual(2_000);
  expect(() => last.pathOf("1:100")).toThrow(RangeError);
});

test("two lakes of one folder each have a place of their own, and find it again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-work-"));
  const first = await openWorkFolder(systemFiles, folder);
  const second = await openWorkFolder(systemFiles, folder);
  expect([first.path, second.path]).toEqual([join(folder, "0"), join(folder, "1")]);
  first[Symbol.dispose]();
  const third = await openWorkFolder(systemFiles, folder);
  expect(third.path).toBe(join(folder, "0"));
  second[Symbol.dispose]();
  third[Symbol.dispose]();
  await rm(folder, { recursive: true });
});
