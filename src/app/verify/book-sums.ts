import { createHash } from "node:crypto";
import {
  ASK,
  BID,
  BOOK_FLAGS,
  type BookRows,
  formatDecimal,
  type Int64Column,
  type Listing,
  type Listings,
  NO_SIDE,
  ORDER_ACTIONS,
  ORDER_FLAGS,
  type OrderRows,
  QUOTE_FLAGS,
  type QuoteRows,
  SOURCES,
  STORED_SCALE,
} from "../../domain/index.ts";
import type { DerivedBooks } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";

/*
 * Rows of the tables of books as one text each, spelled twice: here of what was derived, in SQL of what is stored. A
 * listing's rows add up to their number and the XOR of the texts' MD5s, whatever their order.
 */

/** By `venue|rawSymbol`. */
export type BookSums = ReadonlyMap<string, BookSum>;

export interface BookSum {
  rows: number;
  sum: bigint;
}

export const BOOK_TABLES = ["quotes", "book_changes", "book_snapshots", "orders"] as const;
export type BookTable = (typeof BOOK_TABLES)[number];

const HASH_DIGITS = 15;

/** What the frames say. */
export class DerivedSums implements DerivedBooks {
  readonly tables: Readonly<Record<BookTable, Map<string, BookSum>>> = {
    quotes: new Map(),
    book_changes: new Map(),
    book_snapshots: new Map(),
    orders: new Map(),
  };
  /** Rows of silver.gaps, and of silver.quarantine, by feed. */
  readonly gapRows: Map<string, number> = new Map();
  readonly refused: Map<string, number> = new Map();

  quotes(rows: QuoteRows, listings: Listings): void {
    for (let row = 0; row < rows.length; row += 1) {
      const flags = rows.flags[row] ?? 0;
      const [noBid, noAsk] = [(flags & QUOTE_FLAGS.noBid) !== 0, (flags & QUOTE_FLAGS.noAsk) !== 0];
      this.#add("quotes", listings.at(rows.listing[row] ?? 0), [
        noBid ? "" : decimalAt(rows.bidPrice, row),
        noBid ? "" : decimalAt(rows.bidSize, row),
        noAsk ? "" : decimalAt(rows.askPrice, row),
        noAsk ? "" : decimalAt(rows.askSize, row),
        namesOf(QUOTE_FLAGS, ["derived", "locked", "crossed"], flags),
        ...origin(rows, row, (flags & QUOTE_FLAGS.noEventTime) !== 0),
      ]);
    }
  }

  changes(rows: BookRows, listings: Listings): void {
    for (let row = 0; row < rows.length; row += 1) {
      this.#add("book_changes", listings.at(rows.listing[row] ?? 0), [
        ...level(rows, row),
        namesOf(BOOK_FLAGS, ["snapshot", "last", "maybeBad"], rows.flags[row] ?? 0),
        ...origin(rows, row, ((rows.flags[row] ?? 0) & BOOK_FLAGS.noEventTime) !== 0),
      ]);
    }
  }

  snapshots(rows: BookRows, listings: Listings): void {
    for (let row = 0; row < rows.length; row += 1) {
      const flags = rows.flags[row] ?? 0;
      const has = (name: keyof typeof BOOK_FLAGS): boolean => (flags & BOOK_FLAGS[name]) !== 0;
      this.#add("book_snapshots", listings.at(rows.listing[row] ?? 0), [
        ...level(rows, row),
        rows.level[row] ?? 0,
        has("snapshot") ? "replace" : "periodic",
        has("maybeBad") ? "unproven" : "proven",
        has("checksumOk") ? "ok" : has("checksumFailed") ? "failed" : "none",
        has("oneSided") ? "one-sided" : has("locked") ? "locked" : has("crossed") ? "crossed" : "open",
        rows.bidLevels[row] ?? 0,
        rows.askLevels[row] ?? 0,
        ...origin(rows, row, has("noEventTime")),
      ]);
    }
  }

  orders(rows: OrderRows, listings: Listings): void {
    for (let row = 0; row < rows.length; row += 1) {
      const side = rows.side[row];
      const sequence = rows.sequence.get(row);
      this.#add("orders", listings.at(rows.listing[row] ?? 0), [
        BigInt.asUintN(64, rows.order.get(row)),
        ORDER_ACTIONS[rows.action[row] ?? 0],
        side === BID ? "bid" : side === ASK ? "ask" : "",
        amountAt(rows.price, row),
        amountAt(rows.size, row),
        namesOf(ORDER_FLAGS, ORDER_FLAG_NAMES, rows.flags[row] ?? 0),
        ...origin(rows, row, false).map((value, place) => (place === SEQUENCE_PLACE && sequence === 0n ? "" : value)),
      ]);
    }
  }

  gaps(gaps: Parameters<DerivedBooks["gaps"]>[0]): void {
    for (const { feed } of gaps) this.gapRows.set(feed, (this.gapRows.get(feed) ?? 0) + 1);
  }

  refusals(refusals: Parameters<DerivedBooks["refusals"]>[0]): void {
    for (const { feed } of refusals) this.refused.set(feed, (this.refused.get(feed) ?? 0) + 1);
  }

  #add(table: BookTable, { venue, rawSymbol }: Listing, parts: readonly unknown[]): void {
    const key = `${venue}|${rawSymbol}`;
    const sum = this.tables[table].get(key) ?? { rows: 0, sum: 0n };
    this.tables[table].set(key, sum);
    const digits = createHash("md5").update(parts.join("|")).digest("hex").slice(0, HASH_DIGITS);
    sum.rows += 1;
    sum.sum ^= BigInt(`0x${digits}`);
  }
}

type Origin = Pick<
  BookRows,
  "receiveTimeUs" | "eventTimeUs" | "eventTimeNanos" | "receiveTimeNanos" | "sequence" | "connection" | "epoch"
> &
  Pick<BookRows, "frameIndex" | "source" | "rawPartition" | "rawOffset">;

function origin(rows: Origin, row: number, noEventTime: boolean): readonly unknown[] {
  const sequence = rows.sequence.get(row);
  return [
    noEventTime ? "" : rows.eventTimeUs.get(row),
    rows.eventTimeNanos[row],
    rows.receiveTimeUs.get(row),
    rows.receiveTimeNanos[row],
    sequence === -1n ? "" : sequence,
    rows.connection[row],
    rows.epoch[row],
    rows.frameIndex[row],
    SOURCES[rows.source[row] ?? 0],
    rows.rawPartition[row],
    rows.rawOffset.get(row),
  ];
}

const ORIGIN_SQL = [
  "coalesce(epoch_us(ts_event)::VARCHAR, '')",
  "ts_event_nanos",
  "epoch_us(ts_recv)",
  "ts_recv_nanos",
  "coalesce(sequence::VARCHAR, '')",
  "connection",
  "epoch",
  "frame_index",
  "source",
  "_raw_partition",
  "_raw_offset",
];

function level(rows: BookRows, row: number): readonly unknown[] {
  const side = rows.side[row];
  const isNone = side === NO_SIDE;
  const depth = rows.depth[row] ?? 0;
  return [
    side === BID ? "bid" : side === ASK ? "ask" : "",
    isNone ? "" : decimalAt(rows.price, row),
    isNone ? "" : decimalAt(rows.size, row),
    rows.levelIndex[row],
    depth === 0 ? "" : depth,
  ];
}

/** Of `sequence` in what `origin` gives. */
const SEQUENCE_PLACE = 4;
const ORDER_FLAG_NAMES = ["last", "snapshot", "badReceiveTime", "maybeBadBook", "topOfBook", "aggregated"] as const;

const LEVEL_SQL = [
  "coalesce(side, '')",
  "coalesce(price::VARCHAR, '')",
  "coalesce(size::VARCHAR, '')",
  "level_index",
  "coalesce(depth::VARCHAR, '')",
];

const PARTS_SQL: Readonly<Record<BookTable, readonly string[]>> = {
  quotes: [
    ...["bid_price", "bid_size", "ask_price", "ask_size"].map((name) => `coalesce(${name}::VARCHAR, '')`),
    "flags",
    ...ORIGIN_SQL,
  ],
  book_changes: [...LEVEL_SQL, "flags", ...ORIGIN_SQL],
  book_snapshots: [
    ...LEVEL_SQL,
    "level",
    "cause",
    "continuity",
    "checksum",
    "spread",
    "bid_levels",
    "ask_levels",
    ...ORIGIN_SQL,
  ],
  orders: [
    "order_id",
    "action",
    "coalesce(side, '')",
    "coalesce(price::VARCHAR, '')",
    "coalesce(size::VARCHAR, '')",
    "flags",
    ...ORIGIN_SQL,
  ],
};

/** What a table holds, of the rows that the condition admits. */
export async function storedSums(query: QueryEngine, table: BookTable, condition: string): Promise<BookSums> {
  const text = PARTS_SQL[table].map((part) => `(${part})::VARCHAR`).join(" || '|' || ");
  const { rows } = await query.sql(
    `SELECT venue || '|' || raw_symbol, count(*), bit_xor(('0x' || substr(md5(${text}), 1, ${HASH_DIGITS}))::BIGINT)
     FROM silver.${table} WHERE ${condition} GROUP BY ALL`,
    { rowsMax: 1_000_000 },
  );
  return new Map(rows.map(([key, count, sum]) => [String(key), { rows: Number(count), sum: BigInt(String(sum)) }]));
}

function decimalAt(column: Int64Column, row: number): string {
  return formatDecimal({ mantissa: column.get(row), scale: STORED_SCALE });
}

/** Empty where the event has none. */
function amountAt(column: Int64Column, row: number): string {
  return column.get(row) === 0n ? "" : decimalAt(column, row);
}

function namesOf(bits: Readonly<Record<string, number>>, wanted: readonly string[], flags: number): string {
  return wanted.filter((name) => (flags & (bits[name] ?? 0)) !== 0).join(",");
}
