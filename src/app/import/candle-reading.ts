import type { PieceHead } from "../../imports/index.ts";
import type { CheckedPiece, RowReading } from "./known-rows.ts";
import { quoted } from "./sql-text.ts";
import { runsOfPlaces, VenueDataRows } from "./venue-data-rows.ts";

const NUMBERS = ["open", "high", "low", "close", "volume"] as const;

/** Reads pieces of candles for what they say. */
export class CandleReading implements RowReading {
  readonly #head: Omit<PieceHead, "byte" | "row">;
  readonly #rows: VenueDataRows;

  constructor(head: Omit<PieceHead, "byte" | "row">) {
    this.#head = head;
    this.#rows = new VenueDataRows(head, {
      candle: (candle) => {
        const listing = head.listings.findIndex(({ rawSymbol }) => rawSymbol === candle.rawSymbol);
        return {
          us: candle.startUs,
          values: [listing, candle.startUs, ...NUMBERS.map((name) => candle[name])].join(","),
        };
      },
    });
  }

  get rows(): number {
    return this.#rows.count;
  }

  /** Lines of listing, opening time, prices, volume and place. */
  read(piece: CheckedPiece, placeOfFirst: number): string {
    return this.#rows.read(piece, placeOfFirst);
  }

  /** Runs of places of candles that K2 was told last just so. */
  sql(path: string): string {
    const { listings, interval = "" } = this.#head;
    const { firstUs, lastUs } = this.#rows;
    const wanted = listings.map(({ venue, rawSymbol }, index) => `(${index}, ${quoted(venue)}, ${quoted(rawSymbol)})`);
    const venues = [...new Set(listings.map(({ venue }) => quoted(venue)))].join(", ");
    const symbols = [...new Set(listings.map(({ rawSymbol }) => quoted(rawSymbol)))].join(", ");
    return `WITH wanted(listing, venue, raw_symbol) AS (VALUES ${wanted.join(", ")}),
    staged AS (
      SELECT * FROM read_csv(${quoted(path)}, header = false, delim = ',', columns = {'listing': 'INTEGER', 'us': 'BIGINT',
        ${NUMBERS.map((name) => `'${name}': 'DECIMAL(38,18)'`).join(", ")}, 'place': 'BIGINT'})
    ), told AS (
      SELECT * FROM silver.candles
      WHERE venue IN (${venues}) AND raw_symbol IN (${symbols}) AND "interval" = ${quoted(interval)}
        AND "start" >= make_timestamptz(${firstUs}) AND "start" <= make_timestamptz(${lastUs})
      QUALIFY row_number() OVER (PARTITION BY venue, raw_symbol, "start" ORDER BY known_at DESC, revision DESC) = 1
    ), ${runsOfPlaces(`
      SELECT DISTINCT place FROM staged JOIN wanted USING (listing) JOIN told
        ON told.venue = wanted.venue AND told.raw_symbol = wanted.raw_symbol AND epoch_us(told."start") = staged.us
      WHERE told.unit = 1 AND coalesce(told.state, 'closed') = 'closed'
        AND ${NUMBERS.map((name) => `told.${name} = staged.${name}`).join(" AND ")}
    `)}`;
  }
}
