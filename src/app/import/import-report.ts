import type { RefusalReason } from "../../domain/index.ts";

/** What became of one text. */
export interface TextReport {
  readonly path: string;
  readonly text: string;
  readonly format: string;
  /** Canonical ids. */
  readonly symbols: readonly string[];
  /** imported: wholly by this run. resumed: the rest of it. known: imported before, nothing was read. dry-run: only looked at. */
  readonly state: "imported" | "resumed" | "known" | "dry-run";
  /** Line that this run began with; undefined where it read none. */
  readonly fromRow: number | undefined;
  /** Lines that are not blank. The rows are those added, repeated, refused. */
  readonly rows: number;
  readonly added: number;
  /** Rows that K2 had, or that the file has twice. */
  readonly repeated: number;
  readonly refused: number;
  readonly refusals: readonly RefusedRows[];
  readonly barsMade: number;
  readonly barsRevised: number;
  /** Times of the rows added, microseconds: of trades the event's, of books the recorder's; undefined without any. */
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
}

export interface RefusedRows {
  readonly reason: RefusalReason;
  readonly count: number;
  /** Where, of the first ones. */
  readonly examples: readonly string[];
}

export interface ImportReport {
  readonly texts: readonly TextReport[];
  /** Texts of zip files that no symbol was named for. */
  readonly leftOut: readonly string[];
  readonly seconds: number;
}
