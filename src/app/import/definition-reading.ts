import { InternalError } from "../../base/index.ts";
import type { StatusRecord, VenueDataContext, VenueDataReader } from "../../domain/index.ts";
import { createVenuePieceReader, importFormat, type PieceHead, piecePayload } from "../../imports/index.ts";
import { type CheckedPiece, PIECE_PLACES, type RowReading } from "./known-rows.ts";
import { quoted } from "./sql-text.ts";

/** Reads pieces of definitions for what they say. Each says when it was received: two that are alike are one. */
export class DefinitionReading implements VenueDataContext, RowReading {
  rows = 0;
  #text = "";
  #firstUs = Number.POSITIVE_INFINITY;
  #lastUs = Number.NEGATIVE_INFINITY;
  #placeOfFirst = 0;
  readonly #venues = new Set<string>();
  readonly #head: Omit<PieceHead, "byte" | "row">;
  readonly #reader: VenueDataReader;

  constructor(head: Omit<PieceHead, "byte" | "row">) {
    this.#head = head;
    this.#reader = createVenuePieceReader(importFormat(head.format));
  }

  /** Lines of venue, symbol, time, what was said, and place. */
  read({ bytes, byte, row }: CheckedPiece, placeOfFirst: number): string {
    this.#text = "";
    this.#placeOfFirst = placeOfFirst;
    this.#reader.read(piecePayload({ ...this.#head, byte, row }, bytes), this);
    return this.#text;
  }

  status({ named, rawSymbol, eventTimeUs = 0, eventTimeNanos = 0, rawState, detail, frameIndex }: StatusRecord): void {
    const venue = named?.venue ?? "";
    this.rows += 1;
    this.#venues.add(venue);
    this.#firstUs = Math.min(this.#firstUs, eventTimeUs);
    this.#lastUs = Math.max(this.#lastUs, eventTimeUs);
    const texts = [venue, rawSymbol, rawState ?? "", detail ?? ""].map((text) => `"${text.replaceAll('"', '""')}"`);
    this.#text += `${texts.join(",")},${eventTimeUs},${eventTimeNanos},${this.#placeOfFirst + frameIndex}\n`;
  }

  /** Runs of places of definitions that K2 has. */
  sql(path: string): string {
    const venues = [...this.#venues].map(quoted).join(", ");
    return `WITH staged AS (
      SELECT * FROM read_csv(${quoted(path)}, header = false, delim = ',', quote = '"', escape = '"', columns = {'venue': 'VARCHAR',
        'raw_symbol': 'VARCHAR', 'raw_state': 'VARCHAR', 'detail': 'VARCHAR', 'us': 'BIGINT', 'nanos': 'BIGINT', 'place': 'BIGINT'})
    ), told AS (
      SELECT DISTINCT venue, raw_symbol, epoch_us(ts_event) AS us, ts_event_nanos AS nanos, raw_state, detail FROM silver.status
      WHERE venue IN (${venues}) AND source = 'import'
        AND ts_event >= make_timestamptz(${this.#firstUs}) AND ts_event <= make_timestamptz(${this.#lastUs})
    ), found AS (
      SELECT DISTINCT place FROM staged JOIN told USING (venue, raw_symbol, us, nanos, detail)
      WHERE told.raw_state IS NOT DISTINCT FROM nullif(staged.raw_state, '')
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
    throw new InternalError("a file of definitions told a ticker");
  }

  candle(): void {
    throw new InternalError("a file of definitions told a candle");
  }

  funding(): void {
    throw new InternalError("a file of definitions told funding");
  }

  liquidation(): void {
    throw new InternalError("a file of definitions told a liquidation");
  }

  refuse(): void {
    // It will be where it counts.
  }
}
