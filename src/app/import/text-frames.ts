import { basename } from "node:path";
import { type Abortable, type Clock, type RecordBatch, RecordBatchBuilder } from "../../base/index.ts";
import { appendFrameRecord, type ConnectionClosed, type ConnectionOpened, type FrameKind } from "../../domain/index.ts";
import { linePieces, type PieceHead, piecePayload, tieOf } from "../../imports/index.ts";
import { importFeed } from "./import-feeds.ts";
import type { ImportJob } from "./plan-imports.ts";

/** A file that is opened, as the raw log tells it: what a connection's record tells, and which bytes these are. */
export interface FileOpened extends ConnectionOpened {
  readonly file: { readonly name: string; readonly text: string; readonly sha256: string };
  readonly format: string;
  /** Where this run begins. */
  readonly byte: number;
}

export interface FileClosed extends ConnectionClosed {
  readonly file: FileOpened["file"];
  /** Length of the text. */
  readonly bytes: number;
}

/** Some of a text's frames, and where the text stands after them. */
export interface FrameBatch {
  readonly records: RecordBatch;
  readonly byte: number;
  /** Number of the line that this run began with; undefined where there is none. */
  readonly fromRow: number | undefined;
  /** Rows in these frames, blank lines not counted. */
  readonly rows: number;
  readonly isLast: boolean;
}

export interface TextFramesOptions extends Abortable {
  /** Place in the text: where an earlier run stopped, or its rows begin. */
  readonly from: number;
  readonly clock: Clock;
  /** For tests: how many bytes a piece and a batch have at most. */
  readonly pieceBytesMax?: number;
  readonly batchBytesMax?: number;
}

/** Small enough that a second of trades is not one frame, large enough that a frame costs nothing. */
const PIECE_BYTES_MAX = 64 * 1024;
const BATCH_BYTES_MAX = 1024 * 1024;

/** A text as frames of the raw log: opened, its pieces, closed. */
export async function* textFrames(job: ImportJob, options: TextFramesOptions): AsyncGenerator<FrameBatch> {
  const { from, clock, signal, pieceBytesMax = PIECE_BYTES_MAX, batchBytesMax = BATCH_BYTES_MAX } = options;
  const { identity, format, firstLine, source } = job;
  const feed = importFeed(format.id);
  const builder = new RecordBatchBuilder();
  // Every run has its own, and a later one a larger.
  const epoch = Number(clock.nowNs() / 1_000_000_000n);
  const append = (kind: FrameKind, payload: Uint8Array): void =>
    appendFrameRecord(
      { kind, feed, connection: connectionOf(job), epoch, timeNs: clock.nowNs(), source: "import", payload },
      builder,
    );
  const file = { name: basename(job.path), text: source.name, sha256: identity.file };
  append("opened", json(openedRecord(job, file, from)));
  const head = headOf(job);
  let byte = from;
  let row: number | undefined;
  let rows = 0;
  const cut = { from, bytesMax: pieceBytesMax, tieOf: tieOf(format, firstLine.header) };
  for await (const piece of linePieces(source.read({ signal }), cut)) {
    row ??= piece.row;
    append("received", piecePayload({ ...head, byte: piece.byte, row: piece.row }, piece.bytes));
    byte = piece.byte + piece.bytes.byteLength;
    rows += piece.rows;
    if (builder.byteLength < batchBytesMax) continue;
    yield { records: builder.take(), byte, fromRow: row, rows, isLast: false };
    rows = 0;
  }
  append("closed", json({ cause: "planned", detail: "read to its end", file, bytes: byte } satisfies FileClosed));
  yield { records: builder.take(), byte, fromRow: row, rows, isLast: true };
}

/** A file is told from others by its bytes. */
function connectionOf({ format, identity }: ImportJob): string {
  return `${importFeed(format.id)}/${identity.file.slice(0, 16)}`;
}

function openedRecord({ path, format, identity }: ImportJob, file: FileOpened["file"], byte: number): FileOpened {
  const symbols = identity.listings.map(({ rawSymbol }) => rawSymbol);
  return { url: `file:${basename(path)}`, symbols, planned: false, file, format: format.id, byte };
}

function headOf({ format, identity, source, firstLine }: ImportJob): Omit<PieceHead, "byte" | "row"> {
  return {
    version: 1,
    format: format.id,
    file: identity.file,
    text: source.name,
    listings: identity.listings,
    ...(firstLine.header === undefined ? {} : { header: firstLine.header }),
    ...(identity.date === undefined ? {} : { date: identity.date }),
    ...(identity.table === undefined ? {} : { table: identity.table }),
  };
}

const encoder = new TextEncoder();

function json(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}
