import { InternalError } from "../../base/index.ts";
import type { VenueDataContext } from "../../domain/index.ts";
import { createVenuePieceReader, importFormat, type PieceHead, piecePayload } from "../../imports/index.ts";
import { type CheckedPiece, PIECE_PLACES } from "./known-rows.ts";

/** What is looked for of one record. */
export interface SoughtRow {
  /** When it counts, microseconds since the Unix epoch. */
  readonly us: number;
  /** Its values as CSV. */
  readonly values: string;
}

/** How each kind of record that a format's files hold is looked for. */
export interface SoughtRecords {
  readonly candle?: (record: Parameters<VenueDataContext["candle"]>[0]) => SoughtRow;
  readonly status?: (record: Parameters<VenueDataContext["status"]>[0]) => SoughtRow;
}

/** Reads pieces of venue data, and keeps what is to be looked for: a line a record, its place last. */
export class VenueDataRows {
  /** Lines so far. */
  count = 0;
  /** The times that the rows span, microseconds since the Unix epoch. */
  firstUs: number = Number.POSITIVE_INFINITY;
  lastUs: number = Number.NEGATIVE_INFINITY;
  #text = "";
  #placeOfFirst = 0;
  readonly #head: Omit<PieceHead, "byte" | "row">;
  readonly #reader: ReturnType<typeof createVenuePieceReader>;
  readonly #context: VenueDataContext;

  constructor(head: Omit<PieceHead, "byte" | "row">, { candle, status }: SoughtRecords) {
    this.#head = head;
    this.#reader = createVenuePieceReader(importFormat(head.format));
    const other = (): never => {
      throw new InternalError(`a file of ${head.format} held a record of another kind`);
    };
    this.#context = {
      isConfigured: () => true,
      candle: candle === undefined ? other : (record) => this.#keep(candle(record), record.frameIndex),
      status: status === undefined ? other : (record) => this.#keep(status(record), record.frameIndex),
      ticker: other,
      funding: other,
      liquidation: other,
      // It will be refused where it counts.
      refuse: () => {},
    };
  }

  /** The lines of a piece whose first row has this place. */
  read({ bytes, byte, row }: CheckedPiece, placeOfFirst: number): string {
    this.#text = "";
    this.#placeOfFirst = placeOfFirst;
    this.#reader.read(piecePayload({ ...this.#head, byte, row }, bytes), this.#context);
    return this.#text;
  }

  #keep({ us, values }: SoughtRow, frameIndex: number): void {
    this.count += 1;
    this.firstUs = Math.min(this.firstUs, us);
    this.lastUs = Math.max(this.lastUs, us);
    this.#text += `${values},${this.#placeOfFirst + frameIndex}\n`;
  }
}

/** Runs of the places that a query finds, each within one piece; all say the same. @param found a query of `place` alone */
export function runsOfPlaces(found: string): string {
  return `found AS (${found}), islands AS (
      SELECT place, place - row_number() OVER (ORDER BY place) AS island FROM found
    )
    SELECT min(place)::BIGINT, max(place)::BIGINT, true FROM islands
    GROUP BY island, place // ${PIECE_PLACES} ORDER BY 1`;
}
