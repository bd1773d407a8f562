import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/index.ts";
import { type Refusal, TAKER_SIDES } from "../../src/domain/index.ts";
import { temporaryFolder } from "../end-to-end/harness.ts";
import { TORTURED_FEEDS, TortureRun } from "./torture-run.ts";
import { type ExpectedTrade, type TortureFrame, TortureStream } from "./torture-stream.ts";

/** K2_TORTURE=1000000 for the long one. */
const FRAMES = Number(process.env["K2_TORTURE"] ?? 40_000);
const SEED = Number(process.env["K2_TORTURE_SEED"] ?? 20251121);
const ROUND_FRAMES = 10_000;
const PROBLEMS_MAX = 10;

/** What the model says of the frames of one round. */
class Expectations {
  readonly trades: Map<string, ExpectedTrade> = new Map();
  /** By `feed offset frameIndex`. */
  readonly refusals: Map<string, { readonly reasons: readonly string[]; readonly optional: boolean }> = new Map();
  /** By `feed offset`. */
  readonly payloads: Map<string, Uint8Array> = new Map();
  readonly problems: string[] = [];

  add({ feed, payload, trades, refusals }: TortureFrame, offset: number): void {
    for (const trade of trades) this.trades.set(trade.key, trade);
    for (const { frameIndex, reasons, optional = false } of refusals)
      this.refusals.set(`${feed} ${offset} ${frameIndex}`, { reasons, optional });
    if (refusals.length > 0) this.payloads.set(`${feed} ${offset}`, payload);
  }

  sawTrade({ key, price, size, side, timeUs }: Awaited<ReturnType<TortureRun["newTrades"]>>[number]): void {
    const expected = this.trades.get(key);
    const seen = `${key} ${price} ${size} ${TAKER_SIDES[side]} ${timeUs}`;
    if (expected === undefined) this.#problem(`stored, and not expected (again?): ${seen}`);
    else if (
      expected.price !== price ||
      expected.size !== size ||
      expected.side !== TAKER_SIDES[side] ||
      expected.timeUs !== timeUs
    )
      this.#problem(`stored ${seen}, expected ${expected.price} ${expected.size} ${expected.side} ${expected.timeUs}`);
    this.trades.delete(key);
  }

  sawRefusal({ feed, rawOffset, frameIndex, reason, stage, detail, payload }: Refusal): void {
    const place = `${feed} ${rawOffset}`;
    const expected = this.refusals.get(`${place} ${frameIndex}`);
    if (expected?.reasons.includes(reason) !== true)
      this.#problem(
        `${place} ${frameIndex} refused as ${reason} (${detail}), expected ${expected?.reasons ?? "nothing"}`,
      );
    if (detail === "" || !["decode", "validate"].includes(stage)) this.#problem(`${place} ${frameIndex} says nothing`);
    this.refusals.delete(`${place} ${frameIndex}`);
    // The first refusal of a frame keeps its bytes.
    const bytes = this.payloads.get(place);
    if (bytes !== undefined && !Buffer.from(bytes).equals(payload))
      this.#problem(`${place} kept ${payload.length} other bytes`);
    this.payloads.delete(place);
  }

  end(): void {
    for (const { key } of this.trades.values()) this.#problem(`lost: ${key}`);
    for (const [place, { reasons, optional }] of this.refusals)
      if (!optional) this.#problem(`not refused: ${place} as ${reasons}`);
    expect(this.problems).toEqual([]);
  }

  #problem(text: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(text);
  }
}

/** What each feed's frames came to, as the model counts them. */
type Outcomes = Record<string, { trades: number; control: number; refused: number; stored: number }>;

test(
  `${FRAMES} frames of all feeds, good and spoiled: every good trade is stored once and exactly, every bad one refused with its bytes, at any restart`,
  async () => {
    using folder = temporaryFolder();
    using otherFolder = temporaryFolder();
    const stream = new TortureStream(SEED);
    const offsets = new Map<string, number>();
    const outcomes: Outcomes = Object.fromEntries(
      TORTURED_FEEDS.map(({ feed }) => [feed, { trades: 0, control: 0, refused: 0, stored: 0 }]),
    );
    const memory: number[] = [];
    const startMs = performance.now();
    let hashes: Readonly<Record<string, string>>;
    let restarts = 0;
    {
      await using run = await TortureRun.open(folder.path, {
        random: seededRandom(SEED + 1),
        isLong: FRAMES > 200_000,
      });
      await run.append(TORTURED_FEEDS.map(({ feed }) => opened(feed)));
      for (const { feed } of TORTURED_FEEDS) offsets.set(feed, 1);
      for (let done = 0; done < FRAMES; ) {
        const frames = done === 0 ? [...stream.first()] : [];
        while (frames.length < Math.min(ROUND_FRAMES, FRAMES - done)) frames.push(stream.next());
        const expectations = new Expectations();
        for (const frame of frames) {
          const offset = offsets.get(frame.feed) ?? 0;
          offsets.set(frame.feed, offset + 1);
          expectations.add(frame, offset);
          const counted = outcomes[frame.feed];
          if (counted !== undefined) {
            counted[frame.outcome] += 1;
            counted.stored += frame.trades.length;
          }
        }
        await run.append(frames);
        await run.derive();
        for (const trade of await run.newTrades()) expectations.sawTrade(trade);
        for (const refusal of await run.newRefusals()) expectations.sawRefusal(refusal);
        expectations.end();
        done += frames.length;
        memory.push(process.memoryUsage.rss());
        await setImmediate();
      }
      for (const { feed } of TORTURED_FEEDS) {
        const counts = run.counts[feed];
        const expected = outcomes[feed];
        expect({ feed, ...counts?.frames }).toMatchObject({
          feed,
          trades: expected?.trades,
          control: expected?.control,
          refused: expected?.refused,
          other: 0,
          opened: 1,
        });
        expect(counts?.trades).toBe(expected?.stored);
        // Invariant I6: what came in is what went out.
        expect(sum(Object.values(counts?.frames ?? {}))).toBe(await run.rawRecords(feed));
        expect(counts?.rows).toBe(
          sum([counts?.trades, counts?.duplicates, counts?.unproven, counts?.refusedRows].map((count) => count ?? 0)),
        );
      }
      restarts = run.restarts;
      hashes = await run.eventHashes();
      const seconds = (performance.now() - startMs) / 1000;
      // The same bytes once more, without a restart and in other transactions, into another log.
      await using again = await TortureRun.open(otherFolder.path, { raw: run.raw });
      await again.derive();
      expect(await again.eventHashes()).toEqual(hashes);
      report({ outcomes, restarts, memory, seconds });
    }
  },
  120_000 + 4 * FRAMES,
);

function opened(feed: string) {
  const body = { url: "wss://example.test", symbols: [], planned: false };
  const payload = new TextEncoder().encode(JSON.stringify(body));
  return { feed, timeUs: 1_763_711_999_000_000, payload, kind: "opened" as const };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function report(of: { outcomes: Outcomes; restarts: number; memory: readonly number[]; seconds: number }): void {
  if (process.env["K2_TORTURE"] === undefined) return;
  const all = Object.values(of.outcomes);
  const mebibytes = of.memory.map((bytes) => Math.round(bytes / 1_048_576));
  console.info(
    `${FRAMES} frames in ${of.seconds.toFixed(1)} s, ${of.restarts} restarts; ` +
      `${sum(all.map(({ stored }) => stored))} trades, ${sum(all.map(({ refused }) => refused))} frames refused whole; ` +
      `resident MiB: first round ${mebibytes[0]}, most ${Math.max(...mebibytes)}, last ${mebibytes.at(-1)}`,
  );
}
