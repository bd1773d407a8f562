import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LogFailedError, LogFullError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type EmbeddedLogConfig, openEmbeddedLog } from "./embedded-log.ts";
import { type Faults, faultyFiles } from "./faulty-files.ts";
import { entryOf, makeTestFolder, position, readTexts } from "./test-support.ts";

const TOPIC = "raw.kraken";
const SMALL: Omit<EmbeddedLogConfig, "folder"> = { growStepBytes: 4_096, segmentBytesMax: 16_384 };

async function openFaulty(folder: string, faults: Faults, more: Partial<EmbeddedLogConfig> = {}): Promise<Log> {
  return openEmbeddedLog({ folder, files: faultyFiles(faults), ...SMALL, ...more });
}

test("a full disk refuses an append whole, whatever part of it arrived, and takes it when there is space", async () => {
  for (const code of ["ENOSPC", "EDQUOT"]) {
    for (const arrives of [0, 1, 47, 48, 100, 300]) {
      await using folder = await makeTestFolder();
      const faults: Faults = {};
      const stored = ["a", "b", "c"];
      {
        await using log = await openFaulty(folder.path, faults);
        await log.ensureTopic({ topic: TOPIC, partitions: 1 });
        await log.append([entryOf(TOPIC, 0, "a")]);
        faults.write = (path, byteLength) =>
          path.endsWith(".log") || path.endsWith(".new") ? { code, arrives: Math.min(arrives, byteLength) } : undefined;
        faults.truncate = () => {
          faults.write = undefined; // The file goes back to what it was without new space.
          return undefined;
        };
        const record = "x".repeat(400);
        const refused = [log.append([entryOf(TOPIC, 0, record)]), log.append([entryOf(TOPIC, 0, "y")])];
        for (const { status, ...rest } of await Promise.allSettled(refused)) {
          expect(status).toBe("rejected");
          expect((rest as PromiseRejectedResult).reason).toBeInstanceOf(LogFullError);
        }
        expect(await readTexts(log, position(TOPIC, 0, 0))).toEqual(["a"]);
        expect(await log.append([entryOf(TOPIC, 0, "b")])).toEqual([1]);
        expect(await log.append([entryOf(TOPIC, 0, "c")])).toEqual([2]);
        expect(await readTexts(log, position(TOPIC, 0, 0))).toEqual(stored);
      }
      await using again = await openFaulty(folder.path, {});
      expect(await readTexts(again, position(TOPIC, 0, 0))).toEqual(stored);
    }
  }
});

test("a disk that fills up while a segment is begun loses nothing and goes on later", async () => {
  await using folder = await makeTestFolder();
  const faults: Faults = {};
  const stored: string[] = [];
  {
    await using log = await openFaulty(folder.path, faults);
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    let refused = 0;
    for (let index = 0; index < 200; index += 1) {
      const isFull = index % 3 === 0;
      faults.write = isFull
        ? (path) => (path.endsWith(".log.new") ? { code: "ENOSPC", arrives: 20 } : undefined)
        : undefined;
      const text = `${index} `.padEnd(400, "-");
      await log.append([entryOf(TOPIC, 0, text)]).then(
        () => stored.push(text),
        (error) => {
          if (!(error instanceof LogFullError)) throw error;
          refused += 1;
        },
      );
    }
    expect(refused).toBeGreaterThan(0);
    expect(await readTexts(log, position(TOPIC, 0, 0))).toEqual(stored);
  }
  await using again = await openFaulty(folder.path, {});
  expect(await readTexts(again, position(TOPIC, 0, 0))).toEqual(stored);
});

test("space that must stay free is left free, but retention may use it", async () => {
  await using folder = await makeTestFolder();
  let free = 1_000_000_000;
  const faults: Faults = { freeBytes: () => free };
  await using log = await openFaulty(folder.path, faults, { freeBytesMin: 1_000_000 });
  await log.ensureTopic({ topic: TOPIC, partitions: 1, retentionMs: 0 });
  const text = "-".repeat(1_000);
  let stored = 0;
  for (; stored < 40; stored += 1) await log.append([entryOf(TOPIC, 0, text)]);
  free = 1_000_100;
  const error = await (async () => {
    for (;;) {
      await log.append([entryOf(TOPIC, 0, text)]);
      stored += 1;
    }
  })().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LogFullError);
  expect(error.message).toContain("1000000 are kept free");
  expect(stored).toBeLessThan(80);
  expect((await log.applyRetention({ nowMs: 4_102_444_800_000, keepFrom: [] })).segmentsRemoved).toBeGreaterThan(0);
  free = 1_000_000_000;
  expect(await log.append([entryOf(TOPIC, 0, text)])).toEqual([stored]);
});

test("a full disk does not keep the log from opening and being read", async () => {
  await using folder = await makeTestFolder();
  {
    await using log = await openFaulty(folder.path, {});
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    for (let index = 0; index < 100; index += 1) await log.append([entryOf(TOPIC, 0, "x".repeat(500))]);
  }
  const full: Faults = { write: () => ({ code: "ENOSPC", arrives: 0 }), freeBytes: () => 0 };
  await using log = await openFaulty(folder.path, full);
  expect((await readTexts(log, position(TOPIC, 0, 0))).length).toBe(100);
});

test("after a failed sync nothing more is taken until the log is opened anew", async () => {
  for (const code of ["EIO", "ENOSPC"]) {
    await using folder = await makeTestFolder();
    const faults: Faults = {};
    {
      await using log = await openFaulty(folder.path, faults);
      await log.ensureTopic({ topic: TOPIC, partitions: 1 });
      await log.append([entryOf(TOPIC, 0, "a")]);
      faults.sync = () => code;
      await expect(log.append([entryOf(TOPIC, 0, "b")])).rejects.toThrow(LogFailedError);
      faults.sync = undefined;
      await expect(log.append([entryOf(TOPIC, 0, "c")])).rejects.toThrow(LogFailedError);
      expect(await readTexts(log, position(TOPIC, 0, 0))).toEqual(["a"]);
    }
    await using again = await openFaulty(folder.path, {});
    const texts = await readTexts(again, position(TOPIC, 0, 0));
    expect([["a"], ["a", "b"]]).toContainEqual(texts); // In doubt, but whole or not at all.
    expect(await again.append([entryOf(TOPIC, 0, "d")])).toEqual([texts.length]);
  }
});

test("a device error in a write, or in putting a refused write right, fails the log", async () => {
  for (const faulty of [
    (faults: Faults) => {
      faults.write = () => ({ code: "EIO", arrives: 9 });
    },
    (faults: Faults) => {
      faults.write = () => ({ code: "ENOSPC", arrives: 9 });
      faults.truncate = () => "EIO";
    },
  ]) {
    await using folder = await makeTestFolder();
    const faults: Faults = {};
    {
      await using log = await openFaulty(folder.path, faults);
      await log.ensureTopic({ topic: TOPIC, partitions: 1 });
      await log.append([entryOf(TOPIC, 0, "a")]);
      faulty(faults);
      await expect(log.append([entryOf(TOPIC, 0, "b")])).rejects.toThrow(LogFailedError);
      await expect(log.append([entryOf(TOPIC, 0, "c")])).rejects.toThrow(LogFailedError);
    }
    await using again = await openFaulty(folder.path, {});
    expect(await readTexts(again, position(TOPIC, 0, 0))).toEqual(["a"]);
  }
});

test("appends that no one waits for are bounded", async () => {
  await using folder = await makeTestFolder();
  await using log = await openFaulty(folder.path, {}, { waitingBytesMax: 10_000 });
  await log.ensureTopic({ topic: TOPIC, partitions: 1 });
  const appends = Array.from({ length: 50 }, () => log.append([entryOf(TOPIC, 0, "x".repeat(1_000))]));
  const settled = await Promise.allSettled(appends);
  const stored = settled.filter(({ status }) => status === "fulfilled").length;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(50);
  for (const result of settled) if (result.status === "rejected") expect(result.reason).toBeInstanceOf(LogFullError);
  expect((await readTexts(log, position(TOPIC, 0, 0))).length).toBe(stored);
});

/** A small disk of its own; undefined where this user may not mount one. */
function mountSmallDisk(path: string): Disposable | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", path], { stdio: "pipe" });
    return { [Symbol.dispose]: () => void execFileSync("umount", ["-l", path]) };
  } catch (error) {
    console.info(`skipped: no small disk could be mounted (${String((error as Error).message).split("\n")[0]})`);
    return undefined;
  }
}

test("on a disk that is really full: refused, nothing lost, goes on after retention", async ({ skip }) => {
  await using folder = await makeTestFolder();
  const disk = join(folder.path, "disk");
  await mkdir(disk);
  using mounted = mountSmallDisk(disk);
  if (mounted === undefined) skip();
  const config = { folder: join(disk, "log"), segmentBytesMax: 512 * 1024, growStepBytes: 64 * 1024, freeBytesMin: 0 };
  let stored = 0;
  {
    await using log = await openEmbeddedLog(config);
    await log.ensureTopic({ topic: TOPIC, partitions: 1, retentionMs: 0 });
    const refuse = async (bytes: number): Promise<unknown> => {
      for (; stored < 100_000; stored += 1) {
        const error = await log.append([entryOf(TOPIC, 0, "x".repeat(bytes))]).catch((thrown) => thrown);
        if (error instanceof Error) return error;
      }
      return undefined;
    };
    expect(await refuse(100_000)).toBeInstanceOf(LogFullError);
    expect(await refuse(3_000)).toBeInstanceOf(LogFullError);
    expect((await readTexts(log, position(TOPIC, 0, 0))).length).toBe(stored);
  }
  {
    await using log = await openEmbeddedLog(config);
    expect((await readTexts(log, position(TOPIC, 0, 0))).length).toBe(stored);
    expect((await log.applyRetention({ nowMs: 4_102_444_800_000, keepFrom: [] })).segmentsRemoved).toBeGreaterThan(0);
    expect(await log.append([entryOf(TOPIC, 0, "x".repeat(100_000))])).toEqual([stored]);
  }
});
