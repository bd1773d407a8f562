import type { RefusalReason } from "../../domain/index.ts";
import type { PieceHead } from "../piece-head.ts";

/** Which piece, of a file that was imported with which symbols; `byte` is its place in the text. */
export type PieceId = Pick<PieceHead, "format" | "file" | "byte" | "listings">;

export const NO_PIECE: PieceId = { format: "", file: "", byte: 0, listings: [] };

export function pieceId({ format, file, byte, listings }: PieceHead): PieceId {
  return { format, file, byte, listings };
}

/** What became of the rows of a piece. */
export interface PieceCounts extends PieceId {
  readonly taken: number;
  readonly known: number;
  readonly refused: number;
  readonly refusals: readonly RowRefusal[];
  /** Recorded times of the rows that were taken; undefined without any. */
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
}

/** Why a row was refused. */
export interface RowRefusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}
