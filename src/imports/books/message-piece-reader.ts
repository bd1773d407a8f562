import type { BookContext, BookMessage, BookOutcome, BookReader, RefusalReason } from "../../domain/index.ts";
import type { ImportFormat } from "../format.ts";
import { type PieceHead, parseHead, splitPiece } from "../piece-head.ts";
import { forEachLine, type RowPlace } from "../table/piece-lines.ts";
import { type PieceCounts, pieceId, type RowRefusal } from "./piece-counts.ts";

/**
 * Archives that keep a venue's own messages, one a line: read by the reader of the live feed, with its proofs.
 *
 * @param venueReader of the feed's messages
 * @param onPiece told what became of each piece's lines
 */
export function createMessagePieceReader(
  format: Pick<ImportFormat, "id">,
  venueReader: BookReader,
  onPiece: (counts: PieceCounts) => void = () => {},
): BookReader {
  const lines = new MessageLines(venueReader);
  return {
    read(payload, context): BookOutcome {
      const parts = splitPiece(payload);
      const head = parts === undefined ? undefined : parseHead(parts.text);
      if (parts === undefined || head === undefined || head.format !== format.id) {
        context.refuse("malformed", `not a piece of a file that is imported as ${format.id}`);
        return "refused";
      }
      onPiece(lines.read(payload, parts.rowsAt, head, context));
      return "book";
    },
    save: () => venueReader.save?.() ?? "",
    restore: (saved) => {
      if (saved !== "") venueReader.restore?.(saved);
    },
  };
}

type Fate = "taken" | "known" | "refused";

/** Hands line after line to the venue's reader, and adds to what it tells where the line stands and when it was. */
class MessageLines {
  readonly #reader: BookReader;
  readonly #inner: BookContext;
  #outer: BookContext | undefined;
  #head: PieceHead | undefined;
  #payload: Uint8Array = new Uint8Array(0);
  #place: RowPlace = { start: 0, end: 0, line: 0, index: 0 };
  #fate: Fate | undefined;
  #refusals: RowRefusal[] = [];
  #firstUs: number | undefined;
  #lastUs: number | undefined;

  constructor(reader: BookReader) {
    this.#reader = reader;
    const of = (): BookContext => this.#context;
    this.#inner = {
      get levels() {
        return of().levels;
      },
      listing: (rawSymbol, price, size) => {
        const named = this.#head?.listings.find((one) => one.rawSymbol === rawSymbol);
        return named === undefined ? undefined : of().listing(rawSymbol, price, size, named);
      },
      message: (message) => this.#message(message),
      lost: (detail) => of().lost(detail),
      refuse: (reason, detail, at) => this.#refuse(reason, detail, at?.rawSymbol),
    };
  }

  read(payload: Uint8Array, rowsAt: number, head: PieceHead, context: BookContext): PieceCounts {
    this.#outer = context;
    this.#head = head;
    this.#payload = payload;
    this.#firstUs = undefined;
    this.#lastUs = undefined;
    this.#refusals = [];
    const counts = { taken: 0, known: 0, refused: 0 };
    forEachLine(payload, { from: rowsAt, row: head.row }, (place) => {
      this.#place = place;
      this.#fate = undefined;
      const outcome = this.#reader.read(payload.subarray(place.start, place.end), this.#inner);
      if (this.#fate === undefined && outcome === "other")
        this.#refuse("unknown_message", "the line is no message of this channel");
      counts[this.#fate ?? "refused"] += 1;
    });
    return {
      ...pieceId(head),
      ...counts,
      refusals: this.#refusals,
      firstUs: this.#firstUs,
      lastUs: this.#lastUs,
    };
  }

  get #context(): BookContext {
    if (this.#outer === undefined) throw new Error("a reader of books told something outside a frame");
    return this.#outer;
  }

  #message(message: BookMessage): void {
    const us = message.eventTimeUs ?? 0;
    const rawSymbol = this.#rawSymbol();
    const isKnown = (this.#head?.known ?? []).some(
      (span) => us >= span.fromUs && us <= span.toUs && span.rawSymbol === rawSymbol,
    );
    const isRepeated = isKnown || message.verdict === "old";
    this.#fate = isRepeated ? "known" : "taken";
    if (!isRepeated) {
      this.#firstUs = Math.min(us, this.#firstUs ?? us);
      this.#lastUs = Math.max(us, this.#lastUs ?? us);
    }
    this.#context.message({
      ...message,
      frameIndex: this.#place.index,
      recorded: { us, nanos: message.eventTimeNanos },
      ...(isKnown ? { isKnown } : {}),
    });
  }

  #refuse(reason: RefusalReason, detail: string, rawSymbol: string | undefined = this.#rawSymbol()): void {
    this.#fate = "refused";
    const { line, index, start, end } = this.#place;
    const where = `${this.#head?.text}, row ${line}: ${detail}`;
    this.#refusals.push({ reason, detail: where });
    this.#context.refuse(reason, where, {
      ...(rawSymbol === undefined ? {} : { rawSymbol }),
      frameIndex: index,
      record: this.#payload.subarray(start, end),
    });
    // The next message is not what follows the last one that was read.
    this.#context.lost(`row ${line} was refused: ${detail}`);
  }

  /** A file of messages is of one symbol. */
  #rawSymbol(): string | undefined {
    const listings = this.#head?.listings ?? [];
    return listings.length === 1 ? listings[0]?.rawSymbol : undefined;
  }
}
