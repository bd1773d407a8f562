import type { Abortable } from "../../base/index.ts";
import type { TextSource } from "../text/text-source.ts";
import { DbnCsvDecoder } from "./dbn-csv-decoder.ts";
import { DbnDecoder, type DbnVisitor } from "./dbn-decoder.ts";
import type { DbnMetadata } from "./dbn-metadata.ts";
import type { DbnRecord } from "./dbn-record.ts";
import { unpackIfPacked } from "./read-dbn.ts";
import { readSymbolMapping } from "./read-records.ts";
import { RECORD_TYPES } from "./record-types.ts";
import { DbnSymbolMap } from "./symbol-map.ts";

/** Names of DBN files. */
export const DBN_FILE_NAME: RegExp = /\.dbn(?:\.zst)?$/;

/** Makes rows of text of a stream's records. */
export interface RecordRows {
  /** With its newline. */
  readonly header: string;
  metadata?(metadata: DbnMetadata): void;
  /** The record's row, with its newline; undefined where it makes none. */
  row(record: DbnRecord, metadata: DbnMetadata): string | undefined;
}

const NOTHING = new Uint8Array(0);
const MAGIC = "DBN";

/** DBN by its name or by its first bytes, and CSV otherwise. */
function decoderOf(name: string, first: Uint8Array): DbnDecoder | DbnCsvDecoder {
  const begin = Buffer.from(first.subarray(0, MAGIC.length)).toString("latin1");
  return DBN_FILE_NAME.test(name) || begin === MAGIC ? new DbnDecoder() : new DbnCsvDecoder(name);
}

/** Hands the records of a DBN file on, or of Databento's CSV, chunk by chunk: each turn is one. */
export async function* streamRecords(
  file: TextSource,
  visitor: DbnVisitor,
  { signal }: Abortable = {},
): AsyncGenerator<void> {
  let decoder: DbnDecoder | DbnCsvDecoder | undefined;
  for await (const chunk of unpackIfPacked(file.read({ signal }), signal)) {
    signal?.throwIfAborted();
    decoder ??= decoderOf(file.name, chunk);
    decoder.write(chunk, visitor);
    yield;
  }
  decoder ??= decoderOf(file.name, NOTHING);
  decoder.end(visitor);
  yield;
}

/**
 * What of a file's records becomes rows, as text with a header; the same file always gives the same text. A line of CSV that
 * is no record stands there in words, and is refused by whoever reads the rows.
 *
 * @param otherwise names of instruments, where the file itself has none
 */
export function recordText(
  file: TextSource,
  open: (symbols: DbnSymbolMap) => RecordRows,
  otherwise?: DbnSymbolMap,
): TextSource {
  return { name: file.name, read: (options = {}) => readRows(file, open, otherwise, options) };
}

async function* readRows(
  file: TextSource,
  open: (symbols: DbnSymbolMap) => RecordRows,
  otherwise: DbnSymbolMap | undefined,
  options: Abortable,
): AsyncGenerator<Uint8Array> {
  const symbols = new DbnSymbolMap(otherwise);
  const rows = open(symbols);
  let text = rows.header;
  const visitor: DbnVisitor = {
    metadata: (metadata) => {
      symbols.addMetadata(metadata);
      rows.metadata?.(metadata);
    },
    record: (record, metadata) => {
      if (record.type === RECORD_TYPES.symbolMapping) symbols.addRecord(readSymbolMapping(record, metadata.version));
      const row = rows.row(record, metadata);
      if (row === undefined) return false;
      text += row;
      return true;
    },
    refuse: (line, detail) => {
      text += `line ${line} of ${file.name}: ${detail.replaceAll(/[",\r\n]/g, ";")}\n`;
    },
  };
  for await (const _ of streamRecords(file, visitor, options)) {
    if (text.length === 0) continue;
    yield Buffer.from(text);
    text = "";
  }
}
