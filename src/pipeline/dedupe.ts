import type { TradeBatch } from "../domain/index.ts";
import { aggregateNumber } from "./aggregate-number.ts";
import { Fingerprints } from "./fingerprints.ts";
import { ID_RANGES_MAX, IdRanges } from "./id-ranges.ts";
import type { ByteReader, ByteWriter } from "./state/bytes.ts";
import { TextWindow } from "./text-window.ts";

/** Text ids remembered over all listings; each listing has an equal share of it, of at most TEXT_IDS_PER_LISTING_MAX. */
const TEXT_IDS_MAX = 2_000_000;
const TEXT_IDS_PER_LISTING_MAX = 200_000;

/** duplicate: seen before. unproven: a number below the range set's floor, see IdRanges. conflict: seen before, and different. */
export type Verdict = "new" | "duplicate" | "unproven" | "conflict";

export interface DeduperOptions {
  readonly textIdsMax?: number;
  readonly textIdsPerListingMax?: number;
  readonly idRangesMax?: number;
}

/**
 * Knows every trade by (listing, trade id). The first row of an identity is the trade: whether it came in a snapshot
 * or as it happened, by which feed and by which connection makes no difference to the later ones.
 *
 * A row that stands for several executions of a venue that numbers them (OKX) has the ids up to its own: what was
 * stored one by one or together is the same.
 *
 * Numbers, and the `a<number>` of aggregate trades, are kept as ranges without end; other texts in a window.
 */
export class Deduper {
  readonly #byListing: ListingIds[] = [];
  readonly #options: Required<DeduperOptions>;
  /** Listings that ever had a text id: what the text window is shared by. */
  #textListings = 0;

  constructor(options: DeduperOptions = {}) {
    this.#options = {
      textIdsMax: options.textIdsMax ?? TEXT_IDS_MAX,
      textIdsPerListingMax: options.textIdsPerListingMax ?? TEXT_IDS_PER_LISTING_MAX,
      idRangesMax: options.idRangesMax ?? ID_RANGES_MAX,
    };
  }

  /** Decides about one row and remembers it. */
  admit(trades: TradeBatch, row: number): Verdict {
    const listing = trades.listing[row] ?? 0;
    const ids = this.#byListing[listing] ?? this.#open(listing);
    const text = trades.idText[row];
    if (text === undefined) {
      return ids.admitNumber("plain", trades, row, trades.idNumber.high(row), trades.idNumber.low(row));
    }
    const tail = aggregateNumber(text);
    if (tail !== undefined) {
      return ids.admitNumber("aggregate", trades, row, Math.floor(tail / 4_294_967_296), tail % 4_294_967_296);
    }
    if (ids.texts === undefined) {
      ids.texts = new TextWindow();
      this.#textListings += 1;
    }
    return ids.admitText(trades, row, text, this.#generationMax());
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#byListing.length);
    for (const ids of this.#byListing) {
      writer.byte(ids === undefined ? 0 : 1);
      ids?.write(writer);
    }
  }

  static read(reader: ByteReader, options: DeduperOptions = {}): Deduper {
    const deduper = new Deduper(options);
    const count = reader.whole();
    for (let listing = 0; listing < count; listing += 1) {
      if (reader.byte() === 0) continue;
      const ids = ListingIds.read(reader, deduper.#options.idRangesMax);
      deduper.#byListing[listing] = ids;
      if (ids.texts !== undefined) deduper.#textListings += 1;
    }
    return deduper;
  }

  #open(listing: number): ListingIds {
    const ids = new ListingIds(this.#options.idRangesMax);
    this.#byListing[listing] = ids;
    return ids;
  }

  #generationMax(): number {
    const share = Math.min(this.#options.textIdsPerListingMax, this.#options.textIdsMax / this.#textListings);
    return Math.max(1, Math.floor(share / 2));
  }
}

type Kind = "plain" | "aggregate";

/** The ids of one listing. Numbers go by blocks of 2^53, so that each is a double within its block. */
class ListingIds {
  readonly #rangesMax: number;
  #plain: IdRanges;
  /** Blocks but plain's first: of ids from 2^53 on, and of aggregate ids. */
  readonly #blocks: Map<string, IdRanges> = new Map();
  #fingerprints: Fingerprints = new Fingerprints();
  texts: TextWindow | undefined;

  constructor(rangesMax: number) {
    this.#rangesMax = rangesMax;
    this.#plain = new IdRanges(rangesMax);
  }

  admitNumber(kind: Kind, trades: TradeBatch, row: number, high: number, low: number): Verdict {
    const block = high >>> 21;
    const id = (high & 0x1f_ffff) * 4_294_967_296 + (low >>> 0);
    const ranges = kind === "plain" && block === 0 ? this.#plain : this.#block(kind, block);
    // Aggregate ids have fingerprints of their own: bit 31 of `high` is free, ids are not negative.
    const printHigh = kind === "plain" ? high : high | 0x8000_0000;
    const executions = kind === "plain" ? (trades.executions[row] ?? 1) : 1;
    const known = executions > 1 ? ranges.addSpan(Math.max(0, id - executions + 1), id) : undefined;
    if (known === "some") return "conflict"; // Some of its executions are stored, and it cannot be told apart.
    if (known === "none" || (known === undefined && ranges.add(id))) {
      this.#fingerprints.remember(trades, row, printHigh, low);
      return "new";
    }
    if (this.#fingerprints.conflicts(trades, row, printHigh, low)) return "conflict";
    return id <= ranges.floor ? "unproven" : "duplicate";
  }

  admitText(trades: TradeBatch, row: number, text: string, generationMax: number): Verdict {
    const [high, low] = hashText(text);
    if (this.texts?.add(text, generationMax) === true) {
      this.#fingerprints.remember(trades, row, high, low);
      return "new";
    }
    return this.#fingerprints.conflicts(trades, row, high, low) ? "conflict" : "duplicate";
  }

  write(writer: ByteWriter): void {
    this.#plain.write(writer);
    writer.whole(this.#blocks.size);
    for (const [name, ranges] of this.#blocks) {
      writer.text(name);
      ranges.write(writer);
    }
    this.#fingerprints.write(writer);
    writer.byte(this.texts === undefined ? 0 : 1);
    this.texts?.write(writer);
  }

  static read(reader: ByteReader, rangesMax: number): ListingIds {
    const ids = new ListingIds(rangesMax);
    ids.#plain = IdRanges.read(reader, rangesMax);
    for (let left = reader.whole(); left > 0; left -= 1) {
      const name = reader.text();
      ids.#blocks.set(name, IdRanges.read(reader, rangesMax));
    }
    ids.#fingerprints = Fingerprints.read(reader);
    if (reader.byte() === 1) ids.texts = TextWindow.read(reader);
    return ids;
  }

  #block(kind: Kind, block: number): IdRanges {
    const name = `${kind}${block}`;
    const ranges = this.#blocks.get(name) ?? new IdRanges(this.#rangesMax);
    this.#blocks.set(name, ranges);
    return ranges;
  }
}

/** FNV-1a and a variant of it side by side. */
function hashText(text: string): readonly [high: number, low: number] {
  let high = 0x811c9dc5;
  let low = 0x1b873593;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  return [high, low];
}
