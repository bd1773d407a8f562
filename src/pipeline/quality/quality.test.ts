import fc from "fast-check";
import { expect, test } from "vitest";
import { Listings, type QualityMinute, TradeBatch } from "../../domain/index.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { pushTrade, type StoredTrade } from "../test-support.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { Quality } from "./quality.ts";
import { QualityNotes } from "./quality-notes.ts";

const S = 1_000_000;
const MINUTE = 60 * S;
/** 2023-11-14T22:14:00Z */
const T0 = 1_700_000_040 * S;

function someListings(): Listings {
  const listings = new Listings();
  listings.add({ index: 0, venue: "one", rawSymbol: "BTC", symbol: "BTC-USD-SPOT", unitExponent: 0 });
  listings.add({ index: 1, venue: "two", rawSymbol: "XBT", symbol: "BTC-USD-SPOT", unitExponent: 3 });
  listings.add({ index: 2, venue: "three", rawSymbol: "BTC", symbol: "BTC-USD-SPOT", unitExponent: 0 });
  return listings;
}

/** One frame: what it holds, and when it came. */
interface Step {
  readonly atUs: number;
  readonly trades?: readonly Partial<StoredTrade>[];
  readonly duplicates?: readonly number[];
  readonly refused?: readonly number[];
  /** Came to the pipeline later than its receive time says. */
  readonly lateUs?: number;
  readonly gap?: { readonly state: "open" | "closed"; readonly fromUs: number; readonly toUs?: number };
}

/** The steps as the pipeline would hand them over, in one transaction. */
function inputOf(steps: readonly Step[]) {
  const trades = new TradeBatch(16);
  const notes = new QualityNotes();
  const timeUs = new Float64Array(steps.length);
  const rowEnd = new Uint32Array(steps.length);
  for (const [tick, step] of steps.entries()) {
    const receivedUs = step.atUs - (step.lateUs ?? 0);
    notes.heard("one", receivedUs, tick);
    for (const listing of step.duplicates ?? []) notes.push({ kind: "duplicate", listing, timeUs: receivedUs }, tick);
    for (const listing of step.refused ?? []) notes.push({ kind: "refused", listing, timeUs: receivedUs }, tick);
    if (step.gap !== undefined) notes.gap(gapOf(step.gap), tick);
    for (const trade of step.trades ?? [])
      pushTrade(trades, { listing: 0, id: tick, price: 100n, size: 10n, t: receivedUs, receivedUs, ...trade });
    timeUs[tick] = step.atUs;
    rowEnd[tick] = trades.length;
  }
  return { trades, notes, timeUs, rowEnd, count: steps.length };
}

function gapOf({ state, fromUs, toUs }: NonNullable<Step["gap"]>) {
  return {
    gapId: "one/0#1",
    venue: "one",
    feed: "one",
    connection: "one/0",
    epoch: 1,
    rawSymbols: ["BTC"],
    cause: "disconnect",
    state,
    fromUs,
    toUs,
    detail: "",
    resolution: undefined,
    source: 0,
  } as const;
}

function judge(steps: readonly Step[]): readonly QualityMinute[] {
  const minutes: QualityMinute[] = [];
  new Quality(someListings()).apply(inputOf(steps), minutes);
  return minutes;
}

test("a minute is told two seconds after its end, with its counts, its latency and what was open of a gap", () => {
  const steps: Step[] = [
    { atUs: T0, trades: [{ t: T0 - 5000 }] },
    { atUs: T0 + 10 * S, trades: [{ t: T0 + 10 * S + 200, price: 101n }], duplicates: [0, 0], refused: [0, 7] },
    { atUs: T0 + 11 * S, trades: [{ t: T0 + 9 * S }] },
    { atUs: T0 + 12 * S, gap: { state: "open", fromUs: T0 + 11 * S } },
    { atUs: T0 + 15 * S, gap: { state: "closed", fromUs: T0 + 11 * S, toUs: T0 + 15 * S } },
    { atUs: T0 + 61.9 * S, trades: [{}] },
  ];
  expect(judge(steps)).toEqual([]);
  expect(judge([...steps, { atUs: T0 + 62 * S }])).toEqual([
    {
      listing: 0,
      startUs: T0,
      trades: 3,
      duplicates: 2,
      refused: 1,
      outOfOrder: 1,
      gapUs: 4 * S,
      latency: { minUs: -200, p50Us: 4992, p99Us: 1_998_848, maxUs: 2 * S },
      priceOutliers: 0,
      sizeOutliers: 0,
      outlierIds: [],
      divergencePpm: undefined,
      expectedTrades: undefined,
      flags: [],
      source: 0,
    },
  ]);
});

test("a silent venue, a quiet market and a minute that began before K2 did are told apart", () => {
  const flags = judge([
    { atUs: T0 + 1, trades: [{}] },
    { atUs: T0 + MINUTE + 5 * S },
    { atUs: T0 + 3 * MINUTE + 5 * S },
    { atUs: T0 + 4 * MINUTE + 5 * S },
  ]).map(({ startUs, flags: of }) => `${(startUs - T0) / MINUTE} ${of.join(",")}`);
  expect(flags).toEqual(["0 partial", "1 quiet", "2 silent", "3 quiet"]);
});

test("nothing is told of the time that K2 was away, and the minute in which it came back is partial", () => {
  const back = T0 + 300 * MINUTE + 30 * S;
  const minutes = judge([
    { atUs: T0, trades: [{}] },
    { atUs: back, trades: [{}] },
    { atUs: back + MINUTE, trades: [{}] },
    { atUs: back + 2 * MINUTE },
  ]);
  expect(minutes.map(({ startUs, flags }) => [(startUs - T0) / MINUTE, flags.join(",")])).toEqual([
    [0, ""],
    [300, "partial"],
    [301, ""],
  ]);
});

test("a recording that is older than what is there has its minutes too; what was under way when the clock went back is partial", () => {
  const older = T0 - 300 * MINUTE;
  const minutes = judge([
    { atUs: T0, trades: [{ id: 1 }, { listing: 1, price: 100_000n, id: 2 }] },
    { atUs: T0 + 20 * S, trades: [{ id: 3 }] },
    { atUs: older, trades: [{ id: 4 }] },
    { atUs: older + MINUTE, trades: [{ id: 5 }] },
    { atUs: older + 2 * MINUTE + 2 * S },
  ]);
  expect(minutes.map(({ listing, startUs, trades, flags }) => [listing, startUs, trades, flags.join(",")])).toEqual([
    [0, T0, 2, "partial"],
    [1, T0, 1, "partial"],
    [0, older, 1, ""],
    [0, older + MINUTE, 1, ""],
  ]);
});

test("of a minute that is received twice each trade counts in one row; listings that do not come again are not told again", () => {
  const first: Step[] = [0, 1, 2].map((minute) => ({
    atUs: T0 + minute * MINUTE,
    trades: [{ id: minute }, { listing: 1, price: 100_000n, id: minute }],
  }));
  const again: Step[] = [0, 1, 2].map((minute) => ({
    atUs: T0 + minute * MINUTE + S,
    trades: [{ id: 10 + minute }],
    duplicates: [0, 1],
  }));
  const between: Step = { atUs: T0 + 30 * MINUTE };
  const minutes = judge([...first, between, ...again, { atUs: T0 + 3 * MINUTE + 2 * S }]);
  const second = minutes.filter(({ flags }) => flags.includes("again"));
  expect(second.map(({ listing, startUs, trades }) => [listing, (startUs - T0) / MINUTE, trades])).toEqual([
    [0, 0, 1],
    [0, 1, 1],
    [0, 2, 1],
  ]);
  const ofFirst = minutes.filter(({ listing, startUs }) => listing === 0 && startUs === T0 + MINUTE);
  expect(ofFirst.map(({ trades, duplicates }) => [trades, duplicates])).toEqual([
    [1, 0],
    [1, 1],
  ]);
});

test("a trade that is only late does not turn the clock back", () => {
  const minutes = judge([
    { atUs: T0, trades: [{ id: 1 }] },
    { atUs: T0 + 10 * MINUTE, trades: [{ id: 2 }] },
    { atUs: T0 + 5 * S, trades: [{ id: 3 }] },
    { atUs: T0 + 11 * MINUTE + 2 * S },
  ]);
  expect(minutes.every(({ flags }) => !flags.includes("again"))).toBe(true);
  expect(minutes.at(-1)).toMatchObject({ startUs: T0 + 10 * MINUTE, trades: 1 });
});

test("a price far off the moves before it is named and what follows is measured from before it; a new level is accepted", () => {
  const steady = (from: number, count: number, price: number): Step[] =>
    Array.from({ length: count }, (_, index) => ({
      atUs: T0 + (from + index) * 10_000,
      trades: [{ id: from + index, price: BigInt(price + (index % 3)), size: BigInt(1000 + (index % 7) * 100) }],
    }));
  const end = [{ atUs: T0 + 62 * S }];
  const wild = (id: number, price: bigint): Step => ({ atUs: T0 + id * 10_000, trades: [{ id, price, size: 1000n }] });
  const single = judge([...steady(0, 200, 100_000), wild(200, 130_000n), ...steady(201, 100, 100_000), ...end]);
  expect(single[0]).toMatchObject({ priceOutliers: 1, sizeOutliers: 0, outlierIds: ["200"], trades: 301 });
  const moved = judge([...steady(0, 200, 100_000), ...steady(200, 100, 130_000), ...end]);
  expect(moved[0]).toMatchObject({ priceOutliers: 5, outlierIds: ["200", "201", "202", "203", "204"] });
  const large = judge([
    ...steady(0, 200, 100_000),
    { atUs: T0 + 2 * S, trades: [{ id: 999, price: 100_001n, size: 10_000_000n }] },
    ...end,
  ]);
  expect(large[0]).toMatchObject({ priceOutliers: 0, sizeOutliers: 1, outlierIds: ["999"] });
});

test("a price is compared with the middle one of the other venues, in natural numbers whatever the unit", () => {
  const minutes = judge([
    { atUs: T0, trades: [{ price: 102n }, { listing: 1, price: 100_000n }, { listing: 2, price: 101n }] },
    { atUs: T0 + 62 * S },
  ]);
  expect(minutes.map(({ divergencePpm }) => divergencePpm)).toEqual([14_925, -14_778, 0]);
});

test("after five whole minutes the next has an expectation; far below it is sparse", () => {
  const steps: Step[] = [];
  for (let minute = 0; minute < 8; minute += 1) {
    for (let trade = 0; trade < (minute === 7 ? 4 : 20); trade += 1)
      steps.push({ atUs: T0 + minute * MINUTE + trade * S, trades: [{ id: minute * 100 + trade }] });
  }
  const minutes = judge([...steps, { atUs: T0 + 8 * MINUTE + 3 * S }]);
  expect(minutes.map(({ expectedTrades }) => expectedTrades ?? null)).toEqual([
    null,
    null,
    null,
    null,
    null,
    20,
    20,
    20,
  ]);
  expect(minutes.at(-1)?.flags).toEqual(["sparse"]);
});

const ahead = fc.oneof(fc.nat(20 * S), fc.nat(20 * S), fc.nat(20 * S), fc.nat(3 * MINUTE), fc.nat(15 * MINUTE));
/** Some go back: a little, so that they are late, or as far as another recording. */
const back = fc.oneof(fc.nat(9 * MINUTE), fc.nat(60 * MINUTE)).map((us) => -us);
const step: fc.Arbitrary<Step & { readonly pauseUs: number }> = fc.record({
  atUs: fc.constant(0),
  pauseUs: fc.oneof({ weight: 8, arbitrary: ahead }, { weight: 1, arbitrary: back }),
  lateUs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(2 * MINUTE)),
  trades: fc.array(
    fc.record({
      listing: fc.nat(2),
      price: fc.bigInt({ min: 1n, max: 200n }),
      size: fc.bigInt({ min: 1n, max: 10n ** 6n }),
      source: fc.constant(0),
    }),
    { maxLength: 4 },
  ),
  duplicates: fc.array(fc.nat(2), { maxLength: 2 }),
  refused: fc.array(fc.nat(3), { maxLength: 2 }),
});

function timed(steps: readonly (Step & { readonly pauseUs: number })[]): readonly Step[] {
  let atUs = T0;
  return steps.map((one) => {
    atUs += one.pauseUs;
    const gap =
      one.pauseUs % 7 === 0
        ? { gap: { state: one.pauseUs % 2 === 0 ? "open" : "closed", fromUs: atUs - S, toUs: atUs } as const }
        : {};
    return { ...one, ...gap, atUs };
  });
}

test("minutes are the same however the frames are cut into transactions, and with a stop and a recovery after any of them", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      fc.infiniteStream(fc.nat(3)),
      (pauses, sizes, choices) => {
        const steps = timed(pauses);
        const expected = judge(steps);
        const minutes: QualityMinute[] = [];
        let quality = new Quality(someListings());
        let checkpoint: Uint8Array | undefined;
        let since: { readonly changes: Uint8Array; readonly trades: TradeBatch }[] = [];
        for (let from = 0; from < steps.length; ) {
          const to = from + Number(sizes.next().value);
          const input = inputOf(steps.slice(from, to));
          quality.apply(input, minutes);
          since.push({ changes: written((writer) => quality.writeChanges(writer)), trades: input.trades });
          from = to;
          const choice = Number(choices.next().value);
          if (choice === 0) {
            checkpoint = written((writer) => quality.write(writer));
            since = [];
          } else if (choice === 1) quality = restored(checkpoint, since);
        }
        expect(minutes).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
}

/** As recovery does it: the checkpoint, then all changes since, then all trades by listing. */
function restored(
  checkpoint: Uint8Array | undefined,
  since: readonly { readonly changes: Uint8Array; readonly trades: TradeBatch }[],
): Quality {
  const quality = new Quality(someListings());
  if (checkpoint !== undefined) quality.read(new ByteReader(checkpoint));
  for (const { changes } of since) quality.restoreChanges(new ByteReader(changes));
  for (const listing of [2, 0, 1]) {
    for (const { trades } of since) {
      const own = new TradeBatch(4);
      for (let row = 0; row < trades.length; row += 1) if (trades.listing[row] === listing) own.pushRow(trades, row);
      quality.restoreTrades(own);
    }
  }
  quality.endRestore();
  return quality;
}

test("quantiles of a histogram are at most 1.6 % below those of the sorted values, and never out of their range", () => {
  const value = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -(10 ** 6), max: 10 ** 11 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const histogram = new LatencyHistogram();
      for (const one of values) histogram.add(one);
      const sorted = [...values].sort((a, b) => a - b);
      const exact = (share: number): number => sorted[Math.max(1, Math.ceil(values.length * share)) - 1] ?? 0;
      const { minUs, p50Us, p99Us, maxUs } = histogram.summary() ?? { minUs: 0, p50Us: 0, p99Us: 0, maxUs: 0 };
      expect([minUs, maxUs]).toEqual([sorted[0], sorted.at(-1)]);
      for (const [told, of] of [
        [p50Us, exact(0.5)],
        [p99Us, exact(0.99)],
      ] as const) {
        expect(Math.abs(told - of)).toBeLessThanOrEqual(Math.abs(of) / 64);
        expect(told).toBeGreaterThanOrEqual(minUs);
        expect(told).toBeLessThanOrEqual(maxUs);
      }
      const read = LatencyHistogram.read(new ByteReader(written((writer) => histogram.write(writer))));
      expect(read.summary()).toEqual(histogram.summary());
    }),
  );
});
