import { InvalidInputError } from "../../base/index.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import { CsvRows } from "../table/row-fields.ts";
import { type CsvField, csvFields, writeCell } from "./csv-fields.ts";
import type { DbnVisitor } from "./dbn-decoder.ts";
import type { DbnMetadata } from "./dbn-metadata.ts";
import { DbnRecord, LENGTH_UNIT_BYTES } from "./dbn-record.ts";
import { RECORD_TYPES } from "./record-types.ts";

const VERSION = 3;
const MAPPING_BYTES = 176;
const MAPPING_OUT = 16 + 2 + 71;
const SYMBOL_BYTES = 71;
/** Columns that every CSV of Databento's has, by which it is told from others. */
const NEEDED = ["rtype", "instrument_id", "ts_event"] as const;
/** As batch downloads are called: glbx-mdp3-20240701.trades.csv */
const FILE_NAME = /^(?<dataset>[a-z]{4}-[a-z0-9]+)-\d{8}/;
/** Publishers of futures and options, whose dataset a file's name may not say: CME Globex, and the venues of OPRA. */
const CME = 1;
const OPRA = { first: 20, last: 37 } as const;

interface Plan {
  readonly byteLength: number;
  readonly cells: readonly { readonly field: CsvField; readonly column: number }[];
}

const utf8 = new TextDecoder();

/** Whether a first line is the header of Databento's CSV. */
export function isDatabentoHeader(line: string): boolean {
  const names = namesOf(line.split(","));
  return NEEDED.every((name) => names.includes(name));
}

/**
 * Reads Databento's CSV, of the schemas trades, mbo, mbp-1, tbbo, mbp-10, bbo, ohlcv and definition, in any order of its
 * columns, as the records of version 3 of DBN that it was made from: so both forms of the same data give the same rows and
 * ids. A column `symbol` is told as symbol mapping records are.
 *
 * @see https://databento.com/docs/standards-and-conventions/databento-binary-encoding
 */
export class DbnCsvDecoder {
  readonly #name: string;
  readonly #lines = new LineSplitter();
  readonly #rows = new CsvRows(",");
  readonly #record = new DbnRecord();
  readonly #bytes = new DataView(new ArrayBuffer(1024));
  readonly #mapping = new DataView(new ArrayBuffer(MAPPING_BYTES));
  readonly #plans = new Map<number, Plan>();
  /** What each instrument was called last. */
  readonly #symbols = new Map<number, string>();
  #names: readonly string[] | undefined;
  #metadata: DbnMetadata | undefined;

  /** @param name of the file, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws {InvalidInputError} when the header lacks a column */
  write(chunk: Uint8Array, visitor: DbnVisitor): void {
    this.#lines.write(chunk, (bytes, start, end, line) => this.#line(bytes.subarray(start, end), line, visitor));
  }

  end(visitor: DbnVisitor): void {
    this.#lines.end((bytes, start, end, line) => this.#line(bytes.subarray(start, end), line, visitor));
    if (this.#lines.droppedBytes > 0)
      visitor.refuse?.(this.#lines.count, `${this.#lines.droppedBytes} bytes of lines that are longer than any row`);
  }

  #line(bytes: Uint8Array, line: number, visitor: DbnVisitor): void {
    const rows = this.#rows;
    const wrong = rows.read(bytes, 0, bytes.byteLength);
    if (this.#names === undefined) {
      this.#names = namesOf(Array.from({ length: rows.count }, (_, column) => this.#cell(column)));
      const missing = NEEDED.find((name) => this.#names?.includes(name) !== true);
      if (missing !== undefined) throw this.#missing(missing);
      return;
    }
    const refused = wrong ?? this.#read(visitor);
    if (refused !== undefined) visitor.refuse?.(line, `${refused}; the row is ${utf8.decode(bytes.subarray(0, 160))}`);
  }

  /** @returns what is wrong with the row */
  #read(visitor: DbnVisitor): string | undefined {
    const names = this.#names ?? [];
    const count = this.#rows.count;
    if (count !== names.length) return `it has ${count} columns instead of ${names.length}`;
    const typeText = this.#cell(names.indexOf("rtype"));
    const type = /^\d{1,3}$/.test(typeText) ? Number(typeText) : -1;
    const plan = this.#plan(type);
    if (plan === undefined)
      return `column "rtype" is ${JSON.stringify(typeText)}, no kind of record that K2 reads from CSV`;
    const view = this.#bytes;
    new Uint8Array(view.buffer).fill(0, 0, plan.byteLength);
    view.setUint8(0, plan.byteLength / LENGTH_UNIT_BYTES);
    view.setUint8(1, type);
    for (const { field, column } of plan.cells) {
      const text = this.#cell(column);
      const expected = writeCell(text, field, view);
      if (expected !== undefined)
        return `column "${field.name}" is ${JSON.stringify(text.slice(0, 160))}, not ${expected}`;
    }
    const metadata = this.#begin(visitor, view.getUint16(2, true));
    this.#tellSymbol(view.getUint32(4, true), metadata, visitor);
    this.#record.point(view, 0, plan.byteLength);
    visitor.record(this.#record, metadata);
    return undefined;
  }

  #plan(type: number): Plan | undefined {
    const known = this.#plans.get(type);
    if (known !== undefined) return known;
    const layout = csvFields(type);
    if (layout === undefined) return undefined;
    const cells = layout.fields.flatMap((field) => {
      const column = this.#names?.indexOf(field.name) ?? -1;
      if (column < 0 && field.isOptional !== true) throw this.#missing(field.name);
      return column < 0 ? [] : [{ field, column }];
    });
    const plan = { byteLength: layout.bytes, cells };
    this.#plans.set(type, plan);
    return plan;
  }

  /** CSV has no metadata: of the dataset the file's name tells, or the publisher of its first record. */
  #begin(visitor: DbnVisitor, publisher: number): DbnMetadata {
    if (this.#metadata !== undefined) return this.#metadata;
    const named = FILE_NAME.exec(this.#name)?.groups?.["dataset"]?.toUpperCase().replace("-", ".");
    const isOpra = publisher >= OPRA.first && publisher <= OPRA.last;
    const metadata: DbnMetadata = {
      version: VERSION,
      dataset: named ?? (publisher === CME ? "GLBX.MDP3" : isOpra ? "OPRA.PILLAR" : ""),
      schema: undefined,
      startNs: 0n,
      endNs: undefined,
      limit: undefined,
      symbolKindIn: undefined,
      symbolKindOut: "instrument_id",
      hasSendTimes: false,
      symbols: [],
      partial: [],
      notFound: [],
      mappings: [],
    };
    this.#metadata = metadata;
    visitor.metadata?.(metadata);
    return metadata;
  }

  /** What the row calls its instrument, where that is not what the row before it did. */
  #tellSymbol(instrument: number, metadata: DbnMetadata, visitor: DbnVisitor): void {
    const column = this.#names?.indexOf("symbol") ?? -1;
    if (column < 0) return;
    const symbol = this.#cell(column);
    if (this.#symbols.get(instrument) === symbol) return;
    this.#symbols.set(instrument, symbol);
    const view = this.#mapping;
    const bytes = new Uint8Array(view.buffer).fill(0);
    view.setUint8(0, MAPPING_BYTES / LENGTH_UNIT_BYTES);
    view.setUint8(1, RECORD_TYPES.symbolMapping);
    view.setUint32(4, instrument, true);
    bytes.set(Buffer.from(symbol).subarray(0, SYMBOL_BYTES - 1), MAPPING_OUT);
    bytes.fill(0xff, MAPPING_BYTES - 16); // Neither begin nor end.
    this.#record.point(view, 0, MAPPING_BYTES);
    visitor.record(this.#record, metadata);
  }

  #cell(column: number): string {
    const { bytes, starts, ends } = this.#rows;
    return utf8.decode(bytes.subarray(starts[column], ends[column]));
  }

  #missing(name: string): InvalidInputError {
    return new InvalidInputError(
      `${this.#name} has no column "${name}", which Databento's CSV of its kind has; it has ${(this.#names ?? []).join(", ")}. ` +
        "What came before is kept; fetch it anew with all its columns, or describe it with --mapping",
    );
  }
}

function namesOf(cells: readonly string[]): readonly string[] {
  return cells.map((cell) =>
    cell
      .replace(/^\uFEFF/, "")
      .replaceAll('"', "")
      .trim()
      .toLowerCase(),
  );
}
