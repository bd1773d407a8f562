import type { PieceHead } from "../../imports/index.ts";
import type { CheckedPiece, RowReading } from "./known-rows.ts";
import { quoted } from "./sql-text.ts";
import { runsOfPlaces, VenueDataRows } from "./venue-data-rows.ts";

/** Reads pieces of definitions for what they say. Each says when it was received: two that are alike are one. */
export class DefinitionReading implements RowReading {
  readonly #venues = new Set<string>();
  readonly #rows: VenueDataRows;

  constructor(head: Omit<PieceHead, "byte" | "row">) {
    this.#rows = new VenueDataRows(head, {
      status: ({ named, rawSymbol, eventTimeUs = 0, eventTimeNanos = 0, rawState = "", detail = "" }) => {
        const venue = named?.venue ?? "";
        this.#venues.add(venue);
        const texts = [venue, rawSymbol, rawState, detail].map((text) => `"${text.replaceAll('"', '""')}"`);
        return { us: eventTimeUs, values: [...texts, eventTimeUs, eventTimeNanos].join(",") };
      },
    });
  }

  get rows(): number {
    return this.#rows.count;
  }

  /** Lines of venue, symbol, what was said, time and place. */
  read(piece: CheckedPiece, placeOfFirst: number): string {
    return this.#rows.read(piece, placeOfFirst);
  }

  /** Runs of places of definitions that K2 has. */
  sql(path: string): string {
    const { firstUs, lastUs } = this.#rows;
    const venues = [...this.#venues].map(quoted).join(", ");
    return `WITH staged AS (
      SELECT * FROM read_csv(${quoted(path)}, header = false, delim = ',', quote = '"', escape = '"', columns = {'venue': 'VARCHAR',
        'raw_symbol': 'VARCHAR', 'raw_state': 'VARCHAR', 'detail': 'VARCHAR', 'us': 'BIGINT', 'nanos': 'BIGINT', 'place': 'BIGINT'})
    ), told AS (
      SELECT DISTINCT venue, raw_symbol, epoch_us(ts_event) AS us, ts_event_nanos AS nanos, raw_state, detail FROM silver.status
      WHERE venue IN (${venues}) AND source = 'import'
        AND ts_event >= make_timestamptz(${firstUs}) AND ts_event <= make_timestamptz(${lastUs})
    ), ${runsOfPlaces(`
      SELECT DISTINCT place FROM staged JOIN told USING (venue, raw_symbol, us, nanos, detail)
      WHERE told.raw_state IS NOT DISTINCT FROM nullif(staged.raw_state, '')
    `)}`;
  }
}
