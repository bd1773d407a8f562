import { type Abortable, InvalidInputError } from "../base/index.ts";
import { barInterval, databentoBarsText } from "./databento/databento-bars.ts";
import { databentoBooksText } from "./databento/databento-books.ts";
import { databentoDefinitionsText } from "./databento/databento-definitions.ts";
import { databentoTradesText } from "./databento/databento-trades.ts";
import { isDatabentoHeader } from "./databento/dbn-csv-decoder.ts";
import { type DefinitionNames, symbolsIn } from "./databento/definition-names.ts";
import { DBN_FILE_NAME, streamRecords } from "./databento/record-text.ts";
import { RECORD_TYPES, recordTypeName } from "./databento/record-types.ts";
import { parseLobsterFileName } from "./lobster/lobster-file.ts";
import { lobsterTradesText } from "./lobster/lobster-trades.ts";
import { bitstampOrdersText, databentoOrdersText, lobsterOrdersText } from "./orders/orders-text.ts";
import type { TextSource } from "./text/text-source.ts";

/** A text that is a table, and what its content says of it. */
export interface TableText extends TextSource {
  /** ImportFormat.id, of files whose content says what they are. */
  readonly format?: string;
  /** Of candles: their interval. */
  readonly interval?: string;
  /** `<raw symbol>=<canonical id>` of what it holds, by a file of definitions; and which file that was. */
  readonly symbols?: readonly string[];
  readonly definitions?: string;
}

export interface TableTextOptions extends Abortable {
  /** ImportFormat.id, or "auto": by content, and the trades of files that hold more. */
  readonly format: string;
  /** What a file of definitions calls the instruments of Databento's files. */
  readonly definitions?: DefinitionNames | undefined;
}

/**
 * What a format takes out of a file that is no table itself, as such a table; all other texts as they are.
 *
 * @throws {InvalidInputError} when a file of Databento's holds nothing that is imported, or not what the format is of
 */
export async function tableText(text: TextSource, options: TableTextOptions): Promise<TableText> {
  const { format } = options;
  if (format === "bitstamp-orders") return bitstampOrdersText(text);
  const lobster = parseLobsterFileName(text.name);
  if (lobster?.kind === "message")
    return format === "lobster-orders" ? lobsterOrdersText(text, lobster) : lobsterTradesText(text, lobster);
  if (DBN_FILE_NAME.test(text.name) || (await isDatabentoCsv(text, options))) return await databentoText(text, options);
  return text;
}

const FIRST_BYTES = 16 * 1024;

async function isDatabentoCsv(text: TextSource, { format, signal }: TableTextOptions): Promise<boolean> {
  if (format.startsWith("databento-")) return true;
  if (format !== "auto" || !/\.csv$/i.test(text.name)) return false;
  let first = "";
  for await (const chunk of text.read({ signal })) {
    first += Buffer.from(chunk).toString("latin1");
    if (first.includes("\n") || first.length >= FIRST_BYTES) break;
  }
  return isDatabentoHeader(first.split("\n", 1)[0] ?? "");
}

/** Which formats take something out of records of a kind; the first where none is named. */
const FORMATS_OF: ReadonlyMap<number, readonly string[]> = new Map<number, readonly string[]>([
  [RECORD_TYPES.trade, ["databento-trades"]],
  [RECORD_TYPES.mbp1, ["databento-trades", "databento-quotes"]],
  [RECORD_TYPES.mbp10, ["databento-trades", "databento-books"]],
  [RECORD_TYPES.mbo, ["databento-trades", "databento-orders"]],
  [RECORD_TYPES.bbo1s, ["databento-quotes"]],
  [RECORD_TYPES.bbo1m, ["databento-quotes"]],
  [RECORD_TYPES.definition, ["databento-definitions"]],
  ...[RECORD_TYPES.ohlcv1s, RECORD_TYPES.ohlcv1m, RECORD_TYPES.ohlcv1h, RECORD_TYPES.ohlcv1d].map(
    (type) => [type, ["databento-bars"]] as const,
  ),
]);

async function databentoText(file: TextSource, options: TableTextOptions): Promise<TableText> {
  const { format: wanted, definitions, signal } = options;
  const type = await firstKind(file, { signal });
  const formats = type === undefined ? undefined : FORMATS_OF.get(type);
  if (type !== undefined && formats === undefined)
    throw new InvalidInputError(
      `${file.name} holds records of kind ${recordTypeName(type) ?? type}, which K2 does not import. Nothing was imported of it; ` +
        "K2 takes trades, mbo, mbp-1, mbp-10, tbbo, bbo, ohlcv and definition",
    );
  const format = wanted === "auto" ? (formats?.[0] ?? "databento-trades") : wanted;
  if (formats !== undefined && !formats.includes(format))
    throw new InvalidInputError(
      `${file.name} holds records of kind ${recordTypeName(type ?? 0)}, of which ${format} takes nothing. Nothing was imported of it; ` +
        `say --format ${formats.join(" or ")}, or leave it out`,
    );
  const interval = barInterval(type ?? -1);
  const told = { format, ...(interval === undefined ? {} : { interval }) };
  if (format === "databento-definitions") return { ...databentoDefinitionsText(file), ...told };
  const table = textOf(file, format, { interval, definitions });
  if (definitions === undefined) return { ...table, ...told };
  const symbols = (await symbolsIn(file, definitions, { signal })).flatMap((symbol) => {
    const id = definitions.instrument(symbol);
    return id === undefined ? [] : [`${symbol}=${id}`];
  });
  return { ...table, ...told, symbols, definitions: definitions.digest };
}

function textOf(
  file: TextSource,
  format: string,
  { interval, definitions }: { readonly interval: string | undefined } & Pick<TableTextOptions, "definitions">,
): TextSource {
  const otherwise = definitions?.symbols;
  switch (format) {
    case "databento-orders":
      return databentoOrdersText(file, otherwise);
    case "databento-quotes":
      return databentoBooksText(file, 1, otherwise);
    case "databento-books":
      return databentoBooksText(file, 10, otherwise);
    case "databento-bars":
      return databentoBarsText(file, interval, otherwise);
    default:
      return databentoTradesText(file, otherwise);
  }
}

/** Kinds that tell of the stream, not of the market. */
const OF_STREAM: readonly number[] = [RECORD_TYPES.symbolMapping, RECORD_TYPES.system, RECORD_TYPES.error];

/** The kind of a file's first record; undefined where it has none. */
async function firstKind(file: TextSource, options: Abortable): Promise<number | undefined> {
  let found: number | undefined;
  const visitor = {
    record: ({ type }: { readonly type: number }) => {
      if (!OF_STREAM.includes(type)) found ??= type;
      return true;
    },
  };
  for await (const _ of streamRecords(file, visitor, options)) if (found !== undefined) break;
  return found;
}
