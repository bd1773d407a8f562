import type { RecordBatch } from "../../base/index.ts";
import { BID, BOOK_FLAGS, BookRows, decodeBookRecords, type Gap, listingOfBookRecord } from "../../domain/index.ts";
import { positionText } from "../../query/index.ts";

/** A message of a book channel, as it became durable. */
export interface BookStreamMessage {
  readonly listing: number;
  readonly connection: string;
  readonly epoch: number;
  readonly timeUs: number;
  readonly sequence: number;
  readonly depth: number;
  readonly rawOffset: number;
  readonly frameIndex: number;
  readonly position: string;
  /** Its levels are the whole book. */
  readonly isWhole: boolean;
  /** The book was proven after it. */
  readonly isProven: boolean;
  readonly bids: readonly (readonly [price: bigint, size: bigint])[];
  readonly asks: readonly (readonly [price: bigint, size: bigint])[];
}

/** Of one message; shared: read within one call. */
const rows = new BookRows(64);

/** The listings that records are of, each once. */
export function listingsOf(changes: RecordBatch): ReadonlySet<number> {
  const found = new Set<number>();
  for (let index = 0; index < changes.count; index += 1) found.add(listingOfBookRecord(changes, index));
  return found;
}

/** The messages of some listings, in order; of the others no more is read than what they are of. */
export function* messagesOf(
  changes: RecordBatch,
  isWanted: (listing: number) => boolean,
): Generator<BookStreamMessage> {
  rows.clear();
  for (let index = 0; index < changes.count; index += 1) {
    if (!isWanted(listingOfBookRecord(changes, index))) continue;
    decodeBookRecords({ ...changes, count: index + 1 }, rows, index);
    // A long message has several records, one after the other.
    if (((rows.flags[rows.length - 1] ?? 0) & BOOK_FLAGS.last) === 0) continue;
    yield messageOf();
    rows.clear();
  }
}

function messageOf(): BookStreamMessage {
  const flags = rows.flags[0] ?? 0;
  const bids: (readonly [bigint, bigint])[] = [];
  const asks: (readonly [bigint, bigint])[] = [];
  for (let row = 0; row < rows.length; row += 1)
    (rows.side[row] === BID ? bids : asks).push([rows.price.get(row), rows.size.get(row)]);
  const rawPartition = rows.rawPartition[0] ?? 0;
  const rawOffset = rows.rawOffset.getNumber(0);
  const frameIndex = rows.frameIndex[0] ?? 0;
  return {
    listing: rows.listing[0] ?? 0,
    connection: rows.connection[0] ?? "",
    epoch: rows.epoch[0] ?? 0,
    timeUs: rows.receiveTimeUs.getNumber(0),
    sequence: rows.sequence.getNumber(0),
    depth: rows.depth[0] ?? 0,
    ...{ rawOffset, frameIndex, position: positionText({ rawPartition, rawOffset, frameIndex }) },
    isWhole: (flags & BOOK_FLAGS.snapshot) !== 0,
    isProven: (flags & BOOK_FLAGS.maybeBad) === 0,
    ...{ bids, asks },
  };
}

/** Where a gap of a book began, as its id says: offset of the frame, and place in it. */
export function placeOfGap({ gapId }: Pick<Gap, "gapId">): { readonly rawOffset: number; readonly frameIndex: number } {
  const [rawOffset = 0, frameIndex = 0] = gapId
    .slice(gapId.lastIndexOf("@") + 1)
    .split(".")
    .map(Number);
  return { rawOffset, frameIndex };
}

/** Of one book of one connection; trades' gaps, and those of whole connections, are not. */
export function isOfBook({ gapId }: Pick<Gap, "gapId">): boolean {
  return gapId.includes("@");
}
