import { basename } from "node:path";
import { type Abortable, InvalidInputError } from "../../base/index.ts";
import {
  type DefinitionNames,
  type FirstLine,
  type ImportFormat,
  type Mapping,
  openTextFile,
  readDefinitionNames,
  readFirstLine,
  type TableFormat,
  type TableText,
  type TextFile,
  tableText,
} from "../../imports/index.ts";
import { chooseFormat, dateOf } from "./choose-format.ts";
import { fileDigest } from "./file-digest.ts";
import { type ImportIdentity, importId } from "./import-journal.ts";
import { parquetText } from "./parquet-text.ts";
import type { SymbolOptions } from "./resolve-listings.ts";

export interface PlanOptions extends SymbolOptions, Abortable {
  /** ImportFormat.id, or "auto": by the file's name and first line. */
  readonly format: string;
  /** Of files that are read by a mapping, instead of a format. */
  readonly mapped?: Mapping | undefined;
  /** A file of definitions that says what the instruments of the others are called. */
  readonly definitionsPath?: string | undefined;
}

/** One text that will be imported: of which file, and how it is read. */
export interface ImportJob {
  readonly id: string;
  readonly path: string;
  readonly source: TableText;
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
  const { definitionsPath } = options;
  const definitions = definitionsPath === undefined ? undefined : await namesOf(definitionsPath, options);
  for (const path of paths) {
    const file = await textsOf(path, options, definitions);
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

async function namesOf(path: string, { signal }: Abortable): Promise<DefinitionNames> {
  const { texts } = await openTextFile(path);
  const [text] = texts;
  if (text === undefined || texts.length > 1)
    throw new InvalidInputError(`${path} is not one file of definitions. Nothing was imported`);
  return await readDefinitionNames(text, await fileDigest(path, { signal }), { signal });
}

interface OpenedFile extends Pick<TextFile, "kind"> {
  readonly texts: readonly TableText[];
}

/** Parquet is read by a mapping alone: it becomes CSV, in exact types. */
async function textsOf(
  path: string,
  { mapped, format, signal }: PlanOptions,
  definitions: DefinitionNames | undefined,
): Promise<OpenedFile> {
  const file = await openTextFile(path);
  if (file.bytes === 0) throw new InvalidInputError(`${path} is empty. Nothing was imported of it; fetch it anew`);
  if (file.kind !== "parquet") {
    if (mapped !== undefined) return file;
    const texts: TableText[] = [];
    for (const text of file.texts) texts.push(await tableText(text, { format, definitions, signal }));
    return { ...file, texts };
  }
  if (mapped === undefined)
    throw new InvalidInputError(
      `${path} is Parquet: say with --mapping which of its columns are what (docs/import.md). Nothing was imported of it`,
    );
  return { ...file, texts: [await parquetText(path, basename(path), mapped.format)] };
}

interface Text {
  readonly path: string;
  readonly file: OpenedFile;
  readonly digest: string;
  readonly source: TableText;
}

async function planText(text: Text, options: PlanOptions): Promise<ImportJob> {
  const { path, source, digest } = text;
  const first = await firstBytes(source, options);
  const symbols = [...options.symbols, ...(source.symbols ?? [])];
  const chosen = options.format === "auto" ? (source.format ?? "auto") : options.format;
  const { format, listings } =
    options.mapped ?? chooseFormat(source.name, first, { ...options, symbols, format: chosen });
  const firstLine = readFirstLine(format, first);
  if (typeof firstLine === "string")
    throw new InvalidInputError(
      `${nameOf(text)} is not as ${format.id} says: ${firstLine}. Nothing was imported of it; see docs/import.md`,
    );
  const table: TableFormat | undefined = options.mapped && tableOf(format);
  const date = dateOf(format, source.name);
  const said = format.fileName?.exec(source.name)?.groups?.["interval"];
  const interval = source.interval ?? (said === undefined ? undefined : (format.intervals?.[said] ?? said));
  const { definitions } = source;
  const identity = { file: digest, text: source.name, format: format.id, listings, date, interval, table, definitions };
  return { id: importId(identity), path, source, format, identity, firstLine };
}

function tableOf({ text, delimiter, header, columns, flags, zone }: ImportFormat): TableFormat {
  return { text, delimiter, header, columns, flags, ...(zone === undefined ? {} : { zone }) };
}

const FIRST_BYTES = 64 * 1024;

/** The begin of a text: its first line at least, unless that is no line of a table. */
async function firstBytes(source: TableText, { signal }: Abortable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source.read({ signal })) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= FIRST_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function nameOf({ path, file, source }: Text): string {
  return file.kind === "zip" ? `${source.name} in ${path}` : path;
}
