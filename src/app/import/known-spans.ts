import {
  BOOK_CHANGES,
  FUNDING,
  LIQUIDATIONS,
  ORDERS,
  parseInstant,
  QUOTES,
  type TableDefinition,
} from "../../domain/index.ts";
import type { KnownSpan } from "../../imports/index.ts";
import type { ImportEngine } from "./import-engine.ts";
import { importFeed } from "./import-feeds.ts";
import type { ImportJob } from "./plan-imports.ts";
import { quoted } from "./sql-text.ts";
import { connectionOf } from "./text-frames.ts";

const SPANS_MAX = 100_000;
const DAY_US = 86_400_000_000;
/** A file of a day may begin and end a little beside it. */
const DAYS_BEFORE_AND_AFTER = 2;

/**
 * The times of which other files of the same format have told a text's books or quotes: what it tells of these K2 has.
 * Two files of a format tell the same of one time, whatever their names and however they are packed and cut.
 */
export async function knownSpans(
  job: ImportJob,
  { query, visible }: Pick<ImportEngine, "query" | "visible">,
): Promise<readonly KnownSpan[]> {
  await visible();
  const { format, identity } = job;
  const { namespace, name } = tableOf(format);
  const time = format.books === undefined ? "ts_event" : "ts_recv";
  const spans: KnownSpan[] = [];
  for (const { venue, rawSymbol } of identity.listings) {
    const { rows } = await query.sql(
      `SELECT epoch_us(min(${time}))::VARCHAR, epoch_us(max(${time}))::VARCHAR FROM ${namespace}.${name}
       WHERE venue = ${quoted(venue)} AND raw_symbol = ${quoted(rawSymbol)} AND source = 'import'${around(time, identity.date)}
         AND starts_with(connection, ${quoted(`${importFeed(format.id)}/`)}) AND connection <> ${quoted(connectionOf(job))}
       GROUP BY connection ORDER BY 1`,
      { rowsMax: SPANS_MAX },
    );
    for (const [from, to] of rows) spans.push({ venue, rawSymbol, fromUs: Number(from), toUs: Number(to) });
  }
  return spans;
}

function tableOf({ books, venueData }: ImportJob["format"]): TableDefinition {
  if (books?.rows === "orders") return ORDERS;
  if (books !== undefined) return books.channel === "quote" ? QUOTES : BOOK_CHANGES;
  return venueData === "funding" ? FUNDING : LIQUIDATIONS;
}

/** Of a file of one day, which lets the lake leave out its other days. */
function around(time: string, date: string | undefined): string {
  if (date === undefined) return "";
  const day = parseInstant(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00Z`)?.us;
  if (day === undefined) return "";
  const margin = DAYS_BEFORE_AND_AFTER * DAY_US;
  return ` AND ${time} >= make_timestamptz(${day - margin}) AND ${time} < make_timestamptz(${day + DAY_US + margin})`;
}
