import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMetrics, type Logger, silentLogger, systemFiles } from "../../base/index.ts";
import { LogCorruptError, OffsetOutOfRangeError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type EmbeddedLogConfig, openEmbeddedLog } from "./embedded-log.ts";
import { entryOf, makeTestFolder, position, readTexts } from "./test-support.ts";

const TOPIC = "raw.kraken";
const SMALL = { segmentBytesMax: 8_192, growStepBytes: 4_096 };
const LATER_MS = 4_102_444_800_000;

const textOf = (index: number): string => `${index} `.padEnd(400, "=");
const textsFrom = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => textOf(from + index));

async function openSmall(folder: string, more: Partial<EmbeddedLogConfig> = {}): Promise<Log> {
  return openEmbeddedLog({ folder, ...SMALL, ...more });
}

/** A hundred records in a handful of segments. */
async function fillFolder(folder: string): Promise<void> {
  await using log = await openSmall(folder);
  await log.ensureTopic({ topic: TOPIC, partitions: 1, retentionMs: 0 });
  for (let index = 0; index < 100; index += 1) {
    await log.append([entryOf(TOPIC, 0, textOf(index))], { group: "g", positions: [position(TOPIC, 0, index + 1)] });
  }
}

async function filesEnding(folder: string, ending: string): Promise<string[]> {
  return (await readdir(join(folder, "raw")))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, "raw", name));
}

test("a sealed segment holds no zeros behind its frames and has an index file", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  const segments = await filesEnding(folder.path, ".log");
  expect(segments.length).toBeGreaterThan(3);
  expect((await filesEnding(folder.path, ".index")).length).toBe(segments.length - 1);
  for (const path of segments) expect((await stat(path)).size).toBeLessThanOrEqual(SMALL.segmentBytesMax);
});

test("a missing, spoilt or outdated index file is made anew from its segment", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  const [first = "", second = "", third = ""] = await filesEnding(folder.path, ".index");
  const good = await Promise.all([first, second, third].map((path) => readFile(path, "utf8")));
  await rm(first);
  await writeFile(second, (good[1] ?? "").replace("[", "[ "));
  await writeFile(third, good[0] ?? "");
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_fields, message) => void warnings.push(message) };
  await using log = await openSmall(folder.path, { logger });
  expect(warnings.length).toBe(3);
  expect(await readTexts(log, position(TOPIC, 0, 0))).toEqual(textsFrom(0, 100));
  expect(await Promise.all([first, second, third].map((path) => readFile(path, "utf8")))).toEqual(good);
});

test("an index file whose positions are spoilt still lets its segment be read", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  const [first = ""] = await filesEnding(folder.path, ".index");
  const [summary = ""] = (await readFile(first, "utf8")).split("\n");
  await writeFile(first, `${summary}\nnonsense 0\n`);
  await using log = await openSmall(folder.path);
  expect(await readTexts(log, position(TOPIC, 0, 3))).toEqual(textsFrom(3, 100));
});

test("a changed bit in a sealed segment stops the reader there, naming file and byte, and nothing before it", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  const [, damaged = ""] = await filesEnding(folder.path, ".log");
  const bytes = await readFile(damaged);
  bytes[3_000] = (bytes[3_000] ?? 0) ^ 4;
  await writeFile(damaged, bytes);
  await using log = await openSmall(folder.path);
  const seen: number[] = [];
  const error = await (async () => {
    for await (const chunk of log.read(position(TOPIC, 0, 0), { follow: false, maxBytes: 400 }))
      seen.push(chunk.firstOffset);
  })().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LogCorruptError);
  expect(error.path).toBe(damaged);
  expect(error.position).toBeLessThanOrEqual(3_000);
  expect(error.position).toBeGreaterThan(2_000);
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index));
  expect(seen.length).toBeGreaterThan(10);
});

test("a sealed segment that lost its end, or its file, keeps the log from opening", async () => {
  for (const spoil of [(path: string) => rm(path), (path: string) => truncate(path, 4_000)]) {
    await using folder = await makeTestFolder();
    await fillFolder(folder.path);
    const [, path = ""] = await filesEnding(folder.path, ".log");
    await spoil(path);
    await expect(openSmall(folder.path)).rejects.toThrow(LogCorruptError);
  }
});

test("damage set aside: the log opens, begins after it, and never says otherwise again", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  const [, damaged = ""] = await filesEnding(folder.path, ".log");
  await truncate(damaged, 4_000);
  await expect(openSmall(folder.path)).rejects.toThrow(LogCorruptError);
  const open = async (onDamage: "refuse" | "set-aside"): Promise<void> => {
    await using log = await openSmall(folder.path, { onDamage });
    const [bounds] = await log.bounds(TOPIC);
    expect(bounds?.endOffset).toBe(100);
    expect(bounds?.startOffset).toBeGreaterThan(20);
    expect(bounds?.startOffset).toBeLessThan(60);
    expect(await readTexts(log, position(TOPIC, 0, bounds?.startOffset ?? 0))).toEqual(
      textsFrom(bounds?.startOffset ?? 0, 100),
    );
    expect(await log.progress("g")).toEqual([position(TOPIC, 0, 100)]);
    await expect(readTexts(log, position(TOPIC, 0, 0))).rejects.toThrow(OffsetOutOfRangeError);
  };
  await open("set-aside");
  await open("refuse");
  expect((await filesEnding(folder.path, ".damaged")).length).toBe(1);
});

test("damage set aside in the last segment: it is cut there, and kept whole beside", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  const last = (await filesEnding(folder.path, ".log")).at(-1) ?? "";
  const bytes = await readFile(last);
  const at = bytes.indexOf("97 ===");
  bytes[at] = 0x21;
  await writeFile(last, bytes);
  await expect(openSmall(folder.path)).rejects.toThrow(LogCorruptError);
  await using log = await openSmall(folder.path, { onDamage: "set-aside" });
  expect(await readTexts(log, position(TOPIC, 0, 0))).toEqual(textsFrom(0, 97));
  expect(await log.progress("g")).toEqual([position(TOPIC, 0, 97)]);
  expect(await log.append([entryOf(TOPIC, 0, "new")])).toEqual([97]);
  expect(await readFile(`${last}.damaged`)).toEqual(bytes);
});

test("retention that was cut off after it was written down goes on later, and gives nothing back", async () => {
  await using folder = await makeTestFolder();
  await fillFolder(folder.path);
  let [startOffset, removed] = [0, 0];
  {
    const files = {
      ...systemFiles,
      remove: async (path: string) => {
        if (!path.includes("raw")) return systemFiles.remove(path);
        removed += 1;
        if (removed > 2) throw new Error("killed here");
        return systemFiles.remove(path);
      },
    };
    await using log = await openSmall(folder.path, { files });
    await expect(log.applyRetention({ nowMs: LATER_MS, keepFrom: [] })).rejects.toThrow("killed here");
    startOffset = (await log.bounds(TOPIC))[0]?.startOffset ?? 0;
    expect(startOffset).toBeGreaterThan(0);
  }
  await using log = await openSmall(folder.path);
  expect((await log.bounds(TOPIC))[0]?.startOffset).toBe(startOffset);
  expect((await log.applyRetention({ nowMs: 0, keepFrom: [position(TOPIC, 0, 0)] })).segmentsRemoved).toBeGreaterThan(
    0,
  );
  expect((await filesEnding(folder.path, ".log")).length).toBe(1);
  expect(await filesEnding(folder.path, ".index")).toEqual([]);
  expect(await readTexts(log, position(TOPIC, 0, startOffset))).toEqual(textsFrom(startOffset, 100));
});

test("a segment that a lasting topic needs stays, and those after it go", async () => {
  await using folder = await makeTestFolder();
  await using log = await openSmall(folder.path);
  await log.ensureTopic({ topic: "raw.lasting", partitions: 1 });
  await log.append([entryOf("raw.lasting", 0, "kept")]);
  await log.ensureTopic({ topic: TOPIC, partitions: 1, retentionMs: 0 });
  for (let index = 0; index < 100; index += 1) await log.append([entryOf(TOPIC, 0, textOf(index))]);
  const before = (await filesEnding(folder.path, ".log")).length;
  expect((await log.applyRetention({ nowMs: LATER_MS, keepFrom: [] })).segmentsRemoved).toBe(before - 2);
  expect(await readTexts(log, position("raw.lasting", 0, 0))).toEqual(["kept"]);
  const [bounds] = await log.bounds(TOPIC);
  expect(await readTexts(log, position(TOPIC, 0, bounds?.startOffset ?? 0))).toEqual(
    textsFrom(bounds?.startOffset ?? 0, 100),
  );
});

test("topics of two shards cannot share an append, but a group's progress may name any topic", async () => {
  await using folder = await makeTestFolder();
  {
    await using log = await openSmall(folder.path);
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    await log.ensureTopic({ topic: "market.trades", partitions: 1 });
    const both = [entryOf(TOPIC, 0, "a"), entryOf("market.trades", 0, "b")];
    await expect(log.append(both)).rejects.toThrow(/shards raw and events at once/);
    await log.append([entryOf("market.trades", 0, "b")], { group: "g", positions: [position(TOPIC, 0, 1)] });
    await log.append([entryOf(TOPIC, 0, "a")], { group: "g", positions: [position(TOPIC, 0, 2)] });
    await log.append([], { group: "g", positions: [position(TOPIC, 0, 3)] });
    expect(await log.progress("g")).toEqual([position(TOPIC, 0, 3)]);
    await log.append([entryOf(TOPIC, 0, "c")], { group: "g", positions: [position(TOPIC, 0, 4)] });
  }
  await using log = await openSmall(folder.path);
  expect(await log.progress("g")).toEqual([position(TOPIC, 0, 4)]);
  expect((await readdir(folder.path)).sort()).toEqual(["events", "lock", "owner.json", "raw", "reserve"]);
});

test("metrics tell appends, bytes, groups, segments and their size", async () => {
  await using folder = await makeTestFolder();
  const metrics = createMetrics();
  await using log = await openSmall(folder.path, { metrics });
  await log.ensureTopic({ topic: TOPIC, partitions: 1 });
  await Promise.all(textsFrom(0, 30).map((text) => log.append([entryOf(TOPIC, 0, text)])));
  const text = await metrics.expose();
  expect(text).toContain('k2_log_appends_total{shard="raw"} 31');
  expect(text).toMatch(/k2_log_append_bytes_total\{shard="raw"\} 1\d{4}\n/);
  expect(text).toContain('k2_log_group_size_count{shard="raw"} 2');
  expect(text).toContain('k2_log_sync_seconds_count{shard="raw"} 2');
  expect(text).toContain('k2_log_segments{shard="raw"} 2');
  expect(text).toMatch(/k2_log_bytes\{shard="raw"\} 1\d{4}\n/);
});

test("progress alone fills segments too, and they are removed when nothing else is in them", async () => {
  await using folder = await makeTestFolder();
  {
    await using log = await openSmall(folder.path);
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    for (let offset = 0; offset < 200; offset += 1)
      await log.append([], { group: "raw.g", positions: [position(TOPIC, 0, offset)] });
    expect((await filesEnding(folder.path, ".log")).length).toBeGreaterThan(2);
    await log.applyRetention({ nowMs: 0, keepFrom: [] });
    expect((await filesEnding(folder.path, ".log")).length).toBe(1);
  }
  await using log = await openSmall(folder.path);
  expect(await log.progress("raw.g")).toEqual([position(TOPIC, 0, 199)]);
});
