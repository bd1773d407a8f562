import { InvalidInputError } from "../../base/index.ts";
import { parseInstrument } from "../../domain/index.ts";
import {
  formatsOfHeader,
  type HeadListing,
  IMPORT_FORMATS,
  type ImportFormat,
  importFormat,
  otherFile,
} from "../../imports/index.ts";
import { resolveListings, type SymbolOptions } from "./resolve-listings.ts";

export interface ChooseOptions extends SymbolOptions {
  /** ImportFormat.id, or "auto": by the text's name and first line. */
  readonly format: string;
}

/** What a text is, and what its symbols stand for. */
export interface FormatChoice {
  readonly format: ImportFormat;
  readonly listings: readonly HeadListing[];
}

const NOTHING = "nothing was imported of it";

/**
 * @param first the first line and perhaps more
 * @throws {InvalidInputError} when it may be nothing or several things, or its symbol is unknown
 */
export function chooseFormat(name: string, first: Uint8Array, options: ChooseOptions): FormatChoice {
  const other = otherFile(name);
  if (other !== undefined) throw new InvalidInputError(`${name} holds ${other}, which K2 does not import; ${NOTHING}`);
  const candidates = options.format === "auto" ? candidatesOf(name, first) : [importFormat(options.format)];
  if (candidates.length === 0) throw cannotTell(name, first);
  const fitting = (of: SymbolOptions): readonly FormatChoice[] =>
    narrowed(candidates, options.symbols)
      .map((format) => ({ format, listings: resolveListings(format, symbolOf(format, name), of) }))
      .filter(({ listings }) => listings.length > 0);
  const all = fitting(options);
  // Where several markets spell the file's symbol alike, the instrument that was named decides.
  const named = all.length > 1 && options.symbols.length > 0 ? fitting({ ...options, feeds: [] }) : [];
  const isNamed = ({ format }: FormatChoice): boolean => named.some((one) => one.format === format);
  const [choice, ...others] = named.length === 0 ? all : all.filter(isNamed);
  if (choice === undefined) throw unknownSymbol(name, candidates);
  if (others.length > 0)
    throw new InvalidInputError(
      `${name} may be ${[choice, ...others].map(({ format }) => format.id).join(" or ")}. Say which with --format; ${NOTHING}`,
    );
  return choice;
}

/** YYYYMMDD, where the name has a whole day. */
export function dateOf({ fileName }: ImportFormat, name: string): string | undefined {
  const date = fileName?.exec(name)?.groups?.["date"]?.replaceAll("-", "");
  return date?.length === 8 ? date : undefined;
}

/** Of formats whose files' names are alike, those of the kind of instruments that was named. */
function narrowed(candidates: readonly ImportFormat[], symbols: readonly string[]): readonly ImportFormat[] {
  const kinds = new Set(symbols.map((text) => parseInstrument(text.slice(text.indexOf("=") + 1)).kind));
  const fitting = candidates.filter(({ instruments }) => instruments?.some((kind) => kinds.has(kind)) !== false);
  return fitting.length === 0 || kinds.size === 0 ? candidates : fitting;
}

function candidatesOf(name: string, first: Uint8Array): readonly ImportFormat[] {
  const named = namedAs(name);
  const count = firstLine(first).split(",").length;
  return named.filter(({ fieldCount }) => fieldCount === undefined || named.length === 1 || fieldCount === count);
}

function namedAs(name: string): readonly ImportFormat[] {
  return IMPORT_FORMATS.filter(({ fileName, isNamed }) => isNamed !== true && fileName?.test(name) === true);
}

function firstLine(first: Uint8Array): string {
  return new TextDecoder().decode(first).split("\n", 1)[0] ?? "";
}

function symbolOf({ fileName }: ImportFormat, name: string): string | undefined {
  return fileName?.exec(name)?.groups?.["symbol"];
}

/** What would help: the formats of such names and how many columns these have, or those of such a header. */
function cannotTell(name: string, first: Uint8Array): InvalidInputError {
  const help = "say --format (k2 import --help names them), or describe it with --mapping";
  const named = namedAs(name);
  const line = firstLine(first);
  if (named.length > 0) {
    const counts = [...new Set(named.map(({ fieldCount }) => fieldCount))].sort().join(" or ");
    return new InvalidInputError(
      `${name} is called as files of ${named.map(({ id }) => id).join(", ")} are, but its first line has ` +
        `${line.split(",").length} columns and not ${counts}. Look whether it is what its name says, or ${help}; ${NOTHING}`,
    );
  }
  const known = formatsOfHeader(line).map(({ id }) => id);
  const hint = known.length === 0 ? "" : `Its first line is a header of ${known.join(", ")}. `;
  return new InvalidInputError(
    `Cannot tell by its name what ${name} holds. ${hint}Rename it as its vendor does, ${help}; ${NOTHING}`,
  );
}

function unknownSymbol(name: string, candidates: readonly ImportFormat[]): InvalidInputError {
  const [format] = candidates;
  const symbol = format && symbolOf(format, name);
  const isSpelled = (format?.spelling.length ?? 0) > 0;
  const prefix = !isSpelled && symbol !== undefined ? `${symbol}=` : "";
  const isEquity = format?.instruments?.includes("equity") === true || format?.zone !== undefined;
  const sample = isEquity ? "AAPL-XNAS-EQ" : "BTC-USD-SPOT";
  return new InvalidInputError(
    `${name}: nothing says which instrument ${symbol ?? "its symbol"} is. Name it: --symbol ${prefix}<instrument>, such as ${sample}` +
      `${isSpelled ? ", spelled by the venue as the file is" : ""}; ${NOTHING}`,
  );
}
