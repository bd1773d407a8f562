import type { DecodeContext, FrameDecoder, FrameOutcome } from "../../domain/index.ts";
import type { ImportFormat, TableFormat } from "../format.ts";
import { type PieceHead, parseHead, splitPiece } from "../piece-head.ts";
import { forEachLine } from "./piece-lines.ts";
import { PieceRows } from "./piece-rows.ts";

/** Heads differ in the place of their piece only; a few files may take turns. */
const KEPT_MAX = 16;

/**
 * The decoder of a table format: each frame is a head (piece-head.ts) and rows. A row that cannot be read is refused by
 * its number in the file and the column that is wrong; the others go on.
 */
export function createTableDecoder(format: Pick<ImportFormat, "id"> & Partial<TableFormat>): FrameDecoder {
  const kept = new Map<string, PieceRows | string>();
  const rowsOf = (head: PieceHead): PieceRows | string => {
    const key = JSON.stringify({ ...head, byte: 0, row: 0, repeated: undefined, conflicting: undefined });
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size === KEPT_MAX) kept.clear();
    const table = head.table ?? (format.columns === undefined ? undefined : (format as TableFormat));
    const made = table === undefined ? "its head has no table" : PieceRows.of(table, head);
    kept.set(key, made);
    return made;
  };
  return {
    decode(payload, context): FrameOutcome | "refused" {
      const parts = splitPiece(payload);
      const head = parts === undefined ? undefined : parseHead(parts.text);
      if (parts === undefined || head === undefined || head.format !== format.id) {
        context.refuse("malformed", `not a piece of a file that is imported as ${format.id}`);
        return "refused";
      }
      const rows = rowsOf(head);
      if (typeof rows === "string") {
        context.refuse("malformed", `${head.text}: ${rows}`);
        return "refused";
      }
      return decodeRows(rows, head, payload, parts.rowsAt, context);
    },
  };
}

function decodeRows(
  rows: PieceRows,
  head: PieceHead,
  payload: Uint8Array,
  rowsAt: number,
  context: DecodeContext,
): FrameOutcome {
  rows.begin(context, head);
  const count = forEachLine(payload, { from: rowsAt, row: head.row }, (place) => rows.read(payload, place));
  return count === 0 ? "control" : "trades";
}
