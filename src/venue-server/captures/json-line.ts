import { describeError, InvalidInputError } from "../../base/index.ts";
import { parseDecimal, rescaled, SOURCES, type Source } from "../../domain/index.ts";
import { parseWithNumberTexts } from "../number-text.ts";
import type { CaptureDirection, CaptureRecord } from "./capture-record.ts";

/** The `t` of a line: cryptofeed's four, and what only K2 writes. */
const DIRECTIONS: Readonly<Record<string, CaptureDirection>> = {
  recv: "received",
  send: "sent",
  connect: "opened",
  open: "opened",
  close: "closed",
  http: "fetched",
  fetch: "fetched",
  conclude: "concluded",
};

/**
 * A line of a JSON-lines capture: `{"t","conn","ts","data"}` with `ts` in float seconds, or `ts_ns` as text.
 * K2's own lines add `feed`, `epoch`, `source`, and `base64` instead of `data` where the frame is not UTF-8.
 *
 * @param epochs counts each connection's `connect` lines in formats that do not number sockets themselves
 * @returns undefined for a header; a text that says what is wrong where it cannot be read
 */
export function readJsonLine(line: Buffer, epochs: Map<string, number>): CaptureRecord | string | undefined {
  let fields: unknown;
  try {
    fields = parseWithNumberTexts(line.toString("utf8"));
  } catch (error) {
    return `it is not JSON (${describeError(error)})`;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return "it is not a JSON object";
  const record = fields as Readonly<Record<string, unknown>>;
  if (record["t"] === "header") return undefined;
  const direction = DIRECTIONS[String(record["t"])];
  if (direction === undefined) {
    return `its "t" is ${JSON.stringify(record["t"])}; known are header, ${Object.keys(DIRECTIONS).join(", ")}`;
  }
  const timeNs = readTime(record);
  if (typeof timeNs === "string") return timeNs;
  const payload = readPayload(record, direction);
  if (typeof payload === "string") return payload;
  const connection = typeof record["conn"] === "string" ? record["conn"] : "capture";
  return {
    timeNs,
    connection,
    direction,
    payload,
    feed: typeof record["feed"] === "string" ? record["feed"] : undefined,
    epoch: readEpoch(record, { connection, direction, epochs }),
    source: SOURCES.find((source) => source === record["source"]) ?? ("replay" satisfies Source),
    ...(record["t"] === "http" ? { url: typeof record["url"] === "string" ? record["url"] : "" } : {}),
  };
}

function readTime(record: Readonly<Record<string, unknown>>): bigint | string {
  const { ts_ns: nanoseconds, ts: seconds } = record;
  if (typeof nanoseconds === "string" && /^\d{1,20}$/.test(nanoseconds)) return BigInt(nanoseconds);
  if (typeof seconds !== "string") return 'it has neither "ts" (seconds) nor "ts_ns" (nanoseconds as text)';
  try {
    return rescaled(parseDecimal(seconds), 9) ?? `its "ts" ${seconds} is finer than a nanosecond`;
  } catch (error) {
    if (error instanceof InvalidInputError) return `its "ts" is not a number: ${seconds}`;
    throw error;
  }
}

function readPayload(record: Readonly<Record<string, unknown>>, direction: CaptureDirection): Uint8Array | string {
  const { data, base64, addr } = record;
  if (typeof base64 === "string") return Buffer.from(base64, "base64");
  if (typeof data === "string") return Buffer.from(data, "utf8");
  if (direction === "opened") return Buffer.from(typeof addr === "string" ? addr : "", "utf8");
  return 'it has neither "data" nor "base64"';
}

function readEpoch(
  record: Readonly<Record<string, unknown>>,
  {
    connection,
    direction,
    epochs,
  }: { readonly connection: string; readonly direction: CaptureDirection; readonly epochs: Map<string, number> },
): number {
  if (typeof record["epoch"] === "string") return Number(record["epoch"]);
  const before = epochs.get(connection);
  const epoch = direction === "opened" ? (before ?? -1) + 1 : (before ?? 0);
  epochs.set(connection, epoch);
  return epoch;
}
