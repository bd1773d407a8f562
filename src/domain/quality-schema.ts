import { type AvroField, type EventSchema, field, LISTING_INDEX, nullable, SOURCE, TIME } from "./schema-fields.ts";
import { columns, LISTING, SYSTEM, type TableDefinition } from "./table-definition.ts";

/* One minute of one listing, judged: what it means stands at QualityMinute. */

const AMOUNTS: readonly (readonly [name: string, doc: string])[] = [
  ["trades", "stored trades that were received as they happened"],
  ["duplicates", "trades that came again and were not stored again"],
  ["refused", "records of the listing in quarantine"],
  ["out_of_order", "trades with an event time before that of the one received before them"],
  ["gap_us", "how much of the minute a gap was open that names the listing, microseconds"],
];
const LATENCIES: readonly (readonly [name: string, doc: string])[] = [
  ["latency_min_us", "receive minus event time, the least; below zero our clock is behind the venue's"],
  ["latency_p50_us", "the median, at most 1.6 % low in magnitude"],
  ["latency_p99_us", "99 of 100 trades had at most this, at most 1.6 % low in magnitude"],
  ["latency_max_us", "the most"],
];
const OUTLIERS: readonly (readonly [name: string, doc: string])[] = [
  ["price_outliers", "trades whose price is far off the moves before: robust z-score above 15"],
  ["size_outliers", "trades whose size is far above those before: robust z-score of its logarithm above 10"],
];
const START = "start of the minute by our clock; trades with start <= ts_recv < start + 1 minute";
const OUTLIER_IDS = "trade ids of the first five outliers";
const DIVERGENCE = "last price against the middle one of the instrument's last prices at other venues, millionths";
const EXPECTED = "trades that the minutes before lead to expect; null until there are five whole ones";
const FLAGS = "partial, quiet, silent, sparse, again";

const long = ([name, doc]: readonly [string, string]): AvroField => field(name, "long", doc);

export const QUALITY_SCHEMA: EventSchema = {
  type: "record",
  name: "QualityMinute",
  namespace: "k2.market",
  doc: "One minute of one listing, judged: flags, never drops",
  fields: [
    LISTING_INDEX,
    field("start", TIME, START),
    ...AMOUNTS.map(long),
    ...LATENCIES.map(([name, doc]) => nullable(name, "long", doc)),
    ...OUTLIERS.map(long),
    field("outlier_ids", { type: "array", items: "string" }, OUTLIER_IDS),
    nullable("divergence_ppm", "long", DIVERGENCE),
    nullable("expected_trades", "long", EXPECTED),
    field("flags", { type: "array", items: "string" }, FLAGS),
    SOURCE,
  ],
};

export const QUALITY: TableDefinition = {
  namespace: "ops",
  name: "quality",
  doc: "One minute of one listing a row, by our clock: counts, latency, outliers, gaps. Flags, never drops",
  columns: columns(
    ...LISTING,
    ["start", "timestamptz", START],
    ...AMOUNTS.map(([name, doc]) => [name, "long", doc] as const),
    ...LATENCIES.map(([name, doc]) => [name, "long", doc, "nullable"] as const),
    ...OUTLIERS.map(([name, doc]) => [name, "long", doc] as const),
    ["outlier_ids", "string", `${OUTLIER_IDS}, joined by commas`],
    ["divergence_ppm", "long", DIVERGENCE, "nullable"],
    ["expected_trades", "long", EXPECTED, "nullable"],
    ["flags", "string", `${FLAGS}, joined by commas; mostly empty`],
    ...SYSTEM,
  ),
  partition: [{ column: "start", transform: "day" }],
  sort: ["symbol", "venue", "start"],
};
