import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  chooseUnitExponent,
  type DecodeContext,
  type DecodedListing,
  Listings,
  parseDecimal,
  parseInstrument,
  type RefusalReason,
  type Trade,
  TradeBatch,
} from "../../domain/index.ts";
import type { Feed } from "../feed.ts";

/** What the tests and the benchmark of the decoders share: a context that collects, and a reader of captures. */
export interface RefusedRecord {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly rawSymbol?: string;
  readonly frameIndex?: number;
}

/** Collects rows and refusals; knows the listings of a feed's configured symbols. */
export class CollectingContext implements DecodeContext {
  readonly trades: TradeBatch = new TradeBatch(16);
  readonly refusals: RefusedRecord[] = [];
  readonly listings: Listings = new Listings();
  readonly #symbols: ReadonlyMap<string, string>;
  readonly #venue: string;

  /** @param symbols canonical ids by raw symbol */
  constructor(venue: string, symbols: ReadonlyMap<string, string>) {
    this.#venue = venue;
    this.#symbols = symbols;
  }

  /** A context that configures a feed for canonical ids, as the application does. */
  static of(feed: Feed, ids: readonly string[]): CollectingContext {
    const symbols = new Map<string, string>();
    for (const id of ids) {
      const rawSymbol = feed.rawSymbol(parseInstrument(id));
      if (rawSymbol === undefined) throw new RangeError(`${feed.id} cannot list ${id}`);
      symbols.set(rawSymbol, id);
    }
    return new CollectingContext(feed.venue, symbols);
  }

  listing(rawSymbol: string, price: string, size: string): DecodedListing | undefined {
    const known = this.listings.find(this.#venue, rawSymbol);
    if (known !== undefined) return known;
    const symbol = this.#symbols.get(rawSymbol);
    if (symbol === undefined) return undefined;
    const unitExponent = chooseUnitExponent(parseDecimal(price), parseDecimal(size)) ?? 0;
    return this.listings.add({
      index: this.listings.count,
      venue: this.#venue,
      rawSymbol,
      symbol,
      unitExponent,
    });
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number } = {},
  ): void {
    this.refusals.push({ reason, detail, ...at });
  }

  rows(): Trade[] {
    return Array.from({ length: this.trades.length }, (_, row) => this.trades.trade(row, this.listings));
  }
}

/** The frames of a capture: `<receive time> <JSON>` lines, or objects with t and data, one a line. */
export function capturedFrames(file: string): Uint8Array[] {
  const encoder = new TextEncoder();
  const lines = gunzipSync(readFileSync(file)).toString("utf8").split("\n");
  return lines.flatMap((line) => {
    const text = isRecord(line) ? recordedText(line) : line.slice(line.indexOf(" ") + 1);
    return text === undefined || text.length === 0 ? [] : [encoder.encode(text)];
  });
}

/** The frame in a record of a recorder; undefined where the record is of something else. */
function recordedText(line: string): string | undefined {
  const record = JSON.parse(line) as { readonly t: string; readonly data?: string };
  return record.t === "recv" ? record.data : undefined;
}

/** A feed's frames as bytes. */
export function frame(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isRecord(line: string): boolean {
  return /^\{"t":\s*"/.test(line);
}

/** Listings with units given, so that every scale is tried; any other symbol is not configured. */
export class FixedContext implements DecodeContext {
  readonly trades: TradeBatch = new TradeBatch(4);
  readonly refusals: RefusedRecord[] = [];
  readonly #listings: Pick<ReadonlyMap<string, DecodedListing>, "get">;

  constructor(listings: Pick<ReadonlyMap<string, DecodedListing>, "get">) {
    this.#listings = listings;
  }

  listing(rawSymbol: string): DecodedListing | undefined {
    return this.#listings.get(rawSymbol);
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number } = {},
  ): void {
    this.refusals.push({ reason, detail, ...at });
  }

  clear(): void {
    this.trades.clear();
    this.refusals.length = 0;
  }

  /** Every column that a decoder sets, row by row. */
  columns(): readonly unknown[] {
    const { trades } = this;
    return Array.from({ length: trades.length }, (_, row) => [
      trades.listing[row],
      trades.price.get(row),
      trades.size.get(row),
      trades.side[row],
      trades.eventTimeUs[row],
      trades.eventTimeNanos[row],
      trades.idNumber.get(row),
      trades.idText[row],
      trades.sequence.get(row),
      trades.frameIndex[row],
      trades.executions[row],
      trades.flags[row],
    ]);
  }
}
