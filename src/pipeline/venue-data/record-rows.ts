import {
  type CandleRecord,
  type Cell,
  type FundingRecord,
  type LiquidationRecord,
  type StatusRecord,
  type TickerRecord,
  VENUE_DATA_TABLES,
  type VenueDataKind,
  type VenueDataRow,
  venueDataColumns,
} from "../../domain/index.ts";
import {
  describeCandle,
  describeFunding,
  describeLiquidation,
  describeStatus,
  describeTicker,
  type Said,
} from "./describe-records.ts";
import { type NumberProblem, RowNumbers } from "./row-numbers.ts";

export type AnyRecord = TickerRecord | CandleRecord | FundingRecord | LiquidationRecord | StatusRecord;
/** What a record says, of whichever kind. */
export type AnySaid = Readonly<Record<string, unknown>>;
type Cells = Readonly<Record<string, Cell>>;

/** Where a record came from and when: what every row of its frame says. */
export interface RecordPlace {
  readonly venue: string;
  readonly symbol: string;
  readonly connection: string;
  readonly epoch: number;
  readonly receiveTimeUs: number;
  readonly receiveTimeNanos: number;
  /** Of SOURCES. */
  readonly source: string;
  readonly rawPartition: number;
  readonly rawOffset: number;
}

/** What a record says, without where in the stream it was said. */
export function saidIn(record: AnyRecord): AnySaid {
  const { channel, rawSymbol, eventTimeUs, eventTimeNanos, sequence, frameIndex, named, ...said } = record;
  return Object.fromEntries(
    Object.entries(said).filter(([name, value]) => value !== undefined && name !== "isDelta" && name !== "isSample"),
  );
}

/** What is said in the columns of the kind's table; or why it cannot be. `left`: why columns stay null. */
export function cellsOf(
  kind: VenueDataKind,
  said: AnySaid,
): { readonly cells: Cells; readonly left: readonly NumberProblem[] } | { readonly problem: NumberProblem } {
  const numbers = new RowNumbers();
  const others = describe(kind, said, numbers);
  const found = numbers.cells();
  if ("problem" in found) return found;
  const unit = HAS_UNIT.has(kind) ? { unit: found.unit } : {};
  return { cells: { ...others, ...found.cells, ...unit }, left: numbers.left };
}

/** The same for the same cells, and for no others. */
export function textOf(cells: Cells): string {
  return JSON.stringify(cells, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}

/** @param said.revision of a candle */
export function rowOf(
  kind: VenueDataKind,
  record: AnyRecord,
  said: { readonly cells: Cells; readonly isPartial: boolean; readonly revision: number },
  place: RecordPlace,
): VenueDataRow {
  const { sequence, eventTimeUs, eventTimeNanos = 0 } = record;
  const hasTime = eventTimeUs !== undefined;
  const origin: Cells = {
    venue: place.venue,
    symbol: place.symbol,
    raw_symbol: record.rawSymbol,
    sequence: sequence !== undefined && Number.isSafeInteger(sequence) ? sequence : null,
    channel: record.channel,
    connection: place.connection,
    epoch: place.epoch,
    frame_index: record.frameIndex,
    source: place.source,
    _raw_partition: place.rawPartition,
    _raw_offset: place.rawOffset,
  };
  const empty = EMPTY_ROWS.get(kind);
  if (kind === "candle") {
    const known = { known_at: place.receiveTimeUs, known_at_nanos: place.receiveTimeNanos, revision: said.revision };
    const event = hasTime ? { ts_event: eventTimeUs, ts_event_nanos: eventTimeNanos } : {};
    return { ...empty, ...said.cells, ...origin, ...known, ...event, batch: "" };
  }
  return {
    ...empty,
    ...said.cells,
    ...origin,
    ts_event: hasTime ? eventTimeUs : place.receiveTimeUs,
    ts_event_nanos: hasTime ? eventTimeNanos : place.receiveTimeNanos,
    ts_recv: place.receiveTimeUs,
    ts_recv_nanos: place.receiveTimeNanos,
    flags: [hasTime ? [] : ["noEventTime"], said.isPartial ? ["partial"] : []].flat().join(","),
    ...(kind === "ticker" ? { batch: "" } : {}),
  };
}

const HAS_UNIT: ReadonlySet<VenueDataKind> = new Set(["ticker", "candle", "liquidation"]);

/** Each column of a kind's table, null. */
const EMPTY_ROWS: ReadonlyMap<VenueDataKind, Cells> = new Map(
  Object.values(VENUE_DATA_TABLES).map(({ kind, definition }) => [
    kind,
    Object.fromEntries(venueDataColumns(definition).map(({ name }) => [name, null])),
  ]),
);

/** The record's own type, taken apart and put together again: fields of before stand beside its own. */
function describe(kind: VenueDataKind, said: AnySaid, numbers: RowNumbers): Cells {
  switch (kind) {
    case "ticker":
      return describeTicker(said as Said<TickerRecord>, numbers);
    case "candle":
      return describeCandle(said as unknown as Said<CandleRecord>, numbers);
    case "funding":
      return describeFunding(said as Said<FundingRecord>, numbers);
    case "liquidation":
      return describeLiquidation(said as unknown as Said<LiquidationRecord>, numbers);
    case "status":
      return describeStatus(said as Said<StatusRecord>, numbers);
  }
}
