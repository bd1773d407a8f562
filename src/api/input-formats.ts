import { describeError } from "../base/index.ts";
import { parseInstant, parseInstrument } from "../domain/index.ts";

/** What is wrong with a text; undefined when nothing is. */
type Explain = (text: string) => string | undefined;

/** The formats of text that K2's requests know beyond JSON Schema's own, by the name that their schemas use. */
export const INPUT_FORMATS: Readonly<Record<string, Explain>> = {
  "instrument-id": explainInstrument,
  "instrument-ids": (text) => firstOf(text.split(","), explainInstrument),
  venue: explainVenue,
  venues: (text) => firstOf(text.split(","), explainVenue),
  instant: explainInstant,
  "snapshot-or-instant": explainSnapshotOrInstant,
};

function explainInstrument(text: string): string | undefined {
  try {
    parseInstrument(text);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

function explainVenue(text: string): string | undefined {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text)
    ? undefined
    : `Not a venue: ${JSON.stringify(text)}. Write it as /v1/instruments does, for example binance or bybit-linear`;
}

const TIME_EXAMPLES = "Write ISO 8601 (2026-11-21T08:30:00Z) or a Unix time in seconds, ms, µs or ns";

function explainInstant(text: string): string | undefined {
  const instant = parseInstant(text);
  if (instant === undefined) return `Not a time: ${JSON.stringify(text)}. ${TIME_EXAMPLES}`;
  return instant.nanos === 0
    ? undefined
    : `Finer than a microsecond: ${JSON.stringify(text)}. A bound is whole microseconds; cut or round it`;
}

const SNAPSHOT_ID_MAX = 2n ** 63n - 1n;

function explainSnapshotOrInstant(text: string): string | undefined {
  const isSnapshotId = /^\d{1,19}$/.test(text) && BigInt(text) <= SNAPSHOT_ID_MAX;
  if (isSnapshotId || (/[-:]/.test(text) && parseInstant(text) !== undefined)) return undefined;
  return `Neither a snapshot id nor an ISO 8601 time: ${JSON.stringify(text)}. A receipt names snapshots; a time is such as 2026-11-21T08:30:00Z`;
}

function firstOf(parts: readonly string[], explain: Explain): string | undefined {
  for (const part of parts) {
    const problem = explain(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
