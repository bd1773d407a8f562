import type { RecordBatch } from "../../base/index.ts";
import { codec, decode, type EventCodec, encode } from "../event-records.ts";
import type { VenueDataKind } from "./venue-data-records.ts";
import { VENUE_DATA_TABLES } from "./venue-data-schemas.ts";

/**
 * A value of a column: of a decimal its mantissa at the column's scale, of a time microseconds since the Unix epoch, of a
 * whole number or a text itself.
 */
export type Cell = bigint | number | string | null;

/** A row by its table's columns, without those that are the row's place in the event log. What is left out is null. */
export type VenueDataRow = Readonly<Record<string, Cell>>;

type RowCodec = EventCodec<VenueDataRow, Readonly<Record<string, Cell>>>;
const codecs = new Map<VenueDataKind, RowCodec>();

/** Made when it is first needed: most processes have no such rows. */
function codecOf(kind: VenueDataKind): RowCodec {
  const known = codecs.get(kind);
  if (known !== undefined) return known;
  const { schema } = VENUE_DATA_TABLES[kind];
  const made: RowCodec = codec(schema, { toFields: (row) => row, fromFields: (fields) => ({ ...fields }) });
  codecs.set(kind, made);
  return made;
}

/** One record a row. @throws {InternalError} when a row has not the columns of its table */
export function encodeVenueData(kind: VenueDataKind, rows: readonly VenueDataRow[]): RecordBatch {
  return encode(codecOf(kind), rows);
}

/** The rows of `batch` from record number `from` on. */
export function decodeVenueData(kind: VenueDataKind, batch: RecordBatch, from = 0): readonly VenueDataRow[] {
  return decode(codecOf(kind), batch, from);
}
