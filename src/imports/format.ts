/** What a column says of a trade. Columns that K2 does not keep have no role. */
export type ColumnRole =
  /** The venue's trade id; with `prefix` where other ids of the market could be the same number. */
  | {
      readonly kind: "id";
      readonly prefix?: string;
      /** The venue's ids are whole numbers, which K2 knows for ever by their ranges. */
      readonly isNumber?: boolean;
    }
  /** `impliedDecimals`: the number is written without its point, as 491800 for 49.18 (4). */
  | { readonly kind: "price"; readonly impliedDecimals?: number }
  | { readonly kind: "size" }
  | { readonly kind: "time"; readonly unit: TimeUnit }
  /** When whoever recorded it received it. */
  | { readonly kind: "recordedTime"; readonly unit: Exclude<TimeUnit, "ms-of-day"> }
  /** The row's level is part of a whole book, where the value is one of these. */
  | { readonly kind: "isSnapshot"; readonly when: readonly string[] }
  /** One number of one level of a book, or of the best bid or ask (rank 0); empty or zero where there is no such level. */
  | {
      readonly kind: "level";
      readonly side: "bid" | "ask";
      readonly of: "price" | "size";
      readonly rank: number;
      readonly impliedDecimals?: number;
    }
  /** The venue's number of the message. */
  | { readonly kind: "sequence" }
  /** A number of a record of venue data, by the name that it has there; `isText`: it is none. */
  | {
      readonly kind: "field";
      readonly name: string;
      readonly isOptional?: boolean;
      readonly isText?: boolean;
      readonly impliedDecimals?: number;
    }
  /** Local date as MM/DD/YYYY or YYYY-MM-DD, beside a `clock`. */
  | { readonly kind: "date" }
  /** Local time of day as HH:MM:SS with decimals, beside a `date`. */
  | { readonly kind: "clock" }
  /** Who crossed the spread; letters count as written. Other values are refused unless listed as unknown. */
  | {
      readonly kind: "side";
      readonly buy: readonly string[];
      readonly sell: readonly string[];
      readonly unknown?: readonly string[];
    }
  /** true: the buyer rested, so the seller crossed the spread. */
  | { readonly kind: "buyerIsMaker" }
  /** First and last execution that an aggregate stands for. */
  | { readonly kind: "firstId" }
  | { readonly kind: "lastId" }
  /** The venue's symbol, in files of several. */
  | { readonly kind: "symbol" }
  /** The vendor's name of the venue: must be one that the head of the piece gives. */
  | { readonly kind: "market" }
  /** The row is refused where the value is one of these: whoever made the file says that it is not to be believed. */
  | { readonly kind: "suspicious"; readonly when: readonly string[] }
  /** Sets a bit of TRADE_FLAGS where the value is one of these. */
  | { readonly kind: "flag"; readonly flag: number; readonly when: readonly string[] };

/**
 * s, ms, us, ns: Unix time, with decimals where there are some. ms-or-us: 13 digits are milliseconds and 16 are
 * microseconds. ms-of-day: milliseconds since local midnight of the file's date. iso: ISO 8601, UTC unless it says.
 */
export type TimeUnit = "s" | "ms" | "us" | "ns" | "ms-or-us" | "ms-of-day" | "iso";

export interface Column {
  /** As headers spell it, in small letters; the first is what messages call it. */
  readonly names: readonly string[];
  readonly role?: ColumnRole;
  /** Of a column with a role: rows may lack it. */
  readonly optional?: boolean;
  /** Part of the id that K2 makes where the source has none. */
  readonly identity?: boolean;
  /** Rows one after the other with the same value are one message: they stay together. */
  readonly isTie?: boolean;
}

/** What rows of venue data are; a candle's interval is in the file's name. */
export type VenueTable = "candle" | "funding" | "liquidation" | "status";

/**
 * What rows of books are. levels: a changed level each. ladder: a whole book, or the best bid and ask, each. messages: a
 * message of the venue's feed each, in its own grammar. orders: an event of an order each.
 */
export interface BookTable {
  readonly rows: "levels" | "ladder" | "messages" | "orders";
  readonly channel: "book" | "quote";
  /** Levels a side that the source keeps; undefined where it keeps all. */
  readonly depth?: number;
  /** Of quotes: a row names the side that changed; the other is as the row before left it. */
  readonly isChangedSides?: boolean;
  /** Of quotes: the source may say prices without sizes; such a quote has the size 0. */
  readonly maySizesLack?: boolean;
  /** Of quotes that are the last of an interval whose begin is the row's time: what they hold at is its end, so many µs by name. */
  readonly endUs?: Readonly<Record<string, number>>;
}

/** How rows of trades are written: plain data, so that it can travel with each piece of a file. */
export interface TableFormat {
  readonly text: "csv" | "ndjson";
  readonly delimiter: string;
  /** Headers are known by their names; `none` where the first line is always a row. */
  readonly header: "none" | "optional" | "required";
  /** In the order of the file where it has no header. */
  readonly columns: readonly Column[];
  /** Bits of TRADE_FLAGS that hold for every row. */
  readonly flags: number;
  /** Of local times: an IANA name. */
  readonly zone?: string;
}

/** One kind of file, as data. A new one is a folder with one of these, and a line in registry.ts. */
export interface ImportFormat extends TableFormat {
  /** Stable name: in `raw.import-<id>` and in every row of bronze. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly documentation: string;
  /** The market that the rows belong to; undefined where rows, symbol or options tell it. */
  readonly venue: string | undefined;
  /** Feeds whose spelling the file's symbols have; the venue is that of the feed that knows the symbol. */
  readonly spelling: readonly string[];
  /** Of vendors that name markets themselves: their name to the feeds that speak of the same market. */
  readonly markets?: Readonly<Record<string, readonly string[]>>;
  /** Names of files of this kind, with groups `symbol`, `date` (YYYYMMDD) and `interval` where the name has them. */
  readonly fileName: RegExp | undefined;
  /** Of files of books and quotes. */
  readonly books?: BookTable;
  /** Of candles whose files' names say the interval in a word: what that is. */
  readonly intervals?: Readonly<Record<string, string>>;
  /** Of files of what a venue publishes beside. Without either, rows are trades. */
  readonly venueData?: VenueTable;
  /** Rows say themselves which instrument their symbol is, in the field `instrument`. */
  readonly namesInstruments?: boolean;
  /** Of files whose names other formats' files have too: what instruments they are of. */
  readonly instruments?: readonly ("equity" | "spot" | "perpetual" | "future" | "option")[];
  /** Only where it is named: files of these names hold something else as well. */
  readonly isNamed?: boolean;
  /** How many columns a row has, where that tells the format from others with such names. */
  readonly fieldCount?: number;
}

/** Of a field that messages quote. */
export const FIELD_TEXT_MAX = 160;

/** Whether ids may be texts, which are found again by looking at what K2 has. */
export function hasTextIds(table: TableFormat): boolean {
  return !table.columns.some(
    ({ role }) => role?.kind === "id" && (role.isNumber === true || role.prefix !== undefined),
  );
}

/** Whether K2 must make ids: no column has one. */
export function makesIds(table: TableFormat): boolean {
  return !table.columns.some(({ role }) => role?.kind === "id");
}
