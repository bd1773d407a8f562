import {
  chooseUnitExponent,
  type DecodeContext,
  type DecodedListing,
  formatShortest,
  Listings,
  type NamedListing,
  parseDecimal,
  type RefusalReason,
  type Trade,
  TradeBatch,
} from "../domain/index.ts";
import type { ImportFormat } from "./format.ts";
import { type HeadListing, type PieceHead, piecePayload } from "./piece-head.ts";
import { importFormat } from "./registry.ts";
import { createTableDecoder } from "./table/table-decoder.ts";
import { readFirstLine, tieOf } from "./table/table-file.ts";
import { linePieces } from "./text/line-pieces.ts";

const encoder = new TextEncoder();

interface RefusedRow {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly frameIndex?: number;
  readonly record?: Uint8Array;
}

/** Collects what a decoder makes of the pieces of files. */
export class ImportContext implements DecodeContext {
  readonly trades: TradeBatch = new TradeBatch(16);
  readonly refusals: RefusedRow[] = [];
  readonly listings: Listings = new Listings();

  listing(
    rawSymbol: string,
    price: string,
    size: string,
    _timeUs?: number,
    named?: NamedListing,
  ): DecodedListing | undefined {
    if (named === undefined) return undefined;
    const known = this.listings.find(named.venue, rawSymbol);
    if (known !== undefined) return known;
    const unitExponent = chooseUnitExponent(parseDecimal(price), parseDecimal(size)) ?? 0;
    const { venue, symbol } = named;
    return this.listings.add({ index: this.listings.count, venue, rawSymbol, symbol, unitExponent });
  }

  refuse(reason: RefusalReason, detail: string, at: { frameIndex?: number; record?: Uint8Array } = {}): void {
    this.refusals.push({ reason, detail, ...at });
  }

  rows(): readonly Trade[] {
    return Array.from({ length: this.trades.length }, (_, row) => this.trades.trade(row, this.listings));
  }

  /** One text a trade: what of it an import must get right. */
  lines(): readonly string[] {
    return this.rows().map(
      (trade) =>
        `${trade.venue} ${trade.rawSymbol} ${trade.tradeId} ${formatShortest(trade.price)} × ${formatShortest(trade.size)} ` +
        `${trade.takerSide} ${trade.eventTimeNs}${trade.executions === 1 ? "" : ` of ${trade.executions}`} ${trade.flags.join(",")}`.trimEnd(),
    );
  }
}

export interface DecodeTextOptions {
  readonly format: string | ImportFormat;
  readonly listings: readonly HeadListing[];
  readonly date?: string;
  readonly pieceBytesMax?: number;
}

/** Decodes a whole text as an import does: header, pieces, rows. */
export async function decodeText(text: string | Uint8Array, options: DecodeTextOptions): Promise<ImportContext> {
  const format = typeof options.format === "string" ? importFormat(options.format) : options.format;
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const first = readFirstLine(format, bytes);
  if (typeof first === "string") throw new Error(first);
  const context = new ImportContext();
  const decoder = createTableDecoder(format);
  const head: Omit<PieceHead, "byte" | "row"> = {
    version: 1,
    format: format.id,
    file: "0".repeat(64),
    text: "test.csv",
    listings: options.listings,
    ...(first.header === undefined ? {} : { header: first.header }),
    ...(options.date === undefined ? {} : { date: options.date }),
  };
  const chunks = (async function* () {
    yield bytes;
  })();
  const cut = { from: first.rowsAt, bytesMax: options.pieceBytesMax ?? 65_536, tieOf: tieOf(format, first.header) };
  for await (const piece of linePieces(chunks, cut)) {
    decoder.decode(piecePayload({ ...head, byte: piece.byte, row: piece.row }, piece.bytes), context);
  }
  return context;
}
