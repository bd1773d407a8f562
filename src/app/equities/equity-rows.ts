import { type Decimal, formatDecimal, formatInstant, rawTopic, type Source } from "../../domain/index.ts";
import type { Batch, KnownAction, KnownBar, RefusedRecord, VendorQuote } from "../../equities/index.ts";

/** A row as a line of JSON: by the names of the table's columns, decimals and times as text. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Whose batch rows are of, and where its frame lies. */
export interface Landed {
  readonly batch: Batch;
  readonly source: Source;
  /** Of the frame in the vendor's raw topic. */
  readonly rawPartition: number;
  readonly rawOffset: number;
}

/** What the rows of an equity have in common. */
export interface Listed {
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly currency: string | undefined;
}

export function frameRow({ batch, source, rawPartition, rawOffset }: Landed, connection: string): Row {
  return {
    feed: batch.vendor,
    connection,
    epoch: 0,
    kind: "fetched",
    ts_recv: formatInstant(batch.knownAtUs),
    ts_recv_nanos: 0,
    payload: Buffer.from(batch.payload).toString("base64"),
    source,
    _topic: rawTopic(batch.vendor),
    _partition: rawPartition,
    _offset: rawOffset,
  };
}

export function candleRow(landed: Landed, listed: Listed, interval: string, bar: KnownBar): Row {
  return {
    ...listingCells(landed, listed),
    interval,
    start: formatInstant(bar.startUs),
    open: formatDecimal(bar.open),
    high: formatDecimal(bar.high),
    low: formatDecimal(bar.low),
    close: formatDecimal(bar.close),
    volume: formatDecimal(bar.volume),
    unit: 1,
    currency: listed.currency ?? null,
    adjustment: bar.adjustment,
    revision: bar.revision,
    known_at: formatInstant(bar.knownAtUs),
    ...originCells(landed),
  };
}

export function actionRow(landed: Landed, listed: Listed, action: KnownAction): Row {
  const terms =
    action.kind === "split"
      ? { split_to: Number(action.to), split_from: Number(action.from), adjustment: "none" }
      : { amount: formatDecimal(action.amount), adjustment: action.adjustment, currency: listed.currency ?? null };
  return {
    ...listingCells(landed, listed),
    kind: action.kind,
    ex_date: formatInstant(action.exDateUs),
    ...terms,
    state: action.state,
    revision: action.revision,
    known_at: formatInstant(action.knownAtUs),
    ...originCells(landed),
  };
}

export function tickerRow(landed: Landed, listed: Listed, quote: VendorQuote): Row {
  return {
    ...listingCells(landed, listed),
    price: formatDecimal(quote.price),
    open: optional(quote.open),
    high: optional(quote.high),
    low: optional(quote.low),
    previous_close: optional(quote.previousClose),
    volume: optional(quote.volume),
    unit: 1,
    currency: listed.currency ?? null,
    ts_event: formatInstant(quote.timeUs),
    ts_recv: formatInstant(landed.batch.knownAtUs),
    ...originCells(landed),
  };
}

/** @param refusal `index` undefined: of the whole answer */
export function quarantineRow(
  landed: Landed,
  rawSymbol: string | undefined,
  refusal: Omit<RefusedRecord, "index"> & { readonly index?: number | undefined },
): Row {
  const { batch, rawPartition, rawOffset, source } = landed;
  return {
    feed: batch.vendor,
    stage: "decode",
    reason: refusal.reason,
    detail: refusal.detail,
    raw_symbol: rawSymbol ?? null,
    frame_index: refusal.index ?? null,
    ts_recv: formatInstant(batch.knownAtUs),
    // A record's own frame is in bronze.frames; a whole answer that was refused is kept here as well.
    payload: refusal.index === undefined ? Buffer.from(batch.payload).toString("base64") : "",
    source,
    _raw_partition: rawPartition,
    _raw_offset: rawOffset,
  };
}

function listingCells({ batch }: Landed, { symbol, rawSymbol }: Listed): Row {
  return { venue: batch.vendor, symbol, raw_symbol: rawSymbol };
}

function originCells({ batch, source, rawPartition, rawOffset }: Landed): Row {
  return { batch: batch.id, source, _raw_partition: rawPartition, _raw_offset: rawOffset };
}

function optional(value: Decimal | undefined): string | null {
  return value === undefined ? null : formatDecimal(value);
}
