import { type Abortable, type Clock, recordAt } from "../../base/index.ts";
import {
  type BookContext,
  BookLevels,
  chooseUnitExponent,
  type DecodedListing,
  FrameRecord,
  parseDecimal,
  type VenueDataContext,
} from "../../domain/index.ts";
import { createVenuePieceReader, type PieceCounts } from "../../imports/index.ts";
import { importBookReader, importFeed } from "./import-feeds.ts";
import type { ImportJob } from "./plan-imports.ts";
import { textFrames } from "./text-frames.ts";
import type { TextTally } from "./text-tally.ts";

/** Reads a whole text of books, quotes or venue data as an import would, for its counts alone. */
export async function readAside(
  job: ImportJob,
  tally: TextTally,
  { clock, signal }: Abortable & { readonly clock: Clock },
): Promise<{ readonly rows: number; readonly fromRow: number | undefined }> {
  const read = readerOf(job, (counts) => tally.sawPiece(counts));
  let rows = 0;
  let fromRow: number | undefined;
  for await (const batch of textFrames(job, { from: job.firstLine.rowsAt, clock, signal })) {
    rows += batch.rows;
    fromRow ??= batch.fromRow;
    for (let index = 0; index < batch.records.count; index += 1) {
      const frame = new FrameRecord(recordAt(batch.records, index));
      if (frame.kind === "received") read(frame.payload);
    }
  }
  return { rows, fromRow };
}

function readerOf({ format }: ImportJob, onPiece: (counts: PieceCounts) => void): (payload: Uint8Array) => void {
  if (format.venueData !== undefined) {
    const reader = createVenuePieceReader(format, onPiece);
    return (payload) => reader.read(payload, IDLE);
  }
  const reader = importBookReader(importFeed(format.id), onPiece);
  const context = new CountingContext();
  return (payload) => reader.read(payload, context);
}

/** What rows of venue data say is counted by the piece. */
const IDLE: VenueDataContext = {
  isConfigured: () => true,
  ticker: () => {},
  candle: () => {},
  funding: () => {},
  liquidation: () => {},
  status: () => {},
  refuse: () => {},
};

/** Listings are made as they come; nothing else is kept. */
class CountingContext implements BookContext {
  readonly levels: BookLevels = new BookLevels();
  readonly #listings = new Map<string, DecodedListing>();

  listing(rawSymbol: string, price: string, size: string): DecodedListing | undefined {
    const known = this.#listings.get(rawSymbol);
    if (known !== undefined) return known;
    const unitExponent = chooseUnitExponent(parseDecimal(price), parseDecimal(size));
    if (unitExponent === undefined) return undefined;
    const listing = { index: this.#listings.size, unitExponent };
    this.#listings.set(rawSymbol, listing);
    return listing;
  }

  message(): void {
    // Its rows are counted by the piece.
  }

  lost(): void {
    // What was refused is counted by the piece.
  }

  refuse(): void {
    // So it is.
  }
}
