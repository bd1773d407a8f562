import { type AvroField, type EventSchema, field, LISTING_INDEX, nullable, SOURCE, TIME } from "./schema-fields.ts";
import { columns, LISTING, SYSTEM, type TableDefinition } from "./table-definition.ts";

/* One minute of one listing's best bid and ask, judged: what it means stands at QuoteMinute. */

const AMOUNTS: readonly (readonly [name: string, doc: string])[] = [
  ["changes", "how often the best bid or ask became another price, or known again"],
  ["quoted_us", "how much of the minute both were known, proven and fresh, microseconds"],
  ["own_crossed_us", "how much of it the venue's own bid stood at or above its own ask"],
  ["compared_us", "how much of it another venue of the instrument was quoted too, of that with the most"],
  ["locked_us", "how much of it its bid and the ask of locked_with, or its ask and that one's bid, were one price"],
  ["crossed_us", "how much of it its bid stood above the ask of crossed_with, or its ask below that one's bid"],
];
const SPREADS: readonly (readonly [name: string, doc: string])[] = [
  ["spread_min_ppb", "ask less bid in billionths of the bid, the least; null where nothing was quoted"],
  ["spread_mean_ppb", "the mean over time"],
  ["spread_max_ppb", "the most"],
];
const START = "start of the minute by our clock, 60 s long";
const CROSSED_MAX = "the most that it was crossed by, at any venue, in billionths of the lower price; null: never";
const LOCKED_WITH = "venue with which it was locked the longest; null: none";
const CROSSED_WITH = "venue with which it was crossed the longest; null: none";
const FLAGS = "partial, unquoted, cut";

const long = ([name, doc]: readonly [string, string]): AvroField => field(name, "long", doc);

export const QUOTE_QUALITY_SCHEMA: EventSchema = {
  type: "record",
  name: "QuoteMinute",
  namespace: "k2.market",
  doc: "One minute of one listing's best bid and ask, judged against itself and the instrument's other venues",
  fields: [
    LISTING_INDEX,
    field("start", TIME, START),
    ...AMOUNTS.map(long),
    ...SPREADS.map(([name, doc]) => nullable(name, "long", doc)),
    nullable("locked_with", "string", LOCKED_WITH),
    nullable("crossed_with", "string", CROSSED_WITH),
    nullable("crossed_max_ppb", "long", CROSSED_MAX),
    field("flags", { type: "array", items: "string" }, FLAGS),
    SOURCE,
  ],
};

export const QUOTE_QUALITY: TableDefinition = {
  namespace: "ops",
  name: "quote_quality",
  doc: "One minute of one listing's best bid and ask a row, by our clock: spread, and whether venues were locked or crossed",
  columns: columns(
    ...LISTING,
    ["start", "timestamptz", START],
    ...AMOUNTS.map(([name, doc]) => [name, "long", doc] as const),
    ...SPREADS.map(([name, doc]) => [name, "long", doc, "nullable"] as const),
    ["locked_with", "string", LOCKED_WITH, "nullable"],
    ["crossed_with", "string", CROSSED_WITH, "nullable"],
    ["crossed_max_ppb", "long", CROSSED_MAX, "nullable"],
    ["flags", "string", `${FLAGS}, joined by commas; mostly empty`],
    ...SYSTEM,
  ),
  partition: [{ column: "start", transform: "day" }],
  sort: ["symbol", "venue", "start"],
};
