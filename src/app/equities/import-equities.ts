import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Abortable } from "../../base/index.ts";
import { InvalidInputError, systemClock } from "../../base/index.ts";
import { parseInstrument } from "../../domain/index.ts";
import {
  batchOf,
  equitySymbol,
  rawEquitySymbol,
  readVendorBytes,
  type Vendor,
  type VendorBytes,
} from "../../equities/index.ts";
import type { Config } from "../config.ts";
import { openEquitiesLake } from "./equities-lake.ts";
import { EquitiesWriter } from "./equities-writer.ts";
import { type Arrived, type LandedReport, landAnswers } from "./land-answers.ts";

export interface ImportEquitiesOptions extends Abortable {
  readonly files: readonly string[];
  /** Canonical id; where neither the file nor its name says it. */
  readonly symbol?: string | undefined;
  /** When the vendor gave the files, where they do not say it. Default: the day after the last candle. */
  readonly knownAtUs?: number | undefined;
}

/** Who writes answers and files; see EquitiesWriter. */
export const EQUITIES_WRITER = "k2-equities";
/** Files of one commit. */
const FILES_MAX = 32;
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Takes in files of vendors, whatever formats they are. One file is one batch; files that were taken in before change nothing.
 *
 * @throws {InvalidInputError} when a file cannot be read; those before it are kept
 */
export async function importEquities(config: Config, options: ImportEquitiesOptions): Promise<readonly LandedReport[]> {
  const { files, signal } = options;
  if (options.symbol !== undefined) parseInstrument(options.symbol);
  await using lake = await openEquitiesLake(config);
  const writer = new EquitiesWriter(lake, EQUITIES_WRITER);
  const reports: LandedReport[] = [];
  let waiting: Arrived[] = [];
  let bytes = 0;
  for (const [index, path] of files.entries()) {
    const body = await read(path);
    bytes += body.byteLength;
    waiting.push(arrivedFile(path, body, { ...options, config }));
    const isLast = index + 1 === files.length;
    if (!isLast && waiting.length < FILES_MAX && bytes < BYTES_MAX) continue;
    reports.push(...(await landAnswers(lake, writer, waiting, { signal })));
    waiting = [];
    bytes = 0;
  }
  return reports;
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new InvalidInputError(
      `Cannot read ${path}. The files before it are kept; correct the name and import the rest`,
      {
        cause: error,
      },
    );
  }
}

interface FileContext {
  readonly symbol?: string | undefined;
  readonly knownAtUs?: number | undefined;
  readonly config: Pick<Config, "equities">;
}

function arrivedFile(path: string, body: Uint8Array, { symbol, knownAtUs, config }: FileContext): Arrived {
  const name = basename(path);
  const bytes: VendorBytes = { url: `file:${name}`, status: 200, body };
  const { reading, answeredAtUs } = readVendorBytes(bytes);
  const told = knownAtUs ?? answeredAtUs;
  const nowUs = Number(systemClock.nowNs() / 1000n);
  const common = { name, source: "import" as const };
  if (reading.kind !== "answer") {
    const reason = reading.kind === "refused" ? reading.reason : "venue_error";
    const batch = batchOf(vendorOfUnknown(name), bytes, told ?? nowUs);
    return { ...common, batch, refusal: { reason, detail: reading.detail } };
  }
  const { answer } = reading;
  const { vendor, mic } = answer;
  const batch = batchOf(vendor, bytes, told ?? answer.madeAfterUs ?? nowUs);
  const known = symbol === undefined ? config.equities.symbols : [symbol];
  const rawSymbol =
    answer.rawSymbol ?? (symbol === undefined ? symbolInName(name, vendor, known) : rawEquitySymbol(vendor, symbol));
  const canonical = rawSymbol === undefined ? undefined : equitySymbol(vendor, rawSymbol, { known, mic });
  if (rawSymbol !== undefined && canonical !== undefined)
    return { ...common, batch, answer, symbol: canonical, rawSymbol };
  const detail = `${rawSymbol ?? "its symbol is named nowhere, and"} is none of the configured symbols; name it with --symbol, such as AAPL-XNAS-EQ`;
  return { ...common, batch, rawSymbol, refusal: { reason: "unknown_symbol", detail } };
}

/** Of bytes that no vendor is known by. */
function vendorOfUnknown(name: string): Vendor {
  return /alpha/i.test(name) ? "alphavantage" : "yahoo";
}

/** The configured symbol that is a word of the file's name, the longest of several: daily_adjusted_AAPL.csv.gz is about AAPL. */
function symbolInName(name: string, vendor: Vendor, known: readonly string[]): string | undefined {
  const isWord = (raw: string): boolean =>
    new RegExp(`(?<![A-Za-z0-9])${raw.replaceAll(".", "\\.")}(?![A-Za-z0-9])`).test(name);
  const found = known.map((symbol) => rawEquitySymbol(vendor, symbol)).filter((raw) => raw !== undefined);
  const [longest, next] = found.filter(isWord).sort((a, b) => b.length - a.length);
  return longest?.length === next?.length ? undefined : longest;
}
