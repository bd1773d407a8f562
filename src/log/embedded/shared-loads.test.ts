import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Files, recordBatchOf, systemFiles } from "../../base/index.ts";
import { openLog } from "../index.ts";
import { SharedLoads } from "./shared-loads.ts";

test("SharedLoads reads once for all who ask while it is under way, and anew for who asks later", async () => {
  const loads = new SharedLoads<number>();
  let reads = 0;
  const read = async (): Promise<number> => {
    reads += 1;
    await Promise.resolve();
    return reads;
  };
  expect(await Promise.all([loads.load(7, read), loads.load(7, read), loads.load(8, read)])).toEqual([2, 2, 2]);
  expect(await loads.load(7, read)).toBe(3);
});

test("SharedLoads tells a failure to all who wait, and forgets it", async () => {
  const loads = new SharedLoads<number>();
  const failing = (): Promise<number> => Promise.reject(new Error("the disk is gone"));
  const waits = await Promise.allSettled([loads.load(1, failing), loads.load(1, failing)]);
  expect(waits.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await loads.load(1, async () => 5)).toBe(5);
});

/** Counts the bytes that are read from segments. */
function countingFiles(): { readonly files: Files; readonly bytes: () => number } {
  let bytes = 0;
  const open: Files["open"] = async (path, flags) => {
    const file = await systemFiles.open(path, flags);
    const read = file.read.bind(file);
    return Object.assign(file, {
      read: async (buffer: Uint8Array, position: number) => {
        const filled = await read(buffer, position);
        bytes += filled;
        return filled;
      },
    });
  };
  return { files: { ...systemFiles, open }, bytes: () => bytes };
}

test("an append to many partitions is read from the disk once, however many follow", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-shared-loads-"));
  const { files, bytes } = countingFiles();
  try {
    await using log = await openLog({ folder, files });
    await log.ensureTopic({ topic: "raw.many", partitions: 8 });
    const partitions = [0, 1, 2, 3, 4, 5, 6, 7];
    const ending = new AbortController();
    const readers = partitions.map((partition) =>
      log.read({ topic: "raw.many", partition, offset: 0 }, { signal: ending.signal })[Symbol.asyncIterator](),
    );
    const chunks = readers.map((reader) => reader.next());
    const payload = new Uint8Array(20_000);
    const records = recordBatchOf([payload]);
    const before = bytes();
    await log.append(partitions.map((partition) => ({ topic: "raw.many", partition, records })));
    const seen = await Promise.all(chunks);
    expect(seen.map(({ value }) => value.records.bytes.byteLength)).toEqual(partitions.map(() => payload.byteLength));
    const once = partitions.length * payload.byteLength;
    expect(bytes() - before).toBeGreaterThanOrEqual(once);
    expect(bytes() - before).toBeLessThan(2 * once);
    ending.abort();
    await Promise.allSettled(readers.map((reader) => reader.next()));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
