import { Readable } from "node:stream";

/** How rows may be answered: one JSON document, a JSON object a line, or CSV with a header line (RFC 4180). */
export const FORMATS = ["json", "ndjson", "csv"] as const;
export type Format = (typeof FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: "application/json; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
};

export const PLAIN_TEXT = "text/plain; charset=utf-8";

/** By media range, as an Accept header may name it. */
const MEDIA_RANGES: Readonly<Record<string, Format>> = {
  "application/json": "json",
  "application/*": "json",
  "*/*": "json",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "text/csv": "csv",
};

/** The `format` parameter wins, then what the Accept header weighs most (of equals the first), then JSON. */
export function chooseFormat(parameter: Format | undefined, accept = ""): Format {
  if (parameter !== undefined) return parameter;
  let [best, bestWeight]: [Format, number] = ["json", 0];
  for (const part of accept.split(",")) {
    const [range = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const weight = Number(parameters.find((text) => text.startsWith("q="))?.slice(2) ?? 1);
    const format = MEDIA_RANGES[range];
    if (format !== undefined && weight > bestWeight) [best, bestWeight] = [format, weight];
  }
  return best;
}

type Row = Readonly<Record<string, unknown>>;

/** Rows as text, produced as the client takes it. CSV columns are `columns`, in that order, also when there is no row. */
export function streamRows(rows: readonly Row[], format: "ndjson" | "csv", columns: readonly string[]): Readable {
  return Readable.from(format === "csv" ? csvLines(rows, columns) : jsonLines(rows));
}

function* jsonLines(rows: readonly Row[]): Generator<string> {
  for (const chunk of chunks(rows)) yield `${chunk.map((row) => JSON.stringify(row)).join("\n")}\n`;
}

function* csvLines(rows: readonly Row[], columns: readonly string[]): Generator<string> {
  yield `${columns.join(",")}\r\n`;
  for (const chunk of chunks(rows)) {
    yield chunk.map((row) => `${columns.map((column) => csvField(row[column])).join(",")}\r\n`).join("");
  }
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = Array.isArray(value) ? value.join(" ") : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* chunks<T>(rows: readonly T[], size = 500): Generator<readonly T[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}
