import {
  encodeRefusals,
  encodeVenueData,
  type Refusal,
  TOPICS,
  VENUE_DATA_KINDS,
  VENUE_DATA_PARTITION,
  VENUE_DATA_TABLES,
  type VenueDataKind,
  type VenueDataOutcome,
  type VenueDataRow,
} from "../../domain/index.ts";
import type { EventEntry } from "../event-entries.ts";
import type { SideOutput } from "../side/side-stage.ts";

/** What became of a record. repeat: as it was said last. late: of a socket that is not believed any more, or older than what is told. */
export type RecordOutcome = "row" | "repeat" | "late" | "refused";

/** A row in Avro, about. */
const ROW_BYTES = 250;

/** The events of some frames: what one append takes. */
export class VenueDataOutput implements SideOutput {
  readonly #rows: Map<VenueDataKind, VenueDataRow[]> = new Map();
  #refusals: Refusal[] = [];
  #byteLength = 0;
  /** Rows name no listing: each is whole by itself. */
  readonly listingsEnd: number = 0;
  /** Frames by what they were; "unread": they have no mark of the channels. */
  readonly frames: Record<VenueDataOutcome | "unread", number> = { "venue-data": 0, other: 0, refused: 0, unread: 0 };
  readonly records: Map<VenueDataKind, Record<RecordOutcome, number>> = new Map();

  get byteLength(): number {
    return this.#byteLength;
  }

  row(kind: VenueDataKind, row: VenueDataRow): void {
    const rows = this.#rows.get(kind) ?? [];
    rows.push(row);
    this.#rows.set(kind, rows);
    this.#byteLength += ROW_BYTES;
  }

  count(kind: VenueDataKind, outcome: RecordOutcome): void {
    const counts = this.records.get(kind) ?? { row: 0, repeat: 0, late: 0, refused: 0 };
    counts[outcome] += 1;
    this.records.set(kind, counts);
  }

  refuse(refusal: Refusal): void {
    this.#refusals.push(refusal);
    this.#byteLength += ROW_BYTES + refusal.payload.byteLength;
  }

  takeEntries(): readonly EventEntry[] {
    const entries: EventEntry[] = [];
    for (const kind of VENUE_DATA_KINDS) {
      const rows = this.#rows.get(kind) ?? [];
      const { topic } = VENUE_DATA_TABLES[kind];
      if (rows.length > 0) entries.push({ topic, partition: 0, records: encodeVenueData(kind, rows) });
    }
    if (this.#refusals.length > 0) {
      const records = encodeRefusals(this.#refusals);
      entries.push({ topic: TOPICS.quarantine, partition: VENUE_DATA_PARTITION, records });
    }
    this.#forget();
    return entries;
  }

  clear(): void {
    this.#forget();
    for (const outcome of Object.keys(this.frames) as (keyof typeof this.frames)[]) this.frames[outcome] = 0;
    this.records.clear();
  }

  #forget(): void {
    this.#rows.clear();
    this.#refusals = [];
    this.#byteLength = 0;
  }
}
