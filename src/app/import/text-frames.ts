import { basename } from "node:path";
import { type Abortable, type Clock, type RecordBatch, RecordBatchBuilder } from "../../base/index.ts";
import { appendFrameRecord, type ConnectionClosed, type ConnectionOpened, type FrameKind } from "../../domain/index.ts";
import {
  type KnownSpan,
  linePieces,
  type Piece,
  type PieceHead,
  PiecePayloads,
  type RowRun,
  tieOf,
} from "../../imports/index.ts";
import { importFeed } from "./import-feeds.ts";
import type { CheckedPiece, KnownRows } from "./known-rows.ts";
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
  /** Of them, those that K2 had. */
  readonly repeated: number;
  readonly isLast: boolean;
}

export interface TextFramesOptions extends Abortable {
  /** Place in the text: where an earlier run stopped, or its rows begin. */
  readonly from: number;
  readonly clock: Clock;
  /** For tests: how many bytes a piece and a batch have at most. */
  readonly pieceBytesMax?: number;
  /** Finds rows that K2 has, of texts whose trade ids are texts; absent where nothing is written. */
  readonly known?: Pick<KnownRows, "check"> | undefined;
  /** Of books: what other files have told. */
  readonly spans?: readonly KnownSpan[] | undefined;
  /** Rows that are looked for at once. */
  readonly knownRowsMax?: number;
  readonly batchBytesMax?: number;
}

/** Small enough that a second of trades is not one frame, large enough that a frame costs nothing. */
const PIECE_BYTES_MAX = 64 * 1024;
/** Each batch is durable by itself, and becomes a transaction of the pipeline: not too many of them. */
const BATCH_BYTES_MAX = 3 * 1024 * 1024;
/** Some 40 MB of text; the fewer steps, the fewer times store and lake are asked. */
const KNOWN_ROWS_MAX = 400_000;

/** A text as frames of the raw log: opened, its pieces, closed. */
export async function* textFrames(job: ImportJob, options: TextFramesOptions): AsyncGenerator<FrameBatch> {
  const { from, clock, signal, pieceBytesMax = PIECE_BYTES_MAX, batchBytesMax = BATCH_BYTES_MAX } = options;
  const { identity, format, firstLine, source } = job;
  const feed = importFeed(format.id);
  const builder = new RecordBatchBuilder();
  // Of trades every run has its own, and a later one a larger. A book goes on where an earlier run stopped.
  const isAside = format.books !== undefined || format.venueData !== undefined;
  const epoch = isAside ? 0 : Number(clock.nowNs() / 1_000_000_000n);
  const append = (kind: FrameKind, payload: Uint8Array): void =>
    appendFrameRecord(
      { kind, feed, connection: connectionOf(job), epoch, timeNs: clock.nowNs(), source: "import", payload },
      builder,
    );
  const file = { name: basename(job.path), text: source.name, sha256: identity.file };
  append("opened", json(openedRecord(job, file, from)));
  const { spans = [] } = options;
  const head = { ...headOf(job), ...(spans.length === 0 ? {} : { known: spans }) };
  let byte = from;
  let row: number | undefined;
  let rows = 0;
  let repeated = 0;
  let isLong = false;
  const cut = { from, bytesMax: pieceBytesMax, tieOf: tieOf(format, firstLine.header) };
  const pieces = linePieces(source.read({ signal }), cut);
  const payloads = new PiecePayloads();
  const checked: AsyncIterable<Piece & FoundRuns> =
    options.known === undefined ? pieces : checkedPieces(pieces, head, options.known, options);
  for await (const piece of checked) {
    row ??= piece.row;
    // Of a long text the room is known: a builder that grows step by step would take it three times.
    if (builder.count === 0 && isLong) builder.reserve(batchBytesMax + 2 * pieceBytesMax);
    append("received", payloads.of({ ...head, byte: piece.byte, row: piece.row, ...runsOf(piece) }, piece.bytes));
    byte = piece.byte + piece.bytes.byteLength;
    rows += piece.rows;
    repeated += (piece.repeated ?? []).reduce((sum, [first, last]) => sum + last + 1 - first, 0);
    if (builder.byteLength < batchBytesMax) continue;
    isLong = true;
    yield { records: builder.take(), byte, fromRow: row, rows, repeated, isLast: false };
    rows = 0;
    repeated = 0;
  }
  append("closed", json({ cause: "planned", detail: "the file ends here", file, bytes: byte } satisfies FileClosed));
  yield { records: builder.take(), byte, fromRow: row, rows, repeated, isLast: true };
}

interface FoundRuns {
  readonly repeated?: readonly RowRun[];
  readonly conflicting?: readonly RowRun[];
}

/** What of a piece's runs goes into its head. */
function runsOf({ repeated = [], conflicting = [] }: FoundRuns): FoundRuns {
  return {
    ...(repeated.length === 0 ? {} : { repeated }),
    ...(conflicting.length === 0 ? {} : { conflicting }),
  };
}

/** Pieces with what K2 has of their rows: some hundred thousand rows at once, held in memory meanwhile. */
async function* checkedPieces(
  pieces: AsyncIterable<Piece>,
  head: Omit<PieceHead, "byte" | "row">,
  known: Pick<KnownRows, "check">,
  { signal, knownRowsMax = KNOWN_ROWS_MAX }: TextFramesOptions,
): AsyncGenerator<Piece & FoundRuns> {
  let held: (Piece & CheckedPiece)[] = [];
  let rows = 0;
  for await (const piece of pieces) {
    held.push({ ...piece, bytes: piece.bytes.slice(), repeated: [], conflicting: [] });
    rows += piece.rows;
    if (rows < knownRowsMax) continue;
    await known.check(head, held, { signal });
    yield* held;
    held = [];
    rows = 0;
  }
  if (held.length > 0) await known.check(head, held, { signal });
  yield* held;
}

/** A file is told from others by its bytes. */
export function connectionOf({ format, identity }: ImportJob): string {
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
    ...(identity.interval === undefined ? {} : { interval: identity.interval }),
    ...(identity.table === undefined ? {} : { table: identity.table }),
  };
}

const encoder = new TextEncoder();

function json(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}
