import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMetrics } from "../../base/index.ts";
import { LogCorruptError } from "../errors.ts";
import { openEmbeddedLog } from "./embedded-log.ts";
import { segmentName } from "./segment.ts";
import { entryOf, makeTestFolder, position, readTexts } from "./test-support.ts";

const TOPIC = "raw.kraken";
const ACKNOWLEDGED = ["one", "two", "three", "four"];
const IN_FLIGHT = ["five", "six"];

interface Cut {
  readonly folder: string;
  readonly segment: string;
  readonly end: string;
  /** The segment and the published end before the last append, and the segment after it. */
  readonly before: Uint8Array;
  readonly endBefore: Uint8Array;
  readonly after: Uint8Array;
  /** Where the last append's frame stands. */
  readonly from: number;
  readonly to: number;
}

/** Two appends that were acknowledged, and what the files held before and after a third. */
async function makeCut(folder: string): Promise<Cut> {
  const segment = join(folder, "raw", segmentName(1));
  const end = join(folder, "raw", "end");
  {
    await using log = await openEmbeddedLog({ folder, growStepBytes: 4_096 });
    await log.ensureTopic({ topic: TOPIC, partitions: 2 });
    await log.append([entryOf(TOPIC, 0, "one", "two")], { group: "g", positions: [position(TOPIC, 0, 1)] });
    await log.append([entryOf(TOPIC, 0, "three", "four"), entryOf(TOPIC, 1, "x")]);
  }
  const before = new Uint8Array(await readFile(segment));
  const endBefore = new Uint8Array(await readFile(end));
  {
    await using log = await openEmbeddedLog({ folder });
    await log.append([entryOf(TOPIC, 0, ...IN_FLIGHT), entryOf(TOPIC, 1, "y")], {
      group: "g",
      positions: [position(TOPIC, 0, 6)],
    });
  }
  const after = new Uint8Array(await readFile(segment));
  const from = new DataView(endBefore.buffer).getUint32(16, true);
  const to = new DataView((await readFile(end)).buffer).getUint32(16, true);
  return { folder, segment, end, before, endBefore, after, from, to };
}

/** Opens what a crash left, and checks that it is one of the two states that may be. */
async function expectRecovered(
  cut: Cut,
  left: Uint8Array,
  mayHold: "before" | "before or after" | "after",
): Promise<void> {
  await writeFile(cut.segment, left);
  await writeFile(cut.end, cut.endBefore);
  for (let round = 0; round < 2; round += 1) {
    await using log = await openEmbeddedLog({ folder: cut.folder, growStepBytes: 4_096 });
    const texts = await readTexts(log, position(TOPIC, 0, 0));
    const later = Array.from({ length: round }, () => "again");
    const isAfter = texts.includes("five");
    if (mayHold === "before") expect(isAfter).toBe(false);
    if (mayHold === "after") expect(isAfter).toBe(true);
    expect(texts).toEqual([...ACKNOWLEDGED, ...(isAfter ? IN_FLIGHT : []), ...later]);
    expect(await readTexts(log, position(TOPIC, 1, 0))).toEqual(isAfter ? ["x", "y"] : ["x"]);
    expect(await log.progress("g")).toEqual([position(TOPIC, 0, isAfter ? 6 : 1)]);
    if (round === 0) await log.append([entryOf(TOPIC, 0, "again")]);
  }
}

test("a write cut off after any byte leaves what was acknowledged, and nothing of itself", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  const lastMeant = cut.after.subarray(0, cut.to).findLastIndex((byte) => byte !== 0) + 1;
  for (let at = cut.from; at <= cut.to; at += 1) {
    const zeroedAhead = new Uint8Array(cut.before);
    zeroedAhead.set(cut.after.subarray(cut.from, at), cut.from);
    await expectRecovered(cut, zeroedAhead, at >= lastMeant ? "after" : "before");
  }
  for (let at = cut.from; at <= cut.to; at += 7) {
    await expectRecovered(cut, cut.after.slice(0, at), at >= cut.to - 7 ? "before or after" : "before");
  }
});

test("a write of which any sectors arrived, or garbage, leaves what was acknowledged", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.nat(), async (mask, seed) => {
      const left = new Uint8Array(cut.before);
      for (let at = cut.from; at < cut.to; at += 1) {
        const choice = mask[Math.floor((at - cut.from) / 16) % mask.length] ?? 0;
        if (choice % 3 === 1) left[at] = cut.after[at] ?? 0;
        if (choice % 3 === 2) left[at] = (at * 31 + seed) & 0xff;
      }
      await expectRecovered(cut, left, "before or after");
    }),
    { numRuns: 60 },
  );
});

test("a file that was to grow and did not, or grew and stayed without contents, opens", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  await expectRecovered(cut, cut.before.slice(0, cut.from), "before");
  const grown = new Uint8Array(cut.from + 3_000_000);
  grown.set(cut.before.subarray(0, cut.from));
  await expectRecovered(cut, grown, "before");
  grown[grown.length - 1] = 1;
  await expectRecovered(cut, grown, "before");
});

test("a torn tail is counted", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  const left = new Uint8Array(cut.before);
  left.set(cut.after.subarray(cut.from, cut.from + 60), cut.from);
  await writeFile(cut.segment, left);
  await writeFile(cut.end, cut.endBefore);
  const metrics = createMetrics();
  await using _log = await openEmbeddedLog({ folder: folder.path, metrics });
  expect(await metrics.expose()).toContain('k2_log_torn_tails_total{shard="raw"} 1');
});

test("a changed bit in anything acknowledged keeps the log from opening, naming file and byte", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  for (let at = 0; at < cut.from; at += 13) {
    const spoilt = new Uint8Array(cut.before);
    spoilt[at] = (spoilt[at] ?? 0) ^ 0x10;
    await writeFile(cut.segment, spoilt);
    await writeFile(cut.end, cut.endBefore);
    const error = await openEmbeddedLog({ folder: folder.path }).then(
      (log) => log[Symbol.asyncDispose]().then(() => `opened with byte ${at} changed`),
      (thrown) => thrown,
    );
    // The padding behind a frame is no part of it.
    if (error !== `opened with byte ${at} changed`) expect(error).toBeInstanceOf(LogCorruptError);
    else expect(cut.before[at]).toBe(0);
    if (error instanceof LogCorruptError) expect(error).toMatchObject({ path: cut.segment, code: "K2_LOG_CORRUPT" });
    expect(new Uint8Array(await readFile(cut.segment))).toEqual(spoilt);
  }
});

test("damage before a newer frame is found even where the published end is lost", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  const spoilt = new Uint8Array(cut.after);
  spoilt[cut.from - 20] = (spoilt[cut.from - 20] ?? 0) ^ 1;
  await writeFile(cut.segment, spoilt);
  await writeFile(cut.end, new Uint8Array(0));
  await expect(openEmbeddedLog({ folder: folder.path })).rejects.toThrow(LogCorruptError);
});

test("a file shorter than what was acknowledged keeps the log from opening", async () => {
  await using folder = await makeTestFolder();
  const cut = await makeCut(folder.path);
  await truncate(cut.segment, cut.to - 30);
  await expect(openEmbeddedLog({ folder: folder.path })).rejects.toThrow(/were durable and are not all there/);
  expect((await stat(cut.segment)).size).toBe(cut.to - 30);
});
