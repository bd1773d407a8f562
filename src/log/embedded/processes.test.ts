import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { LogClosedError, LogLockedError, OffsetOutOfRangeError, TopicUnknownError } from "../errors.ts";
import type { LogReader } from "../log.ts";
import { openEmbeddedLog } from "./embedded-log.ts";
import { openEmbeddedLogReader } from "./embedded-log-reader.ts";
import { entryOf, makeTestFolder, position, readTexts } from "./test-support.ts";

const run = promisify(execFile);
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const TOPIC = "raw.kraken";
const SMALL = { segmentBytesMax: 8_192, growStepBytes: 4_096 };
const LATER_MS = 4_102_444_800_000;

test("a second writer is refused and told who holds the log", async () => {
  await using folder = await makeTestFolder();
  {
    await using _log = await openEmbeddedLog({ folder: folder.path });
    const error = await openEmbeddedLog({ folder: folder.path }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LogLockedError);
    expect(error.message).toContain(`process ${process.pid} on `);
    const child = await run(process.execPath, [program("./kill-writer.program.ts"), folder.path]).catch(
      (thrown) => thrown,
    );
    expect(child.stderr).toContain("LogLockedError");
  }
  await using _again = await openEmbeddedLog({ folder: folder.path });
});

test("a writer that was killed, or whose thread was ended, leaves no lock behind", async () => {
  await using folder = await makeTestFolder();
  const child = spawn(process.execPath, [program("./kill-writer.program.ts"), folder.path], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  await expect(openEmbeddedLog({ folder: folder.path })).rejects.toThrow(`process ${child.pid} on `);
  child.kill("SIGKILL");
  await once(child, "exit");
  {
    await using _log = await openEmbeddedLog({ folder: folder.path });
  }
  const worker = new Worker(program("./kill-writer.program.ts"), { argv: [folder.path], stdout: true });
  await once(worker.stdout, "data");
  await expect(openEmbeddedLog({ folder: folder.path })).rejects.toThrow(LogLockedError);
  await worker.terminate();
  await using _log = await openEmbeddedLog({ folder: folder.path });
});

test("a reader in another process gets every record in order while the owner writes", async () => {
  await using folder = await makeTestFolder();
  await using log = await openEmbeddedLog({ folder: folder.path, segmentBytesMax: 100_000, growStepBytes: 16_384 });
  await log.ensureTopic({ topic: TOPIC, partitions: 1 });
  const count = 20_000;
  const reading = run(process.execPath, [program("./follow-reader.program.ts"), folder.path, TOPIC, String(count)]);
  const hash = createHash("sha256");
  for (let index = 0; index < count; index += 10) {
    const texts = Array.from({ length: 10 }, (_, extra) => `record ${index + extra} ${"~".repeat((index * 13) % 60)}`);
    for (const text of texts) hash.update(text);
    await log.append([entryOf(TOPIC, 0, ...texts)], { group: "g", positions: [position(TOPIC, 0, index + 10)] });
  }
  const answer = JSON.parse((await reading).stdout);
  expect(answer).toEqual({ seen: count, hash: hash.digest("hex"), progress: [position(TOPIC, 0, count)] });
});

/** Waits until the reader beside the owner sees that many records. */
async function seesEnd(reader: LogReader, endOffset: number): Promise<void> {
  const deadlineMs = Date.now() + 5_000;
  while ((await reader.bounds(TOPIC))[0]?.endOffset !== endOffset) {
    if (Date.now() > deadlineMs)
      throw new Error(`the reader does not see offset ${endOffset}: ${JSON.stringify(await reader.bounds(TOPIC))}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test("a reader beside the owner sees topics, bounds and progress as the owner does", async () => {
  await using folder = await makeTestFolder();
  await using reader = await openEmbeddedLogReader({ folder: folder.path });
  expect(await reader.topics()).toEqual([]);
  await expect(reader.bounds(TOPIC)).rejects.toThrow(TopicUnknownError);
  await using log = await openEmbeddedLog({ folder: folder.path, ...SMALL });
  await log.ensureTopic({ topic: TOPIC, partitions: 1, retentionMs: 0 });
  await log.ensureTopic({ topic: "market.trades", partitions: 3 });
  await log.append([], { group: "g", positions: [position(TOPIC, 0, 2)] });
  for (let index = 0; index < 60; index += 1) await log.append([entryOf(TOPIC, 0, `${index}`.padEnd(500))]);
  await seesEnd(reader, 60);
  const deadlineMs = Date.now() + 5_000;
  while ((await reader.progress("g")).length === 0 && Date.now() < deadlineMs) await Promise.resolve();
  expect(await reader.topics()).toEqual(await log.topics());
  expect(await reader.progress("g")).toEqual(await log.progress("g"));
  expect(await readTexts(reader, position(TOPIC, 0, 7))).toEqual(await readTexts(log, position(TOPIC, 0, 7)));
});

test("retention under a reader beside the owner: out of range for what is gone, all else is read", async () => {
  await using folder = await makeTestFolder();
  await using log = await openEmbeddedLog({ folder: folder.path, ...SMALL });
  await log.ensureTopic({ topic: TOPIC, partitions: 1, retentionMs: 0 });
  await using reader = await openEmbeddedLogReader({ folder: folder.path, cacheBytesMax: 0 });
  let end = 0;
  const fill = async (): Promise<void> => {
    for (let index = 0; index < 60; index += 1, end += 1) await log.append([entryOf(TOPIC, 0, `${end}`.padEnd(500))]);
  };
  await fill();
  await seesEnd(reader, end);
  const behind = reader.read(position(TOPIC, 0, 0), { maxBytes: 500 })[Symbol.asyncIterator]();
  expect((await behind.next()).value.firstOffset).toBe(0);
  await fill();
  await log.applyRetention({ nowMs: LATER_MS, keepFrom: [] });
  const error = await (async () => {
    for (let next = await behind.next(); next.done !== true; next = await behind.next());
    return "ended";
  })().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OffsetOutOfRangeError);
  await seesEnd(reader, end);
  const [bounds] = await log.bounds(TOPIC);
  expect(await reader.bounds(TOPIC)).toEqual([bounds]);
  const texts = await readTexts(reader, position(TOPIC, 0, bounds?.startOffset ?? 0));
  expect(texts.map((text) => Number(text))).toEqual(
    Array.from({ length: end - (bounds?.startOffset ?? 0) }, (_, index) => (bounds?.startOffset ?? 0) + index),
  );
});

test("a reader beside the owner goes on over the owner's restart, and ends when aborted or closed", async () => {
  await using folder = await makeTestFolder();
  await using reader = await openEmbeddedLogReader({ folder: folder.path, pollMsMin: 1, pollMsMax: 5 });
  const write = async (text: string): Promise<void> => {
    await using log = await openEmbeddedLog({ folder: folder.path });
    await log.ensureTopic({ topic: TOPIC, partitions: 1 });
    await log.append([entryOf(TOPIC, 0, text)]);
  };
  await write("before");
  const following = reader.read(position(TOPIC, 0, 0))[Symbol.asyncIterator]();
  expect((await following.next()).value.firstOffset).toBe(0);
  const later = following.next();
  await write("after");
  expect((await later).value.firstOffset).toBe(1);
  const abort = new AbortController();
  const aborted = expect(
    reader
      .read(position(TOPIC, 0, 2), { signal: abort.signal })
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toBe("enough");
  const closed = expect(following.next()).rejects.toThrow(LogClosedError);
  setTimeout(() => abort.abort("enough"), 5);
  await aborted;
  await reader[Symbol.asyncDispose]();
  await closed;
});
