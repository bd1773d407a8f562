import type { OffsetRange, PartitionOffset } from "../store.ts";
import type { Layout } from "./layout.ts";
import type { AppendResult } from "./protocol.ts";

/** A table of DuckDB that readers may hold. Dropped when it is no longer wanted and nobody holds it. */
export class TableLease {
  readonly name: string;
  readonly #drop: (name: string) => void;
  #holders = 0;
  #retired = false;

  constructor(name: string, drop: (name: string) => void) {
    this.name = name;
    this.#drop = drop;
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    this.#dropIfFree();
  }

  /** Nobody will hold it any more. */
  retire(): void {
    this.#retired = true;
    this.#dropIfFree();
  }

  #dropIfFree(): void {
    if (this.#retired && this.#holders === 0) this.#drop(this.name);
  }
}

/** What a reader sees of a segment: immutable. */
export interface SegmentView {
  readonly layout: Layout;
  readonly table: TableLease;
  /** The visible range of each partition. */
  readonly ranges: readonly OffsetRange[];
  /** Visible rows; the table may hold more after them while the segment is open. */
  readonly rows: number;
  /** True when the table holds the visible rows and no others, for good. */
  readonly whole: boolean;
  readonly timeMinUs: number;
  readonly timeMaxUs: number;
}

/** Consecutive rows of one topic in one table. Open for appends, then closed, then sealed (sorted anew). */
export class Segment {
  readonly layout: Layout;
  readonly openedMs: number;
  bytes = 0;
  /** Wall clock of the latest chunk. */
  lastAppendedMs = 0;
  open = true;
  #table: TableLease;
  #sealed: TableLease | undefined;
  #ranges: readonly OffsetRange[] = [];
  #submittedRecords = 0;
  #visibleRecords = 0;
  /** Visible rows; a record may make several. */
  #visibleRows = 0;
  #retired = false;
  #timeMinUs = Number.POSITIVE_INFINITY;
  #timeMaxUs = Number.NEGATIVE_INFINITY;

  constructor(layout: Layout, table: TableLease, openedMs: number) {
    this.layout = layout;
    this.#table = table;
    this.openedMs = openedMs;
  }

  get table(): string {
    return this.#table.name;
  }
  /** Visible ones, and of each record that is on its way, one. */
  get rows(): number {
    return this.#submittedRecords - this.#visibleRecords + this.#visibleRows;
  }
  /** True when all records submitted are visible. */
  get settled(): boolean {
    return this.#submittedRecords === this.#visibleRecords;
  }
  get ranges(): readonly OffsetRange[] {
    return this.#ranges;
  }

  submit(records: number, bytes: number, nowMs: number): void {
    this.#submittedRecords += records;
    this.bytes += bytes;
    this.lastAppendedMs = nowMs;
  }

  /** Records become visible in the order in which they were submitted. */
  show(range: OffsetRange, found: Pick<AppendResult, "rows" | "timeMinUs" | "timeMaxUs">): void {
    this.#visibleRecords += range.end - range.start;
    this.#visibleRows += found.rows;
    this.#ranges = extended(this.#ranges, range);
    this.#timeMinUs = Math.min(this.#timeMinUs, found.timeMinUs);
    this.#timeMaxUs = Math.max(this.#timeMaxUs, found.timeMaxUs);
    this.#adoptSealed();
  }

  /** The same rows in a table of better order; readers of the old one keep it. */
  seal(table: TableLease): void {
    this.#sealed = table;
    if (this.#retired) table.retire();
    else this.#adoptSealed();
  }

  /** Keeps the present table until the lease is released. */
  hold(): TableLease {
    this.#table.hold();
    return this.#table;
  }

  view(): SegmentView {
    return {
      layout: this.layout,
      table: this.#table,
      ranges: this.#ranges,
      rows: this.#visibleRows,
      whole: !this.open && this.settled,
      timeMinUs: this.#timeMinUs,
      timeMaxUs: this.#timeMaxUs,
    };
  }

  /** True when every row lies before these offsets. */
  within(committed: readonly PartitionOffset[]): boolean {
    return this.#ranges.every(({ partition, end }) => end <= offsetOf(committed, partition));
  }

  retire(): void {
    this.#retired = true;
    this.#table.retire();
    this.#sealed?.retire();
  }

  #adoptSealed(): void {
    // A sorted table has no order in which its first rows are the visible ones, so all must be.
    if (this.#sealed === undefined || !this.settled) return;
    this.#table.retire();
    this.#table = this.#sealed;
    this.#sealed = undefined;
  }
}

function extended(ranges: readonly OffsetRange[], range: OffsetRange): readonly OffsetRange[] {
  const known = ranges.find(({ partition }) => partition === range.partition);
  const others = ranges.filter(({ partition }) => partition !== range.partition);
  return [...others, { ...range, start: known?.start ?? range.start }].sort((a, b) => a.partition - b.partition);
}

/** The offset named for a partition; 0 where none is. */
export function offsetOf(offsets: readonly PartitionOffset[], partition: number): number {
  return offsets.find((offset) => offset.partition === partition)?.offset ?? 0;
}
