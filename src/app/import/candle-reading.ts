import { InternalError } from "../../base/index.ts";
import type { CandleRecord, VenueDataContext, VenueDataReader } from "../../domain/index.ts";
import { createVenuePieceReader, importFormat, type PieceHead, piecePayload } from "../../imports/index.ts";
import { type CheckedPiece, PIECE_PLACES, type RowReading } from "./known-rows.ts";
import { quoted } from "./sql-text.ts";

/** Reads pieces of candles for what they say. */
export class CandleReading implements VenueDataContext, RowReading {
  rows = 0;
  #text = "";
  #firstUs = Number.POSITIVE_INFINITY;
  #lastUs = Number.NEGATIVE_INFINITY;
  #placeOfFirst = 0;
  readonly #head: Omit<PieceHead, "byte" | "row">;
  readonly #reader: VenueDataReader;

  constructor(head: Omit<PieceHead, "byte" | "row">) {
    this.#head = head;
    this.#reader = createVenuePieceReader(importFormat(head.format));
  }

  /** Lines of listing, opening time, prices, volume and place. */
  read({ bytes, byte, row }: CheckedPiece, placeOfFirst: number): string {
    this.#text = "";
    this.#placeOfFirst = placeOfFirst;
    this.#reader.read(piecePayload({ ...this.#head, byte, row }, bytes), this);
    return this.#text;
  }

  candle({ rawSymbol, startUs, open, high, low, close, volume, frameIndex }: CandleRecord): void {
    const listing = this.#head.listings.findIndex((one) => one.rawSymbol === rawSymbol);
    this.rows += 1;
    this.#firstUs = Math.min(this.#firstUs, startUs);
    this.#lastUs = Math.max(this.#lastUs, startUs);
    this.#text += `${[listing, startUs, open, high, low, close, volume, this.#placeOfFirst + frameIndex].join(",")}\n`;
  }

  /** Runs of places of candles that K2 was told last just so. */
  sql(path: string): string {
    const { listings, interval = "" } = this.#head;
    const wanted = listings.map(({ venue, rawSymbol }, index) => `(${index}, ${quoted(venue)}, ${quoted(rawSymbol)})`);
    const venues = [...new Set(listings.map(({ venue }) => quoted(venue)))].join(", ");
    const symbols = [...new Set(listings.map(({ rawSymbol }) => quoted(rawSymbol)))].join(", ");
    const numbers = ["open", "high", "low", "close", "volume"] as const;
    return `WITH wanted(listing, venue, raw_symbol) AS (VALUES ${wanted.join(", ")}),
    staged AS (
      SELECT * FROM read_csv(${quoted(path)}, header = false, delim = ',', columns = {'listing': 'INTEGER', 'us': 'BIGINT',
        ${numbers.map((name) => `'${name}': 'DECIMAL(38,18)'`).join(", ")}, 'place': 'BIGINT'})
    ), told AS (
      SELECT * FROM silver.candles
      WHERE venue IN (${venues}) AND raw_symbol IN (${symbols}) AND "interval" = ${quoted(interval)}
        AND "start" >= make_timestamptz(${this.#firstUs}) AND "start" <= make_timestamptz(${this.#lastUs})
      QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "start" ORDER BY known_at DESC, revision DESC) = 1
    ), found AS (
      SELECT DISTINCT place FROM staged JOIN wanted USING (listing) JOIN told
        ON told.venue = wanted.venue AND told.raw_symbol = wanted.raw_symbol AND epoch_us(told."start") = staged.us
      WHERE told.unit = 1 AND coalesce(told.state, 'closed') = 'closed'
        AND ${numbers.map((name) => `told.${name} = staged.${name}`).join(" AND ")}
    ), islands AS (
      SELECT place, place - row_number() OVER (ORDER BY place) AS island FROM found
    )
    SELECT min(place)::BIGINT, max(place)::BIGINT, true FROM islands
    GROUP BY island, place // ${PIECE_PLACES} ORDER BY 1`;
  }

  isConfigured(): boolean {
    return true;
  }

  ticker(): void {
    throw new InternalError("a file of candles told a ticker");
  }

  funding(): void {
    throw new InternalError("a file of candles told funding");
  }

  liquidation(): void {
    throw new InternalError("a file of candles told a liquidation");
  }

  status(): void {
    throw new InternalError("a file of candles told a status");
  }

  refuse(): void {
    // It will be where it counts.
  }
}
