import type { BookContext, BookOutcome, BookReader } from "../../domain/index.ts";
import type { ImportFormat, TableFormat } from "../format.ts";
import { OrderRowReader } from "../orders/order-row-reader.ts";
import { type PieceHead, parseHead, splitPiece } from "../piece-head.ts";
import { forEachLine } from "../table/piece-lines.ts";
import { BookRowReader } from "./book-row-reader.ts";
import { BookStates } from "./book-states.ts";
import type { PieceCounts } from "./piece-counts.ts";

/** Heads differ in the place of their piece only; a few files may take turns. */
const KEPT_MAX = 16;

type PieceRowReader = BookRowReader | OrderRowReader;

/** @param onPiece told what became of each piece's rows */
export function createBookPieceReader(
  format: Pick<ImportFormat, "id" | "books"> & TableFormat,
  onPiece: (counts: PieceCounts) => void = () => {},
): BookReader {
  const states = new BookStates();
  const kept = new Map<string, PieceRowReader | string>();
  const rowsOf = (head: PieceHead): PieceRowReader | string => {
    const key = JSON.stringify({ ...head, byte: 0, row: 0, known: undefined });
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size === KEPT_MAX) kept.clear();
    const made =
      format.books?.rows === "orders" ? OrderRowReader.of(format, head) : BookRowReader.of(format, head, states);
    kept.set(key, made);
    return made;
  };
  return {
    read(payload, context): BookOutcome {
      const parts = splitPiece(payload);
      const head = parts === undefined ? undefined : parseHead(parts.text);
      if (parts === undefined || head === undefined || head.format !== format.id)
        return refused(context, `not a piece of a file that is imported as ${format.id}`);
      const rows = rowsOf(head);
      if (typeof rows === "string") return refused(context, `${head.text}: ${rows}`);
      rows.begin(context, head);
      forEachLine(payload, { from: parts.rowsAt, row: head.row }, (place) => rows.read(payload, place));
      onPiece(rows.end());
      return "book";
    },
    save: () => states.save(),
    restore: (saved) => states.restore(saved),
  };
}

function refused(context: BookContext, detail: string): BookOutcome {
  context.refuse("malformed", detail);
  return "refused";
}
