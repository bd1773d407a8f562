import Type, { type TProperties, type TSchema } from "typebox";
import {
  BAR_INTERVALS,
  QUALITY_FLAGS,
  QUOTE_MINUTE_FLAGS,
  SOURCES,
  TAKER_SIDES,
  TRADE_FLAGS,
} from "../../domain/index.ts";
import { VENUE_DATA_ANSWERS, venueDataProperties } from "./venue-data-answers.ts";

/*
 * What answers look like: the same schemas write the JSON and describe it, so that the two cannot disagree.
 * Decimals and 64-bit integers are text.
 */

/** What the API's description calls a schema; answers refer to it by that name. */
export interface NamedSchema {
  readonly $id: string;
}

const decimal = (description: string, example: string): TSchema =>
  Type.String({ description, pattern: "^-?\\d+(\\.\\d+)?$", examples: [example] });
const time = (description: string, example = "2026-11-21T08:30:00.123456Z"): TSchema =>
  Type.String({ description: `${description}. ISO 8601 UTC, six or nine fractional digits`, examples: [example] });
const oneOf = (values: readonly string[], description: string): TSchema =>
  Type.Enum([...values], { type: "string", description });
const text = (description: string, example: string): TSchema => Type.String({ description, examples: [example] });
const count = (description: string): TSchema => Type.Integer({ minimum: 0, description });

const listing = {
  venue: text("A market with its own trade ids", "binance"),
  symbol: text("Canonical instrument id", "BTC-USDT-SPOT"),
  rawSymbol: text("The venue's own symbol", "BTCUSDT"),
};
const source = oneOf(SOURCES, "Where the row came from; simulated rows say so for ever");

const tradeProperties = {
  ...listing,
  tradeId: text("The venue's id; the flag syntheticId says where K2 made one", "4212345678"),
  price: decimal("Quote currency per unit of base, exact", "61800.2"),
  size: decimal("Base currency (contracts where flagged), exact", "0.006"),
  side: oneOf(TAKER_SIDES, "The aggressor's: who crossed the spread"),
  eventTime: time("The venue's clock"),
  receiveTime: time("Our clock; may be before the venue's"),
  executions: count("1, unless the venue aggregated several"),
  flags: Type.Array(oneOf(Object.keys(TRADE_FLAGS), "A fact that changes how the trade may be used")),
  source,
};

const barProperties = {
  ...listing,
  interval: oneOf(BAR_INTERVALS, "Width"),
  start: time("Opening time; trades of the bar are at or after it, and before it plus the interval"),
  open: decimal("First price", "61800.2"),
  high: decimal("Highest price", "61812"),
  low: decimal("Lowest price", "61795.4"),
  close: decimal("Last price", "61801"),
  volume: decimal("Base currency", "12.48"),
  quoteVolume: decimal("Quote currency", "771290.0196"),
  buyVolume: decimal("Volume whose aggressor bought", "7.31"),
  sellVolume: decimal("Volume whose aggressor sold", "5.17"),
  vwap: Type.Union([decimal("quoteVolume ÷ volume, rounded to 12 digits", "61802.0849038"), Type.Null()], {
    description: "The one rounded number here; null where the volume is 0",
  }),
  trades: count("Executions"),
  revision: count("From 0; one more each time the bar was corrected"),
  knownAt: time("When this revision became known, our clock"),
  cause: text("closed, late or rederived", "closed"),
  complete: Type.Boolean({ description: "False while the bar's time has not passed" }),
  source,
};

const amount = (description: string): TSchema => orNull(Type.Integer(), description);

const qualityProperties = {
  ...listing,
  start: time("Start of the minute, our clock"),
  trades: count("Stored trades that were received in it as they happened"),
  duplicates: count("Trades that came again and were not stored again"),
  refused: count("Records of the listing in quarantine"),
  outOfOrder: count("Trades with an event time before that of the one received before them"),
  gapUs: count("Microseconds in which a gap was open that names the listing"),
  latencyMinUs: amount(
    "Receive minus event time, the least; below zero our clock is behind the venue's. Null without trades",
  ),
  latencyP50Us: amount("The median, at most 1.6 % low"),
  latencyP99Us: amount("99 of 100 trades had at most this, at most 1.6 % low"),
  latencyMaxUs: amount("The most"),
  priceOutliers: count("Trades whose price is far off the moves before"),
  sizeOutliers: count("Trades whose size is far above those before"),
  outlierIds: Type.Array(Type.String(), { description: "Ids of the first five outliers" }),
  divergencePpm: amount("Last price against the middle one of the other venues', millionths; null where there is none"),
  expectedTrades: amount("What the minutes before lead to expect; null until there are five whole ones"),
  flags: Type.Array(oneOf(QUALITY_FLAGS, "See docs/data-quality.md")),
  source,
};

const quoteQualityProperties = {
  ...listing,
  start: time("Start of the minute, our clock"),
  changes: count("How often the best bid or ask became another price, or known again"),
  quotedUs: count("Microseconds in which both were known, proven and fresh"),
  ownCrossedUs: count("Microseconds in which the venue's own bid stood at or above its own ask"),
  comparedUs: count("Microseconds in which another venue of the instrument was quoted too, of that with the most"),
  lockedUs: count("Microseconds in which it was locked with lockedWith: a bid and an ask of the two were one price"),
  lockedWith: orNull(Type.String(), "The venue with which it was locked the longest"),
  crossedUs: count(
    "Microseconds in which it was crossed with crossedWith: a bid of one stood above an ask of the other",
  ),
  crossedWith: orNull(Type.String(), "The venue with which it was crossed the longest"),
  crossedMaxPpb: amount("The most that it was crossed by, at any venue, billionths; null: never"),
  spreadMinPpb: amount("Ask less bid in billionths of the bid, the least; null where nothing was quoted"),
  spreadMeanPpb: amount("The mean over time"),
  spreadMaxPpb: amount("The most"),
  flags: Type.Array(oneOf(QUOTE_MINUTE_FLAGS, "See docs/data-quality.md")),
  source,
};

/** In the order of a CSV's columns. */
export const TRADE_COLUMNS: readonly string[] = Object.keys(tradeProperties);
export const BAR_COLUMNS: readonly string[] = Object.keys(barProperties);
export const QUALITY_COLUMNS: readonly string[] = Object.keys(qualityProperties);
export const QUOTE_QUALITY_COLUMNS: readonly string[] = Object.keys(quoteQualityProperties);

const instrumentProperties = {
  ...listing,
  unit: text("Power of ten by which stored prices are multiplied and stored sizes divided; 1 for nearly all", "1"),
};

const bookLevel = Type.Object({
  price: decimal("Quote currency per unit of base, exact", "61800.2"),
  size: decimal("Base currency that rests there, exact", "1.406"),
});

const bookProperties = {
  ...listing,
  time: time("When its last message was received: nothing changed from then to the time asked for"),
  bids: Type.Array(bookLevel, { description: "From the highest" }),
  asks: Type.Array(bookLevel, { description: "From the lowest" }),
  proof: Type.Object(
    {
      connection: text("Which of the feed's connections", "binance/0"),
      epoch: count("Which socket of the connection"),
      snapshotTime: time("The whole book that this one starts from"),
      snapshotCause: text("replace: the venue's own; periodic: K2's", "replace"),
      checksum: oneOf(["ok", "none"], "Of that snapshot's message; none where the venue sends none with it"),
      changes: count("Messages applied since, none of them missing"),
      sequence: orNull(Type.String(), "The venue's number of the last message"),
      position: text(
        "Of the last message: partition:offset of its frame in the raw log, and its place in it",
        "0:1234.0",
      ),
      subscribedDepth: orNull(Type.Integer(), "Levels a side that the subscription keeps; null: the whole book"),
      complete: Type.Boolean({ description: "False where a side has more levels than are proven here" }),
    },
    { description: "What says that the book is right" },
  ),
  receipt: reference("Receipt"),
};

const receiptProperties = {
  snapshots: byTable(Type.String(), "Iceberg snapshot id by table"),
  lakeOffsets: byTable(Type.Array(Type.String()), "By table: partition:offset before which rows came from the lake"),
  tailOffsets: byTable(
    Type.Array(Type.String()),
    "By table: partition:offset before which, from there on, rows came from the live tail",
  ),
};

const problemProperties = {
  type: Type.String({ examples: ["about:blank"] }),
  title: Type.String({ examples: ["Bad Request"] }),
  status: Type.Integer({ examples: [400] }),
  detail: text("What failed, what was seen, and what to do", "limit is 20000; the most is 10000"),
  code: text("Stable; docs/errors.md lists them all", "K2_INVALID_INPUT"),
  remedy: oneOf(["retry", "resync", "fix-input", "report"], "What the caller can do about it"),
  requestId: Type.String({ description: "Also in the header x-request-id, and on the server's log line" }),
  errors: Type.Optional(
    Type.Array(Type.Object({ name: Type.Optional(Type.String()), detail: Type.String() }), {
      description: "Each parameter that is wrong",
    }),
  ),
};

const feedProperties = {
  feed: Type.String(),
  venue: Type.String(),
  connection: Type.String(),
  state: Type.String(),
  url: Type.String({ description: "The endpoint in use, or to be tried next" }),
  breaker: oneOf(
    ["closed", "open", "half-open"],
    "open: too many failures in a row, nothing is tried for a while; half-open: the one try that decides",
  ),
  symbols: Type.Array(Type.String()),
  epoch: count("One more with every connection made"),
  frames: count("Messages received"),
  framesPerSecond: Type.Number({ description: "Over the last ten seconds" }),
  latencyMs: orNull(Type.Number(), "Our clock minus the venue's, of the last ten seconds' trades; may be negative"),
  lastFrameAt: orNull(Type.String(), "ISO 8601 UTC"),
  reconnects: count("Since the start"),
  gaps: count("Intervals in which the record may be incomplete"),
  lastError: orNull(Type.String(), "What went wrong last"),
};

const healthProperties = {
  mode: oneOf(["simulated", "live"], "Whether prices are made up"),
  version: Type.String(),
  startedAt: time("When K2 was started"),
  now: time("Of this report"),
  ready: Type.Boolean({ description: "False while a part has failed or is still catching up; problems says which" }),
  problems: Type.Array(Type.String()),
  feeds: Type.Array(Type.Object(feedProperties)),
  pipeline: Type.Object({
    frames: count("Raw frames read"),
    trades: count("Trades made of them"),
    duplicates: count("Trades that were there already"),
    refused: count("Rows in quarantine"),
    lagFrames: count("Raw frames not yet turned into events"),
  }),
  books: Type.Optional(
    Type.Object(
      {
        books: count("Order books that are kept"),
        proven: count("Of them, those that are proven now"),
        levels: count("Prices in them"),
        lagFrames: count("Raw frames not yet turned into events of books"),
      },
      { description: "Absent where no books are captured or were imported" },
    ),
  ),
  venueData: Type.Optional(
    Type.Object(
      { lagFrames: count("Raw frames not yet turned into such events") },
      { description: "Tickers, candles, funding, liquidations and status; absent where there are none" },
    ),
  ),
  store: Type.Object({ trades: count("Trades in the hot store"), lagRecords: count("Records behind the log") }),
  lake: Type.Array(
    Type.Object({
      table: Type.String(),
      snapshot: orNull(Type.String(), "Iceberg snapshot id"),
      committedAt: orNull(Type.String(), "ISO 8601 UTC"),
      rows: Type.Number(),
      files: Type.Number(),
    }),
  ),
  quality: Type.Object(
    {
      minute: orNull(Type.String(), "The newest minute that is over, ISO 8601 UTC; null before the first"),
      listings: count("Listings with such minutes"),
      worst: Type.Array(
        Type.Object({ venue: Type.String(), symbol: Type.String(), minute: Type.String(), problem: Type.String() }),
        { description: "At most five listings to look at, the worst first" },
      ),
    },
    { description: "The last five minutes of ops.quality" },
  ),
  clocks: Type.Object(
    {
      notes: Type.Array(Type.String(), { description: "What most venues agree to be wrong with our own clock" }),
      connections: Type.Array(
        Type.Object({
          feed: Type.String(),
          venue: Type.String(),
          connection: Type.String(),
          minutes: count("Minutes with trades that it rests on, of the last fifteen"),
          floorMs: Type.Number({
            description: "What receive minus event time hardly ever falls below; negative: our clock is behind",
          }),
          typicalMs: Type.Number({ description: "The middle one of the minutes' medians" }),
          slowMs: Type.Number({ description: "The most of the minutes' 99th percentiles" }),
          driftPpm: orNull(
            Type.Number(),
            "How fast the floor moves, microseconds a second; null before twenty minutes",
          ),
        }),
      ),
    },
    { description: "The venues' clocks against ours: docs/clocks.md" },
  ),
  maintenance: Type.Optional(
    Type.Object(
      {
        running: orNull(Type.String(), "The job that runs, and its table"),
        alerts: Type.Array(Type.String(), { description: "What is beyond the limits" }),
        recent: Type.Array(
          Type.Object({
            job: Type.String(),
            table: Type.String(),
            startedAt: time("When it began"),
            finishedAt: orNull(Type.String(), "ISO 8601 UTC"),
            outcome: Type.String(),
            detail: Type.String(),
          }),
          { description: "The newest first" },
        ),
      },
      { description: "The lake's upkeep; absent where this process does none" },
    ),
  ),
  process: Type.Object({ residentBytes: Type.Number(), uptimeSeconds: Type.Number(), folder: Type.String() }),
};

/** All that answers refer to, to be added to the server once. */
export const NAMED_SCHEMAS: readonly NamedSchema[] = [
  named("Trade", tradeProperties, "One execution, as the venue reported it"),
  named("Bar", barProperties, "The latest revision of one bar"),
  named("Book", bookProperties, "An order book as it was at a time, proven"),
  named("QualityMinute", qualityProperties, "One minute of one listing's trades, judged"),
  named("QuoteMinute", quoteQualityProperties, "One minute of one listing's best bid and ask, judged"),
  named("Instrument", instrumentProperties, "An instrument at a venue"),
  named("Receipt", receiptProperties, "What an answer was made of: enough to ask again and get the same"),
  named("Problem", problemProperties, "RFC 9457 problem"),
  named("Health", healthProperties, "How every part of K2 is"),
  page("TradesPage", "Trade"),
  page("BarsPage", "Bar"),
  ...VENUE_DATA_ANSWERS.flatMap(({ kind, name, description, page: pageName }) => [
    named(name, venueDataProperties(kind), description),
    page(pageName, name),
  ]),
  page("QualityPage", "QualityMinute"),
  page("QuoteQualityPage", "QuoteMinute"),
  named("Instruments", { rows: Type.Array(reference("Instrument")) }, "Every listing that has traded here"),
];

export function reference(name: string): TSchema {
  return Type.Unsafe({ $ref: `${name}#` });
}

function named(name: string, properties: TProperties, description: string): NamedSchema {
  const schema = { ...Type.Object(properties), $id: name, title: name, description };
  return schema;
}

function page(name: string, row: string): NamedSchema {
  const cursor = orNull(Type.String(), "Pass it to get the next page; null at the end");
  const properties = { rows: Type.Array(reference(row)), cursor, receipt: reference("Receipt") };
  return named(name, properties, "One page");
}

function byTable(values: TSchema, description: string): TSchema {
  return Type.Unsafe({ type: "object", additionalProperties: values, description });
}

function orNull(schema: TSchema, description: string): TSchema {
  return Type.Union([schema, Type.Null()], { description });
}
