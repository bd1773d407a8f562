import { afterAll, beforeAll, expect, test } from "vitest";
import { type RecordBatch, RecordBatchBuilder } from "../../base/index.ts";
import {
  ASK,
  appendBookRecords,
  BID,
  BOOK_CHANGES,
  BOOK_FLAGS,
  BOOK_SNAPSHOTS,
  BookLevels,
  type BookRecord,
  encodeGaps,
  GAPS,
  type Gap,
  NO_SIDE,
  TOPICS,
} from "../../domain/index.ts";
import { TEST_LISTINGS } from "../../store/test-records.ts";
import { TestPlatform } from "../test-platform.ts";
import { BookNotFoundError, BookNotProvenError } from "./book-errors.ts";

const T0 = 1_700_000_000_000_000;
const SECOND = 1_000_000;
const E8 = 100_000_000n;
const LISTING = TEST_LISTINGS[0];
if (LISTING === undefined) throw new Error("no listing");
const { symbol, venue, rawSymbol } = LISTING;

type Level = readonly [side: number, price: number, size: number];
interface Message {
  /** Seconds after T0. */
  readonly at: number;
  readonly offset: number;
  readonly levels: readonly Level[];
  readonly of?: Partial<BookRecord>;
}

function records(messages: readonly Message[]): RecordBatch {
  const builder = new RecordBatchBuilder();
  for (const { at, offset, levels: rows, of } of messages) {
    const levels = new BookLevels(1);
    for (const [side, price, size] of rows) levels.push(side, { price: BigInt(price) * E8, size: BigInt(size) * E8 });
    appendBookRecords(
      {
        listing: 0,
        flags: 0,
        source: 1,
        eventTimeUs: 0,
        eventTimeNanos: 0,
        receiveTimeUs: T0 + at * SECOND,
        receiveTimeNanos: 0,
        connection: "binance/0",
        epoch: 1,
        sequence: offset + 1000,
        frameIndex: 0,
        rawPartition: 0,
        rawOffset: offset,
        depth: 0,
        bidLevels: rows.filter(([side]) => side === BID).length,
        askLevels: rows.filter(([side]) => side === ASK).length,
        bidsKept: rows.filter(([side]) => side === BID).length,
        ...of,
      },
      levels,
      builder,
    );
  }
  return builder.take();
}

function gap(of: Partial<Gap>): Gap {
  return {
    gapId: `binance/0#1/${rawSymbol}@6.0`,
    venue,
    feed: "binance",
    connection: "binance/0",
    epoch: 1,
    rawSymbols: [rawSymbol],
    cause: "missed",
    state: "open",
    fromUs: T0 + 50 * SECOND,
    toUs: undefined,
    detail: "9 does not follow 7",
    resolution: undefined,
    source: 1,
    ...of,
  };
}

/** The socket ends after the message of second 90. */
const ENDED = { gapId: `binance/0#1/${rawSymbol}@11.0`, cause: "disconnect" } as const;

/*
 * Second 0: the venue's snapshot. 10, 20: changes. 30: K2's snapshot, cut to one level a side. 40: a change.
 * 50 to 70: unproven; 60: a change meanwhile; 70: a snapshot of a book that the venue keeps 2 levels deep. 80, 90: changes.
 */
const SNAPSHOTS: readonly Message[] = [
  {
    at: 0,
    offset: 1,
    levels: [
      [BID, 100, 1],
      [BID, 99, 2],
      [BID, 98, 3],
      [ASK, 101, 1],
      [ASK, 102, 2],
    ],
    of: { flags: BOOK_FLAGS.snapshot | BOOK_FLAGS.checksumOk },
  },
  {
    at: 30,
    offset: 4,
    levels: [
      [BID, 99, 2],
      [ASK, 101, 5],
    ],
    of: { flags: BOOK_FLAGS.periodic, bidLevels: 2, askLevels: 2, bidsKept: 1 },
  },
  {
    at: 70,
    offset: 8,
    levels: [
      [BID, 50, 1],
      [BID, 49, 1],
      [ASK, 51, 1],
      [ASK, 52, 1],
    ],
    of: { flags: BOOK_FLAGS.snapshot, depth: 2 },
  },
  { at: 100, offset: 11, levels: [[NO_SIDE, 0, 0]], of: { flags: BOOK_FLAGS.snapshot | BOOK_FLAGS.oneSided } },
];
const CHANGES: readonly Message[] = [
  { at: 0, offset: 1, levels: SNAPSHOTS[0]?.levels ?? [], of: { flags: BOOK_FLAGS.snapshot } },
  {
    at: 10,
    offset: 2,
    levels: [
      [BID, 100, 0],
      [ASK, 101, 5],
    ],
  },
  { at: 20, offset: 3, levels: [[BID, 97, 9]] },
  {
    at: 30,
    offset: 4,
    levels: [
      [BID, 98, 0],
      [BID, 97, 0],
      [BID, 96, 1],
    ],
  },
  {
    at: 40,
    offset: 5,
    levels: [
      [ASK, 101, 0],
      [BID, 95, 7],
      [BID, 99, 4],
    ],
  },
  { at: 60, offset: 7, levels: [[BID, 99, 6]], of: { flags: BOOK_FLAGS.maybeBad } },
  { at: 70, offset: 8, levels: SNAPSHOTS[2]?.levels ?? [], of: { flags: BOOK_FLAGS.snapshot, depth: 2 } },
  {
    at: 80,
    offset: 9,
    levels: [
      [BID, 50, 2],
      [BID, 48, 5],
    ],
    of: { depth: 2 },
  },
  {
    at: 90,
    offset: 10,
    levels: [
      [BID, 49, 0],
      [BID, 47, 1],
    ],
    of: { depth: 2 },
  },
];

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.open();
  const chunk = { partition: 0, firstOffset: 0, appendedMs: 1 };
  await platform.store.apply({ ...chunk, topic: TOPICS.bookSnapshots, records: records(SNAPSHOTS) });
  await platform.store.apply({ ...chunk, topic: TOPICS.bookChanges, records: records(CHANGES) });
  await platform.store.apply({
    ...chunk,
    topic: TOPICS.gaps,
    partition: 1,
    records: encodeGaps([
      gap({}),
      gap({ state: "closed", toUs: T0 + 70 * SECOND, resolution: "resynchronised" }),
      gap({ ...ENDED, fromUs: T0 + 90 * SECOND }),
      gap({ ...ENDED, fromUs: T0 + 90 * SECOND, state: "closed", toUs: T0 + 92 * SECOND }),
      // Never closed; the whole book of second 0 was proven after it.
      gap({ gapId: `binance/0#0/${rawSymbol}@0.0`, epoch: 0, fromUs: T0 - 60 * SECOND, cause: "crash" }),
      // Of the connection's trades: what it says of the book, the book's own gap says better.
      gap({ gapId: "binance/0#0", fromUs: T0 - SECOND, cause: "disconnect" }),
    ]),
  });
});
afterAll(async () => await platform?.[Symbol.asyncDispose]());

async function sides(second: number, depth = 10): Promise<readonly [bids: string, asks: string]> {
  const { bids, asks } = await platform.query.book({ symbol, venue, atUs: T0 + second * SECOND, depth });
  const text = (rows: typeof bids): string => rows.map(({ price, size }) => `${price}×${size}`).join(" ");
  return [text(bids), text(asks)];
}

async function theAnswers(): Promise<void> {
  expect(await sides(0)).toEqual(["100×1 99×2 98×3", "101×1 102×2"]);
  expect(await sides(9)).toEqual(["100×1 99×2 98×3", "101×1 102×2"]);
  expect(await sides(10)).toEqual(["99×2 98×3", "101×5 102×2"]);
  expect(await sides(25)).toEqual(["99×2 98×3 97×9", "101×5 102×2"]);
  expect(await sides(25, 2)).toEqual(["99×2 98×3", "101×5 102×2"]);
}

test("a book at a time is the last whole one and what changed since, from the live tail and from the lake alike", async () => {
  await theAnswers();
  for (const table of [BOOK_SNAPSHOTS, BOOK_CHANGES]) await platform.land(table);
  await theAnswers();
  expect(await platform.evict()).toBeGreaterThan(10);
  await theAnswers();
});

test("of a snapshot that was cut only the levels down to its last are served, and the answer says so", async () => {
  expect(await sides(35)).toEqual(["99×2", "101×5"]);
  // What lies beyond is not known to be all there is.
  expect(await sides(40)).toEqual(["99×4", ""]);
  const { proof } = await platform.query.book({ symbol, venue, atUs: T0 + 40 * SECOND, depth: 10 });
  expect(proof).toEqual({
    connection: "binance/0",
    epoch: 1,
    snapshotTime: "2023-11-14T22:13:50.000000Z",
    snapshotCause: "periodic",
    checksum: "none",
    changes: 1,
    sequence: "1005",
    position: "0:5.0",
    subscribedDepth: null,
    complete: false,
  });
});

test("a book that the venue keeps to some levels loses the worst as better ones come", async () => {
  expect(await sides(75)).toEqual(["50×1 49×1", "51×1 52×1"]);
  expect(await sides(85)).toEqual(["50×2 49×1", "51×1 52×1"]);
  expect(await sides(95)).toEqual(["50×2 47×1", "51×1 52×1"]);
  // A socket that ends takes nothing from the book as it was at its last message.
  expect(await sides(90)).toEqual(["50×2 47×1", "51×1 52×1"]);
  await expect(sides(91)).rejects.toThrow(BookNotProvenError);
});

test("a book without levels is an answer too", async () => {
  expect(await sides(200)).toEqual(["", ""]);
  const { time, proof } = await platform.query.book({ symbol, venue, depth: 1 });
  expect([time, proof.complete]).toEqual(["2023-11-14T22:15:00.000000Z", true]);
});

test.each([50, 55, 60, 69.9])("at second %d, within the gap, the book is refused with the reason", async (second) => {
  const asked = platform.query.book({ symbol, venue, atUs: T0 + second * SECOND, depth: 10 });
  await expect(asked).rejects.toThrow(BookNotProvenError);
  await expect(asked).rejects.toThrow(
    `unproven since 2023-11-14T22:14:10.000000Z (missed: 9 does not follow 7), gap binance/0#1/${rawSymbol}@6.0`,
  );
});

test("before the first snapshot, and of a symbol that is not listed, there is no book", async () => {
  const before = platform.query.book({ symbol, venue, atUs: T0 - 100 * SECOND, depth: 10 });
  await expect(before).rejects.toThrow(BookNotFoundError);
  await expect(platform.query.book({ symbol: "XYZ-USD-SPOT", depth: 1 })).rejects.toThrow(/No listing XYZ-USD-SPOT/);
  await expect(platform.query.book({ symbol, venue: "nowhere", depth: 1 })).rejects.toThrow(BookNotFoundError);
});

test("a change that leaves the book unproven is believed before the row of its gap is here", async () => {
  const last = [{ at: 110, offset: 12, levels: [[BID, 1, 1]] as const, of: { flags: BOOK_FLAGS.maybeBad } }];
  const chunk = { topic: TOPICS.bookChanges, partition: 0, firstOffset: CHANGES.length, appendedMs: 1 };
  await platform.store.apply({ ...chunk, records: records(last) });
  await expect(platform.query.book({ symbol, venue, depth: 10 })).rejects.toThrow(
    "unproven since 2023-11-14T22:15:10.000000Z",
  );
});

test("silver.gaps lands beside it", async () => {
  await platform.land(GAPS);
  const asked = platform.query.book({ symbol, venue, atUs: T0 + 55 * SECOND, depth: 10 });
  await expect(asked).rejects.toThrow(BookNotProvenError);
});
