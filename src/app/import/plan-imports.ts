import { basename } from "node:path";
import { type Abortable, InvalidInputError } from "../../base/index.ts";
import {
  type FirstLine,
  type HeadListing,
  IMPORT_FORMATS,
  type ImportFormat,
  importFormat,
  type Mapping,
  openTextFile,
  otherFile,
  readFirstLine,
  type TableFormat,
  type TextFile,
  type TextSource,
  tableText,
} from "../../imports/index.ts";
import { fileDigest } from "./file-digest.ts";
import { type ImportIdentity, importId } from "./import-journal.ts";
import { parquetText } from "./parquet-text.ts";
import { resolveListings, type SymbolOptions } from "./resolve-listings.ts";

export interface PlanOptions extends SymbolOptions, Abortable {
  /** ImportFormat.id, or "auto": by the file's name and first line. */
  readonly format: string;
  /** Of files that are read by a mapping, instead of a format. */
  readonly mapped?: Mapping | undefined;
}

/** One text that will be imported: of which file, and how it is read. */
export interface ImportJob {
  readonly id: string;
  readonly path: string;
  readonly source: TextSource;
  readonly format: ImportFormat;
  readonly identity: ImportIdentity;
  readonly firstLine: FirstLine;
}

export interface ImportPlan {
  readonly jobs: readonly ImportJob[];
  /** Texts within zip files that are left out, as nothing says what their symbol is. */
  readonly leftOut: readonly string[];
}

/**
 * Finds out what each file is and which instruments it holds, before anything is written.
 *
 * @throws {InvalidInputError} when a file cannot be read, is of no known format, lacks a column, or its symbol is unknown
 */
export async function planImports(paths: readonly string[], options: PlanOptions): Promise<ImportPlan> {
  const jobs: ImportJob[] = [];
  const leftOut: string[] = [];
  for (const path of paths) {
    const file = await textsOf(path, options);
    const digest = await fileDigest(path, options);
    const before = jobs.length;
    const problems: InvalidInputError[] = [];
    for (const source of file.texts) {
      try {
        jobs.push(await planText({ path, file, digest, source }, options));
      } catch (error) {
        if (!(error instanceof InvalidInputError) || file.texts.length === 1) throw error;
        problems.push(error);
        leftOut.push(`${basename(path)}: ${source.name}`);
      }
    }
    if (jobs.length === before)
      throw problems[0] ?? new InvalidInputError(`${path} holds no file. Nothing was imported of it`);
  }
  return { jobs, leftOut };
}

/** Parquet is read by a mapping alone: it becomes CSV, in exact types. */
async function textsOf(path: string, { mapped, format }: PlanOptions): Promise<TextFile> {
  const file = await openTextFile(path);
  if (file.kind !== "parquet")
    return mapped === undefined ? { ...file, texts: file.texts.map((text) => tableText(text, format)) } : file;
  if (mapped === undefined)
    throw new InvalidInputError(
      `${path} is Parquet: say with --mapping which of its columns are what (docs/import.md). Nothing was imported of it`,
    );
  return { ...file, texts: [await parquetText(path, basename(path), mapped.format)] };
}

interface Text {
  readonly path: string;
  readonly file: TextFile;
  readonly digest: string;
  readonly source: TextSource;
}

async function planText(text: Text, options: PlanOptions): Promise<ImportJob> {
  const { path, source, digest } = text;
  const first = await firstBytes(source, options);
  const { format, listings } = options.mapped ?? chooseFormat(source.name, first, options);
  const firstLine = readFirstLine(format, first);
  if (typeof firstLine === "string")
    throw new InvalidInputError(
      `${nameOf(text)} is not as ${format.id} says: ${firstLine}. Nothing was imported of it; see docs/import.md`,
    );
  const table: TableFormat | undefined = options.mapped && tableOf(format);
  const date = dateOf(format, source.name);
  const said = format.fileName?.exec(source.name)?.groups?.["interval"];
  const interval = said === undefined ? undefined : (format.intervals?.[said] ?? said);
  const identity = { file: digest, text: source.name, format: format.id, listings, date, interval, table };
  return { id: importId(identity), path, source, format, identity, firstLine };
}

function tableOf({ text, delimiter, header, columns, flags, zone }: ImportFormat): TableFormat {
  return { text, delimiter, header, columns, flags, ...(zone === undefined ? {} : { zone }) };
}

const FIRST_BYTES = 64 * 1024;

/** The begin of a text: its first line at least, unless that is no line of a table. */
async function firstBytes(source: TextSource, { signal }: Abortable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source.read({ signal })) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= FIRST_BYTES) break;
  }
  return Buffer.concat(chunks);
}

interface Choice {
  readonly format: ImportFormat;
  readonly listings: readonly HeadListing[];
}

function chooseFormat(name: string, first: Uint8Array, options: PlanOptions): Choice {
  const other = otherFile(name);
  if (other !== undefined)
    throw new InvalidInputError(`${name}: ${other}. Nothing was imported of it; see docs/import.md`);
  const candidates = options.format === "auto" ? candidatesOf(name, first) : [importFormat(options.format)];
  if (candidates.length === 0)
    throw new InvalidInputError(
      `Cannot tell by its name what ${name} holds. Say --format (${IMPORT_FORMATS.map(({ id }) => id).join(", ")}), ` +
        "or describe it with --mapping; nothing was imported of it",
    );
  const choices = candidates.map((format) => ({
    format,
    listings: resolveListings(format, symbolOf(format, name), options),
  }));
  const [choice, ...others] = choices.filter(({ listings }) => listings.length > 0);
  if (choice === undefined) throw unknownSymbol(name, candidates);
  if (others.length > 0)
    throw new InvalidInputError(
      `${name} may be ${[choice, ...others].map(({ format }) => format.id).join(" or ")}. Say which with --format; nothing was imported of it`,
    );
  return choice;
}

function candidatesOf(name: string, first: Uint8Array): readonly ImportFormat[] {
  const named = IMPORT_FORMATS.filter(({ fileName, isNamed }) => isNamed !== true && fileName?.test(name) === true);
  const fields = new TextDecoder().decode(first.subarray(0, FIRST_BYTES)).split("\n", 1)[0]?.split(",").length;
  return named.filter(({ fieldCount }) => fieldCount === undefined || named.length === 1 || fieldCount === fields);
}

function symbolOf({ fileName }: ImportFormat, name: string): string | undefined {
  return fileName?.exec(name)?.groups?.["symbol"];
}

function dateOf({ fileName }: ImportFormat, name: string): string | undefined {
  const date = fileName?.exec(name)?.groups?.["date"]?.replaceAll("-", "");
  return date?.length === 8 ? date : undefined;
}

function unknownSymbol(name: string, candidates: readonly ImportFormat[]): InvalidInputError {
  const [format] = candidates;
  const symbol = format && symbolOf(format, name);
  const example = format?.spelling.length === 0 && symbol !== undefined ? `${symbol}=` : "";
  const sample = name.toLowerCase().includes("equity") || format?.zone !== undefined ? "AAPL-XNAS-EQ" : "BTC-USDT-SPOT";
  return new InvalidInputError(
    `${name}: nothing says which instrument ${symbol ?? "its symbol"} is. Name it, for example --symbol ${example}${sample}` +
      `${(format?.spelling.length ?? 0) > 0 ? ", spelled by the venue as the file is" : ""}; nothing was imported of it`,
  );
}

function nameOf({ path, file, source }: Text): string {
  return file.kind === "zip" ? `${source.name} in ${path}` : path;
}
