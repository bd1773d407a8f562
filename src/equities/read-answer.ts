import { gunzipSync } from "node:zlib";
import { isObject, numberTextOf, parseLexemes, textOf } from "../base/index.ts";
import {
  isAlphaVantageCsv,
  isAlphaVantageJson,
  readAlphaVantageCsv,
  readAlphaVantageJson,
} from "./alphavantage-series.ts";
import { csvRows } from "./csv-rows.ts";
import { type ActionKind, type Reading, refused } from "./vendor-answer.ts";
import { isYahooChart, readYahooChart } from "./yahoo-chart.ts";
import { isYahooCsv, readYahooCsv } from "./yahoo-csv.ts";

/** What came over HTTP or lies in a file. */
export interface VendorBytes {
  /** What was asked: the address without a key, or `file:` and the file's name. */
  readonly url: string;
  /** HTTP status; 200 for a file. */
  readonly status: number;
  readonly body: Uint8Array;
}

export interface VendorReading {
  readonly reading: Reading;
  /** When the vendor answered, as a recorded exchange says it. */
  readonly answeredAtUs: number | undefined;
  /** What was asked: of a recorded exchange its own request, else as given. */
  readonly url: string;
}

/** Of a text: what a double of it holds is many times an honest answer. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads whatever K2 knows of the vendors' formats, by what is in it. Never throws for what a vendor may send. */
export function readVendorBytes({ url, status, body }: VendorBytes): VendorReading {
  const text = textOfBody(body);
  if (text === undefined)
    return { reading: refused("malformed", "neither text nor gzip of text"), answeredAtUs: undefined, url };
  return readText(text, { url, status, answeredAtUs: undefined });
}

function textOfBody(body: Uint8Array): string | undefined {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  try {
    return decoder.decode(isGzip ? gunzipSync(body, { maxOutputLength: BODY_BYTES_MAX }) : body);
  } catch {
    return undefined;
  }
}

interface Exchange {
  readonly url: string;
  readonly status: number;
  readonly answeredAtUs: number | undefined;
}

function readText(text: string, exchange: Exchange): VendorReading {
  const { url, answeredAtUs, status } = exchange;
  const told = (reading: Reading): VendorReading => ({ reading, answeredAtUs, url });
  if (status === 429) return told({ kind: "rate-limited", detail: `HTTP 429: ${text.trim().slice(0, 120)}` });
  if (!/^\s*[{[]/.test(text)) return told(isGood(status) ? readCsv(text) : refusedStatus(status, text));
  const json = parsed(text);
  if (json === undefined) return told(refused("malformed", "the JSON is broken"));
  const recorded = recordedExchange(json);
  if (recorded !== undefined) return readText(recorded.text, recorded);
  if (isYahooChart(json)) return told(readYahooChart(json, kindsAskedFor(url)));
  if (isAlphaVantageJson(json)) return told(readAlphaVantageJson(json));
  return told(
    isGood(status) ? refused("unknown_message", "no format of a vendor that K2 knows") : refusedStatus(status, text),
  );
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function refusedStatus(status: number, text: string): Reading {
  return refused("venue_error", `HTTP ${status}: ${text.trim().slice(0, 120)}`);
}

function readCsv(text: string): Reading {
  const csv = csvRows(text);
  if (isYahooCsv(csv)) return readYahooCsv(csv);
  if (isAlphaVantageCsv(csv)) return readAlphaVantageCsv(csv);
  return refused(
    "unknown_message",
    `no format of a vendor that K2 knows; it begins ${JSON.stringify(text.slice(0, 60))}`,
  );
}

function parsed(text: string): unknown {
  try {
    return parseLexemes(text);
  } catch {
    return undefined;
  }
}

/** Yahoo leaves out events that are not asked for; a file does not say what was. */
function kindsAskedFor(url: string): readonly ActionKind[] {
  const events = /[?&]events=([^&]*)/.exec(url)?.[1] ?? "";
  const names = decodeURIComponent(events).split(/[|,]/);
  return [
    ...(names.includes("split") ? (["split"] as const) : []),
    ...(names.includes("div") ? (["dividend"] as const) : []),
  ];
}

/** A request and its response in one JSON document, as recorders of HTTP write them: {"request":{"url"},"response":{"status","headers","body" or "bodyJson"}}. */
function recordedExchange(json: unknown): (Exchange & { readonly text: string }) | undefined {
  if (!isObject(json) || !isObject(json["request"]) || !isObject(json["response"])) return undefined;
  const { request, response } = json as {
    readonly request: Record<string, unknown>;
    readonly response: Record<string, unknown>;
  };
  const url = textOf(request["url"]);
  const status = Number(numberTextOf(response["status"]) ?? 200);
  const text =
    textOf(response["body"]) ?? (response["bodyJson"] === undefined ? undefined : jsonText(response["bodyJson"]));
  if (url === undefined || text === undefined) return undefined;
  const date = isObject(response["headers"]) ? Date.parse(textOf(response["headers"]["date"]) ?? "") : Number.NaN;
  return { url, status, text, answeredAtUs: Number.isNaN(date) ? undefined : date * 1000 };
}

/** JSON again, with every number as it was written. */
function jsonText(value: unknown): string {
  const number = numberTextOf(value);
  if (number !== undefined) return number;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`)
    .join(",")}}`;
}
