import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/index.ts";
import { temporaryFolder } from "../end-to-end/harness.ts";
import { sharedData } from "../shared-data.ts";
import { GRAMMARS } from "./grammars.ts";
import { pick } from "./spoil-record.ts";
import { type RawRecord, TORTURED_FEEDS, TortureRun } from "./torture-run.ts";
import { TortureStream } from "./torture-stream.ts";

const FRAMES = 12_000;
const SEED = 41;

/** Recordings, whose real shapes are the most of what is cut and flipped; elsewhere only frames of our own making. */
const RECORDINGS: readonly (readonly [feed: string, path: string])[] = [
  ["binance", "ws/binance/hftbacktest/spot_btcusdt_20240808.gz"],
  ["binance-usdm", "ws/binance/cryptofeed-usdm-20210722.jsonl.gz"],
  ["kraken-v1", "ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz"],
  ["coinbase", "ws/coinbase/advanced-trade-20260809-part1.jsonl.gz"],
  ["coinbase-exchange", "ws/coinbase/exchange-feed-20210417.jsonl.gz"],
  ["bybit-linear", "ws/bybit/v5-linear-20260809.jsonl.gz"],
  ["bybit-v2", "ws/bybit/v2-inverse-20210417.jsonl.gz"],
  ["okx", "ws/other/okx-20220513.jsonl.gz"],
];
const RECORDED_FRAMES_MAX = 3_000;

test("frames with any bytes flipped, cut, doubled and mixed: each has one outcome, refusals keep their bytes, and a second derivation says the same", async () => {
  using folder = temporaryFolder();
  using otherFolder = temporaryFolder();
  await using run = await TortureRun.open(folder.path, { random: seededRandom(SEED) });
  const frames = wildFrames(seededRandom(SEED));
  for (let from = 0; from < frames.length; from += 4_000) {
    await run.append(frames.slice(from, from + 4_000));
    await run.derive();
  }
  for (const { feed } of TORTURED_FEEDS) {
    const counts = run.counts[feed];
    const outcomes = Object.values(counts?.frames ?? {}).reduce((total, count) => total + count, 0);
    expect(outcomes, feed).toBe(await run.rawRecords(feed));
    const { rows = 0, trades = 0, duplicates = 0, unproven = 0, refusedRows = 0 } = counts ?? {};
    expect(trades + duplicates + unproven + refusedRows, feed).toBe(rows);
    expect(trades, feed).toBeGreaterThan(0);
  }
  const sent = new Map<string, Uint8Array>();
  const offsets = new Map<string, number>();
  for (const { feed, payload } of frames) {
    const offset = offsets.get(feed) ?? 0;
    offsets.set(feed, offset + 1);
    sent.set(`${feed} ${offset}`, payload);
  }
  const wrong: string[] = [];
  const seen = new Set<string>();
  for (const { feed, rawOffset, payload, reason, detail } of await run.newRefusals()) {
    const place = `${feed} ${rawOffset}`;
    const isFirst = !seen.has(place);
    seen.add(place);
    if (isFirst && !Buffer.from(sent.get(place) ?? []).equals(payload)) wrong.push(place);
    if (reason.length === 0 || detail.length === 0) wrong.push(`${place} without a reason`);
  }
  expect(wrong).toEqual([]);
  expect(seen.size).toBeGreaterThan(FRAMES / 4);
  const stored = (await run.newTrades()).map(({ key }) => key);
  expect(new Set(stored).size).toBe(stored.length);
  await using again = await TortureRun.open(otherFolder.path, { raw: run.raw });
  await again.derive();
  expect(await again.eventHashes()).toEqual(await run.eventHashes());
}, 180_000);

function wildFrames(random: Random): readonly RawRecord[] {
  const stream = new TortureStream(SEED);
  const recorded = new Map(RECORDINGS.map(([feed, path]) => [feed, recordedFrames(path)]));
  const frames: RawRecord[] = [...stream.first()];
  while (frames.length < FRAMES) {
    const { feed, timeUs, payload } = stream.next();
    const real = recorded.get(feed);
    const chosen = real !== undefined && random.int(2) === 0 ? pick(real, random) : payload;
    const isWild = random.int(100) < 60;
    frames.push({ feed, timeUs, payload: isWild ? damaged(chosen, frames, random) : chosen });
  }
  return frames;
}

function recordedFrames(path: string): readonly Uint8Array[] | undefined {
  const file = sharedData(path);
  if (file === undefined) return undefined;
  const lines = gunzipSync(readFileSync(file)).toString("utf8").split("\n").slice(0, RECORDED_FRAMES_MAX);
  const texts = lines.map((line) => (line.startsWith('{"t"') ? recordedText(line) : line.slice(line.indexOf(" ") + 1)));
  const frames = texts.flatMap((text) => (text === undefined || text === "" ? [] : [new TextEncoder().encode(text)]));
  return frames.length === 0 ? undefined : frames;
}

function recordedText(line: string): string | undefined {
  const { t, data } = JSON.parse(line) as { readonly t: string; readonly data?: string };
  return t === "recv" ? data : undefined;
}

/** The bytes with one to three accidents. */
function damaged(payload: Uint8Array, others: readonly RawRecord[], random: Random): Uint8Array {
  let bytes = payload;
  for (let left = 1 + random.int(3); left > 0; left -= 1) bytes = pick(ACCIDENTS, random)(bytes, others, random);
  return bytes;
}

type Accident = (bytes: Uint8Array, others: readonly RawRecord[], random: Random) => Uint8Array;

const ACCIDENTS: readonly Accident[] = [
  (bytes, _others, random) => {
    const flipped = bytes.slice();
    const at = random.int(Math.max(1, flipped.length));
    if (flipped.length > 0) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.int(8));
    return flipped;
  },
  // A digit is another: often still a trade, of another price, size, time or id.
  (bytes, _others, random) => {
    const digits = [...bytes.keys()].filter((at) => (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39);
    if (digits.length === 0) return bytes;
    const changed = bytes.slice();
    changed[pick(digits, random)] = 0x30 + random.int(10);
    return changed;
  },
  (bytes, _others, random) => bytes.slice(0, random.int(bytes.length + 1)),
  (bytes, _others, random) => {
    const at = random.int(bytes.length + 1);
    const until = Math.min(bytes.length, at + 1 + random.int(12));
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(until)]);
  },
  (bytes, others, random) => {
    const other = pick(others, random).payload;
    const from = random.int(other.length + 1);
    const piece = other.subarray(from, from + random.int(40));
    const at = random.int(bytes.length + 1);
    return Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
  },
  // Another venue's message on this connection.
  (_bytes, _others, random) => new TextEncoder().encode(pick(pick(GRAMMARS, random).control, random)),
];
