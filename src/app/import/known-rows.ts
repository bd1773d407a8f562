import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Abortable } from "../../base/index.ts";
import type { PieceHead, RowRun } from "../../imports/index.ts";
import type { QueryEngine } from "../../query/index.ts";

/** A piece of a text, and which of its rows K2 has. */
export interface CheckedPiece {
  readonly bytes: Uint8Array;
  readonly byte: number;
  readonly row: number;
  readonly rows: number;
  repeated: RowRun[];
  conflicting: RowRun[];
}

/** Reads pieces for what is to be looked for, as lines of CSV. */
export interface RowReading {
  /** Lines so far. */
  readonly rows: number;
  /** The lines of a piece whose first row has this place. */
  read(piece: CheckedPiece, placeOfFirst: number): string;
  /** Of these lines, runs of places of rows that K2 has: the first and the last place, and whether they say the same. */
  sql(path: string): string;
}

export interface KnownRowsOptions {
  readonly readingOf: (head: Omit<PieceHead, "byte" | "row">) => RowReading;
  readonly query: Pick<QueryEngine, "sql">;
  /** Resolves when a question sees all that was appended so far. */
  readonly visible: () => Promise<void>;
}

/** More rows than a piece can have. */
export const PIECE_PLACES = 65_536;
const RUNS_MAX = 4_000_000;

/**
 * Finds the rows of pieces that K2 has already, such as trades whose ids are texts: by asking store and lake, so that it is
 * exact however long ago and in whatever file they came, in bounded memory. What it finds travels in the heads of the
 * pieces, so that whoever reads them gets the same rows.
 */
export class KnownRows {
  readonly #options: KnownRowsOptions;

  constructor(options: KnownRowsOptions) {
    this.#options = options;
  }

  /** Sets `repeated` and `conflicting` of each piece. */
  async check(
    head: Omit<PieceHead, "byte" | "row">,
    pieces: readonly CheckedPiece[],
    { signal }: Abortable = {},
  ): Promise<void> {
    const { visible, query, readingOf } = this.#options;
    await visible();
    const folder = await mkdtemp(join(tmpdir(), "k2-import-ids-"));
    try {
      const path = join(folder, "ids.csv");
      const reading = readingOf(head);
      const lines = function* (): Generator<string> {
        for (const [number, piece] of pieces.entries()) yield reading.read(piece, number * PIECE_PLACES);
      };
      // A full disk rejects it, and leaves nothing waiting.
      await pipeline(lines, createWriteStream(path), signal === undefined ? {} : { signal });
      if (reading.rows === 0) return;
      const { rows } = await query.sql(reading.sql(path), { rowsMax: RUNS_MAX, ...(signal && { signal }) });
      for (const [first, last, isSame] of rows) mark(pieces, Number(first), Number(last), isSame === true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function mark(pieces: readonly CheckedPiece[], first: number, last: number, isSame: boolean): void {
  const piece = pieces[Math.floor(first / PIECE_PLACES)];
  (isSame ? piece?.repeated : piece?.conflicting)?.push([first % PIECE_PLACES, last % PIECE_PLACES]);
}
