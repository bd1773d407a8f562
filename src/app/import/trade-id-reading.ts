import {
  chooseUnitExponent,
  type DecodeContext,
  type DecodedListing,
  type FrameDecoder,
  formatDecimal,
  type Listings,
  type NamedListing,
  parseDecimal,
  STORED_SCALE,
  TradeBatch,
} from "../../domain/index.ts";
import { type PieceHead, piecePayload } from "../../imports/index.ts";
import { importDecoder, importFeed } from "./import-feeds.ts";
import { type CheckedPiece, PIECE_PLACES, type RowReading } from "./known-rows.ts";
import { quoted } from "./sql-text.ts";

/** How far apart two files may say the time of one trade. */
const TIME_MARGIN_US = 86_400_000_000;

/** Runs of places of rows whose ids K2 has, or that stand in the file before; and whether they are the same trades. */
function knownSql(path: string, { names, rawSymbols, firstUs, lastUs }: TradeIdReading): string {
  const wanted = names.map(({ venue }, index) => `(${index}, ${quoted(venue)}, ${quoted(rawSymbols[index] ?? "")})`);
  const venues = [...new Set(names.map(({ venue }) => quoted(venue)))].join(", ");
  const symbols = [...new Set(rawSymbols.map(quoted))].join(", ");
  return `WITH wanted(listing, venue, raw_symbol) AS (VALUES ${wanted.join(", ")}),
    staged AS (
      SELECT * FROM read_csv(${quoted(path)}, header = false, delim = ',', quote = '"', escape = '"', columns =
        {'listing': 'INTEGER', 'id': 'VARCHAR', 'price': 'DECIMAL(18,8)', 'size': 'DECIMAL(18,8)', 'place': 'BIGINT'})
    ), had AS (
      SELECT place, bool_and(staged.price = t.price AND staged.size = t.size) AS same
      FROM staged JOIN wanted USING (listing) JOIN silver.trades AS t
        ON t.trade_id = staged.id AND t.venue = wanted.venue AND t.raw_symbol = wanted.raw_symbol
      WHERE t.venue IN (${venues}) AND t.raw_symbol IN (${symbols})
        AND t.ts_event >= make_timestamptz(${firstUs - TIME_MARGIN_US})
        AND t.ts_event <= make_timestamptz(${lastUs + TIME_MARGIN_US})
      GROUP BY place
    ), twice AS (
      SELECT place, price = first_value(price) OVER copies AND size = first_value(size) OVER copies AS same FROM staged
      WINDOW copies AS (PARTITION BY listing, id ORDER BY place) QUALIFY row_number() OVER copies > 1
    ), found AS (
      SELECT * FROM had UNION ALL SELECT * FROM twice ANTI JOIN had USING (place)
    ), islands AS (
      SELECT place, same, place - row_number() OVER (PARTITION BY same ORDER BY place) AS island FROM found
    )
    SELECT min(place)::BIGINT, max(place)::BIGINT, same FROM islands
    GROUP BY same, island, place // ${PIECE_PLACES} ORDER BY 1`;
}

/** Reads pieces as the pipeline will, for their ids alone. */
export class TradeIdReading implements DecodeContext, RowReading {
  readonly trades: TradeBatch = new TradeBatch(1024);
  /** Of the listings that were met. */
  readonly met: DecodedListing[] = [];
  readonly names: NamedListing[] = [];
  readonly rawSymbols: string[] = [];
  rows = 0;
  firstUs: number = Number.POSITIVE_INFINITY;
  lastUs: number = Number.NEGATIVE_INFINITY;
  readonly #head: Omit<PieceHead, "byte" | "row">;
  readonly #known: Listings;
  readonly #decoder: FrameDecoder;

  constructor(head: Omit<PieceHead, "byte" | "row">, known: Listings) {
    this.#head = head;
    this.#known = known;
    this.#decoder = importDecoder(importFeed(head.format));
  }

  /** Lines of listing, id, price, size and place. */
  read({ bytes, byte, row }: CheckedPiece, placeOfFirst: number): string {
    const { trades } = this;
    trades.length = 0;
    this.#decoder.decode(piecePayload({ ...this.#head, byte, row }, bytes), this);
    let text = "";
    for (let index = 0; index < trades.length; index += 1) {
      const id = trades.idText[index];
      if (id === undefined) continue;
      const us = trades.eventTimeUs[index] ?? 0;
      if (us < this.firstUs) this.firstUs = us;
      if (us > this.lastUs) this.lastUs = us;
      this.rows += 1;
      const place = placeOfFirst + (trades.frameIndex[index] ?? 0);
      text += `${trades.listing[index]},"${id.replaceAll('"', '""')}",${mantissa(trades.price, index)},${mantissa(trades.size, index)},${place}\n`;
    }
    return text;
  }

  listing(
    rawSymbol: string,
    price: string,
    size: string,
    _timeUs?: number,
    named?: NamedListing,
  ): DecodedListing | undefined {
    if (named === undefined) return undefined;
    const index = this.names.findIndex(
      ({ venue }, place) => venue === named.venue && this.rawSymbols[place] === rawSymbol,
    );
    const met = this.met[index];
    if (met !== undefined) return met;
    const known = this.#known.find(named.venue, rawSymbol);
    const unitExponent = known?.unitExponent ?? chooseUnitExponent(parseDecimal(price), parseDecimal(size));
    if (unitExponent === undefined) return undefined;
    const listing = { index: this.met.length, unitExponent };
    this.met.push(listing);
    this.names.push(named);
    this.rawSymbols.push(rawSymbol);
    return listing;
  }

  refuse(): void {
    // The pipeline will.
  }

  sql(path: string): string {
    return knownSql(path, this);
  }
}

function mantissa(column: TradeBatch["price"], row: number): string {
  return formatDecimal({ mantissa: column.get(row), scale: STORED_SCALE });
}
