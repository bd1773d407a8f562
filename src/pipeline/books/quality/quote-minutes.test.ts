import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeQuoteMinutes, type Frame, type QuoteMinute, TOPICS } from "../../../domain/index.ts";
import { closed, MemoryLog, opened } from "../../test-support.ts";
import { type BooksOptions, openBooks } from "../books.ts";
import { bookFrame, ReadyDesk, type ScriptedMessage, scriptedBooks, unsavedBooks } from "../test-books.ts";

const S = 1_000_000;
const MINUTE = 60 * S;
/** 2023-11-14T22:14:00Z */
const T0 = 1_700_000_040 * S;
const VENUES = ["one", "two", "three"] as const;
type Venue = (typeof VENUES)[number];

const DEFAULTS = {
  rules: scriptedBooks,
  rawTopics: VENUES.map((venue) => `raw.${venue}`),
  snapshots: { everyMs: 1e9, depth: 5 },
};

/** What one venue sends at a time, after T0. */
interface Sent {
  readonly venue: Venue;
  readonly atUs: number;
  /** Of the venue's quote channel. */
  readonly quote?: readonly [bid: string, ask: string];
  /** A whole book of one level a side. */
  readonly book?: readonly [bid: string, ask: string];
  /** A message of a book that does not follow the one before. */
  readonly hole?: true;
  readonly end?: true;
}

function frameOf({ venue, atUs, quote, book, hole, end }: Sent): Frame {
  const of = { feed: venue, connection: `${venue}/0` };
  if (end) return { ...closed(T0 + atUs, 1), ...of };
  const messages: ScriptedMessage[] = [];
  const levels = ([bid, ask]: readonly [string, string]) => ({ b: [[bid, "1"]] as const, a: [[ask, "1"]] as const });
  if (quote !== undefined) messages.push({ s: "BTC", quote: true, ...levels(quote) });
  if (book !== undefined) messages.push({ s: "BTC", seq: 1, snap: true, ...levels(book) });
  if (hole) messages.push({ s: "BTC", seq: 9 });
  return bookFrame(T0 + atUs, messages, of);
}

function put(log: MemoryLog, sent: readonly Sent[]): void {
  for (const venue of VENUES) {
    const start: Frame = { ...opened(T0, 1), feed: venue, connection: `${venue}/0` };
    const frames = sent.filter((one) => one.venue === venue).map(frameOf);
    log.putFrames(frames.length === 0 ? [] : [start, ...frames], 0, venue);
  }
}

async function minutesOf(log: MemoryLog): Promise<readonly QuoteMinute[]> {
  const minutes: QuoteMinute[] = [];
  for await (const { records } of log.read({ topic: TOPICS.quoteQuality, partition: 0, offset: 0 }, { follow: false }))
    minutes.push(...decodeQuoteMinutes(records));
  return minutes;
}

async function judge(sent: readonly Sent[], of: Partial<BooksOptions> = {}): Promise<readonly QuoteMinute[]> {
  const log = new MemoryLog();
  put(log, sent);
  const books = await openBooks({ raw: log, events: log, desk: new ReadyDesk(), ...DEFAULTS, ...of });
  await books.run({ follow: false });
  return await minutesOf(log);
}

/** So that no connection is silent, and the minutes are over. */
function beats(minutes: number, venues: readonly Venue[] = VENUES): readonly Sent[] {
  return Array.from({ length: minutes * 30 + 2 }, (_, index) => index * 2 * S).flatMap((atUs) =>
    venues.map((venue) => ({ venue, atUs })),
  );
}

function inOrder(...parts: readonly (readonly Sent[])[]): readonly Sent[] {
  return parts.flat().sort((a, b) => a.atUs - b.atUs);
}

test("a minute tells how long venues were locked and crossed, by how much and with whom; the spread is weighted by time", async () => {
  const rows = await judge(
    inOrder(beats(1), [
      { venue: "one", atUs: 0, quote: ["100", "101"] },
      { venue: "two", atUs: 0, book: ["100", "102"] },
      { venue: "one", atUs: 10 * S, quote: ["102", "103"] }, // locked with two's ask
      { venue: "one", atUs: 15 * S, quote: ["104", "105"] }, // above it
      { venue: "one", atUs: 35 * S, quote: ["101", "102"] },
    ]),
  );
  expect(rows.map(({ listing, startUs }) => [listing, startUs])).toEqual([
    [0, T0],
    [1, T0],
  ]);
  const [one, two] = rows;
  expect(one).toEqual({
    listing: 0,
    startUs: T0,
    changes: 4,
    quotedUs: MINUTE,
    ownCrossedUs: 0,
    spread: {
      minPpb: 9_615_384,
      meanPpb: Math.floor((9_999_999 * 10 + 9_803_921 * 5 + 9_615_384 * 20 + 9_900_990 * 25) / 60),
      maxPpb: one?.spread?.maxPpb,
    },
    comparedUs: MINUTE,
    locked: { venue: "two", us: 5 * S },
    crossed: { venue: "two", us: 20 * S },
    crossedMaxPpb: 19_607_843,
    flags: [],
    source: 0,
  });
  expect(two).toMatchObject({
    changes: 1,
    locked: { venue: "one", us: 5 * S },
    crossed: { venue: "one", us: 20 * S },
    crossedMaxPpb: 19_607_843,
  });
});

test("a venue that is silent, a book with a hole and a socket that ended are not compared", async () => {
  const steady: Sent = { venue: "one", atUs: 0, book: ["100", "101"] };
  const silent = await judge(inOrder(beats(1, ["one"]), [steady, { venue: "two", atUs: S, quote: ["105", "106"] }]));
  // Five seconds after its last frame nobody knows.
  expect(silent[1]).toMatchObject({ quotedUs: 5 * S, crossed: { venue: "one", us: 5 * S } });

  const holed = await judge(
    inOrder(beats(1), [
      steady,
      { venue: "two", atUs: 0, book: ["105", "106"] },
      { venue: "two", atUs: 7 * S, hole: true },
    ]),
  );
  expect(holed[1]).toMatchObject({ quotedUs: 0, crossed: undefined });

  const ended = await judge(
    inOrder(beats(1), [
      steady,
      { venue: "two", atUs: 0, quote: ["105", "106"] },
      { venue: "two", atUs: 20 * S, end: true },
    ]),
  );
  expect(ended[1]?.crossed).toEqual({ venue: "one", us: 20 * S });
});

test("a venue whose own bid meets its own ask is told so, and compared with none meanwhile", async () => {
  const rows = await judge(
    inOrder(beats(1), [
      { venue: "one", atUs: 0, quote: ["100", "101"] },
      { venue: "two", atUs: 0, book: ["100", "101"] },
      { venue: "one", atUs: 20 * S, quote: ["110", "109"] },
      { venue: "two", atUs: 30 * S, book: ["120", "119"] },
      { venue: "two", atUs: 50 * S, book: ["100", "101"] },
    ]),
  );
  expect(rows.map(({ ownCrossedUs, quotedUs, crossed }) => [ownCrossedUs, quotedUs, crossed])).toEqual([
    [40 * S, 20 * S, undefined],
    [20 * S, expect.any(Number), undefined],
  ]);
});

test("what stood when the minute began counts in it; a minute without quotes says so, one in which nothing came is not told", async () => {
  const rows = await judge(
    inOrder(beats(3, ["one", "two"]), [
      { venue: "one", atUs: 0, quote: ["100", "101"] },
      { venue: "two", atUs: 70 * S, quote: ["102", "103"] },
      { venue: "two", atUs: 6 * MINUTE },
      { venue: "two", atUs: 7 * MINUTE + 3 * S },
    ]),
  );
  expect(
    rows.map(({ listing, startUs, quotedUs, changes, flags }) => [
      `${listing}@${(startUs - T0) / MINUTE}`,
      quotedUs / S,
      changes,
      flags.join(","),
    ]),
  ).toEqual([
    ["0@0", 60, 1, ""],
    ["0@1", 60, 0, ""],
    ["1@1", 50, 1, "partial"],
    ["0@2", 60, 0, ""],
    ["1@2", 60, 0, ""],
    ["0@3", 7, 0, ""],
    ["1@3", 7, 0, ""],
    ["0@6", 0, 0, "unquoted"],
    ["1@6", 5, 1, ""],
  ]);
});

test("an older recording played after a newer one has its minutes too", async () => {
  const older = -100 * MINUTE;
  const rows = await judge([
    { venue: "one", atUs: 0, quote: ["100", "101"] },
    { venue: "one", atUs: 4 * S },
    ...Array.from({ length: 32 }, (_, index) => ({
      venue: "one" as const,
      atUs: older + index * 2 * S,
      quote: ["90", "91"] as const,
    })),
  ]);
  expect(rows.map(({ startUs, quotedUs, flags }) => [(startUs - T0) / MINUTE, quotedUs / S, flags.join(",")])).toEqual([
    [0, 4, "partial"],
    [-100, 60, ""],
  ]);
});

test("prices of another unit are compared in natural numbers, exactly", async () => {
  const rows = await judge(
    inOrder(beats(1), [
      { venue: "one", atUs: 0, quote: ["0.000000000123", "0.000000000124"] },
      { venue: "two", atUs: 0, quote: ["0.00000125", "0.00000126"] },
    ]),
  );
  expect(rows[0]?.crossed).toEqual({ venue: "two", us: MINUTE });
});

const price = fc.integer({ min: 95, max: 105 });
const pause = fc.oneof(fc.nat(3 * S), fc.nat(3 * S), fc.nat(9 * S), fc.nat(2 * MINUTE), fc.nat(15 * MINUTE));
const backwards = fc.integer({ min: -100 * MINUTE, max: -MINUTE });

function anySentWith(pauseUs: fc.Arbitrary<number>): fc.Arbitrary<readonly Sent[]> {
  return fc
    .array(
      fc.record({
        venue: fc.constantFrom(...VENUES),
        pauseUs,
        kind: fc.oneof(
          { weight: 8, arbitrary: fc.constantFrom("quote" as const, "book" as const) },
          { weight: 2, arbitrary: fc.constantFrom("beat" as const, "hole" as const) },
        ),
        bid: price,
        spread: fc.integer({ min: -1, max: 4 }),
      }),
      { minLength: 5, maxLength: 60 },
    )
    .map((steps) => {
      let atUs = 0;
      return steps.map(({ venue, pauseUs, kind, bid, spread }): Sent => {
        atUs += pauseUs;
        const prices = [`${bid}`, `${bid + spread}`] as const;
        if (kind === "hole") return { venue, atUs, hole: true };
        return kind === "beat" ? { venue, atUs } : { venue, atUs, [kind]: prices };
      });
    });
}

const anySent = anySentWith(pause);
const anySentBackAndForth = anySentWith(
  fc.oneof({ weight: 12, arbitrary: pause }, { weight: 1, arbitrary: backwards }),
);

test("minutes are the same however frames are cut into transactions, and killed at any append and started again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(anySent, anySentBackAndForth),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 3_000 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      fc.constantFrom(scriptedBooks, unsavedBooks),
      async (sent, framesMax, checkpointBytes, cuts, rules) => {
        const expected = await judge(sent);
        const log = new MemoryLog();
        put(log, sent);
        const desk = new ReadyDesk();
        const killing = (): void => {
          if ((cuts.next().value ?? 9) < 3) throw new Error("killed");
        };
        for (let starts = 0; ; starts += 1) {
          log.beforeAppend = starts > 30 ? () => {} : killing;
          log.afterAppend = starts > 30 ? () => {} : killing;
          try {
            const options = { ...DEFAULTS, raw: log, events: log, desk, framesMax, checkpointBytes, rules };
            await (await openBooks(options)).run({ follow: false });
            break;
          } catch (error) {
            if (!(error instanceof Error) || error.message !== "killed") throw error;
          }
        }
        expect(await minutesOf(log)).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});

test("killed in the minute after the clock went back, each minute of both times is told once, and whole", async () => {
  const older = -100 * MINUTE;
  const both = (atUs: number, quote: readonly [string, string]): readonly Sent[] => [
    { venue: "one", atUs, quote },
    { venue: "two", atUs: atUs + S / 2, quote },
  ];
  const first = [0, 20, 40, 59, 61, 64].flatMap((second) => both(second * S, ["100", "101"]));
  const then = Array.from({ length: 80 }, (_, index) => both(older + index * 2 * S, ["90", "91"])).flat();
  const expected = [
    [0, 16, ""], // Each of its quotes counts for five seconds at the most.
    [0, 15.5, "partial"],
    [1, 4, "partial"],
    [1, 4.5, "partial"],
    [-100, 60, ""],
    [-100, 59.5, "partial"],
    [-99, 60, ""],
    [-99, 60, ""],
  ];
  for (let killedAt = 1; killedAt < 40; killedAt += 1) {
    const log = new MemoryLog();
    put(log, first);
    const desk = new ReadyDesk();
    const options = { ...DEFAULTS, raw: log, events: log, desk, framesMax: 4 };
    await (await openBooks(options)).run({ follow: false });
    for (const venue of VENUES) log.putFrames(then.filter((one) => one.venue === venue).map(frameOf), 0, venue);
    const killAt = log.appends + killedAt;
    log.afterAppend = (appends) => {
      if (appends === killAt) throw new Error("killed");
    };
    await expect((await openBooks(options)).run({ follow: false })).rejects.toThrow("killed");
    log.afterAppend = () => {};
    await (await openBooks(options)).run({ follow: false });
    const rows = await minutesOf(log);
    expect(
      rows.map(({ startUs, quotedUs, flags }) => [(startUs - T0) / MINUTE, quotedUs / S, flags.join(",")]),
    ).toEqual(expected);
  }
});

test("what a minute says is what looking at every moment of it says", async () => {
  await fc.assert(
    fc.asyncProperty(anySent, async (sent) => {
      const quotes = sent.filter(({ quote, book }) => quote !== undefined || book !== undefined);
      const rows = await judge(quotes.map(({ book, ...one }) => ({ ...one, quote: one.quote ?? book ?? ["1", "2"] })));
      for (const row of rows) expect(measured(row, rows, quotes)).toEqual(pick(row));
    }),
    { numRuns: 60 },
  );
});

function pick({ quotedUs, ownCrossedUs, locked, crossed, comparedUs }: QuoteMinute) {
  return { quotedUs, ownCrossedUs, comparedUs, lockedUs: locked?.us ?? 0, crossedUs: crossed?.us ?? 0 };
}

/** By the moments at which anything changes, from the quotes as they were sent. */
function measured(row: QuoteMinute, rows: readonly QuoteMinute[], sent: readonly Sent[]) {
  // Listings are numbered as their first frames are read: of those at the same moment in the order of the partitions.
  const read = [...sent].sort((a, b) => a.atUs - b.atUs || VENUES.indexOf(a.venue) - VENUES.indexOf(b.venue));
  const listed = [...new Set(read.map(({ venue }) => venue))];
  const venue = listed[row.listing];
  const moments = new Set([row.startUs, row.startUs + MINUTE]);
  for (const { atUs } of sent) for (const at of [T0 + atUs, T0 + atUs + 5 * S]) moments.add(at);
  const times = [...moments].filter((at) => at >= row.startUs && at <= row.startUs + MINUTE).sort((a, b) => a - b);
  const state = (of: Venue, atUs: number): readonly [number, number] | undefined => {
    const last = sent.filter((one) => one.venue === of && T0 + one.atUs <= atUs).at(-1);
    const prices = last?.quote ?? last?.book;
    if (last === undefined || prices === undefined || atUs - (T0 + last.atUs) >= 5 * S) return undefined;
    return [Number(prices[0]), Number(prices[1])];
  };
  const total = { quotedUs: 0, ownCrossedUs: 0 };
  const met = new Map<Venue, { compared: number; locked: number; crossed: number }>();
  for (const [index, fromUs] of times.slice(0, -1).entries()) {
    const us = (times[index + 1] ?? fromUs) - fromUs;
    const own = venue && state(venue, fromUs);
    if (own === undefined) continue;
    if (own[0] >= own[1]) total.ownCrossedUs += us;
    else total.quotedUs += us;
    for (const other of listed) {
      const theirs = state(other, fromUs);
      if (other === venue || own[0] >= own[1] || theirs === undefined || theirs[0] >= theirs[1]) continue;
      const sum = met.get(other) ?? { compared: 0, locked: 0, crossed: 0 };
      met.set(other, sum);
      sum.compared += us;
      if (own[0] > theirs[1] || theirs[0] > own[1]) sum.crossed += us;
      else if (own[0] === theirs[1] || theirs[0] === own[1]) sum.locked += us;
    }
  }
  const most = (of: "compared" | "locked" | "crossed"): number =>
    Math.max(0, ...[...met.values()].map((sum) => sum[of]));
  expect(rows.length).toBeGreaterThan(0);
  return { ...total, comparedUs: most("compared"), lockedUs: most("locked"), crossedUs: most("crossed") };
}
