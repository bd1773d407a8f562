import type { TableFormat } from "./format.ts";

/**
 * The first line of a frame of an import: all that its rows need to be understood alone. After it, and a newline, come the
 * bytes of the file, untouched, from one line's begin to another line's end.
 */
export interface PieceHead {
  readonly version: 1;
  /** ImportFormat.id. */
  readonly format: string;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly file: string;
  /** The text within the file. */
  readonly text: string;
  /** Place of the first byte in the text, and number of its line, from 1. */
  readonly byte: number;
  readonly row: number;
  /** The market of each symbol or of the whole file. */
  readonly listings: readonly HeadListing[];
  /** Names of the columns, from the file's header line; absent where it has none. */
  readonly header?: readonly string[];
  /** YYYYMMDD, of files whose rows have the time of day only. */
  readonly date?: string;
  /** Of candles: 1s, 1m, 1h, 1d, 1w, 1mo or what else the file's name says. */
  readonly interval?: string;
  /** Of files that are read by a mapping: the mapping's table. */
  readonly table?: TableFormat;
  /**
   * Rows that K2 had when the piece was appended, as runs by their places in the piece, both ends included: they are
   * passed over, whoever reads the piece and whenever.
   */
  readonly repeated?: readonly RowRun[];
  /** The same of rows with the id of a trade that K2 had, and another price or size: they are refused. */
  readonly conflicting?: readonly RowRun[];
  /** Of books: times that other files of the format have told of, when the piece was appended. */
  readonly known?: readonly KnownSpan[];
}

/** What another file has told of one listing: from one recorded time to another, microseconds, both included. */
export interface KnownSpan {
  readonly venue: string;
  readonly rawSymbol: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Rows one after the other, by their places in their piece (blank lines not counted), both ends included. */
export type RowRun = readonly [first: number, last: number];

/** What a file's symbol stands for. */
export interface HeadListing {
  readonly venue: string;
  readonly rawSymbol: string;
  /** Canonical id. */
  readonly symbol: string;
  /** The vendor's name of the market, in files of several. */
  readonly market?: string;
}

const NEWLINE = 0x0a;
const HEAD_BYTES_MAX = 1_048_576;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The frame of a piece. */
export function piecePayload(head: PieceHead, bytes: Uint8Array): Uint8Array {
  const line = encoder.encode(`${JSON.stringify(head)}\n`);
  const payload = new Uint8Array(line.byteLength + bytes.byteLength);
  payload.set(line);
  payload.set(bytes, line.byteLength);
  return payload;
}

/** Makes the frames of one piece after the other in the same memory: each is valid until the next. */
export class PiecePayloads {
  #buffer: Uint8Array = new Uint8Array(128 * 1024);

  of(head: PieceHead, bytes: Uint8Array): Uint8Array {
    const line = encoder.encode(`${JSON.stringify(head)}\n`);
    const length = line.byteLength + bytes.byteLength;
    if (length > this.#buffer.byteLength) this.#buffer = new Uint8Array(2 * length);
    this.#buffer.set(line);
    this.#buffer.set(bytes, line.byteLength);
    return this.#buffer.subarray(0, length);
  }
}

/** The head's text and where the rows begin; undefined when the frame has none. */
export function splitPiece(payload: Uint8Array): { readonly text: string; readonly rowsAt: number } | undefined {
  const end = payload.subarray(0, HEAD_BYTES_MAX).indexOf(NEWLINE);
  if (end < 0) return undefined;
  try {
    return { text: decoder.decode(payload.subarray(0, end)), rowsAt: end + 1 };
  } catch {
    return undefined;
  }
}

/** @returns undefined when the text is not a head of this version */
export function parseHead(text: string): PieceHead | undefined {
  try {
    const head = JSON.parse(text) as Partial<PieceHead> | null;
    if (head?.version !== 1 || typeof head.format !== "string" || !Array.isArray(head.listings)) return undefined;
    return head as PieceHead;
  } catch {
    return undefined;
  }
}
