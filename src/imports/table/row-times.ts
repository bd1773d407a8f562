import type { TableFormat } from "../format.ts";
import { latin1 } from "./numbers.ts";
import type { RowFields } from "./row-fields.ts";
import type { PlacedColumn, TableLayout } from "./table-layout.ts";
import { clockNanos, dayStartUs, readTime, Zone } from "./times.ts";

type TimeReader = (fields: RowFields, into: RowTimes) => boolean;

/** When the trade of a row happened: Unix time, time of the file's day, or local date and time. */
export class RowTimes {
  us = 0;
  nanos = 0;
  /** The column that messages name. */
  readonly column: PlacedColumn;
  /** What a good value would be. */
  readonly expected: string;
  readonly #read: TimeReader;

  private constructor(column: PlacedColumn, expected: string, read: TimeReader) {
    this.column = column;
    this.expected = expected;
    this.#read = read;
  }

  /** @returns or why the rows' times cannot be told */
  static of(table: TableFormat, layout: TableLayout, date: string | undefined): RowTimes | string {
    const { time, date: dateColumn, clock } = layout.of;
    if (dateColumn !== undefined && clock !== undefined)
      return new RowTimes(clock, "a local date and time", localReader(dateColumn.place, clock.place, zoneOf(table)));
    if (time?.role.kind !== "time") return "no column is a time";
    const { place, role } = time;
    const { unit } = role;
    if (unit === "ms-of-day") {
      const day = dayStartUs(date ?? "");
      if (day === undefined) return "its rows have the time of day only, and its name has no date";
      return new RowTimes(time, "milliseconds since midnight", ofDayReader(place, day, zoneOf(table)));
    }
    return new RowTimes(time, EXPECTED[unit], ({ bytes, starts, ends }, into) =>
      readTime(bytes, starts[place] ?? 0, ends[place] ?? 0, unit, into),
    );
  }

  /** @returns false when the row has no time that can be read */
  read(fields: RowFields): boolean {
    return this.#read(fields, this);
  }
}

const EXPECTED = {
  s: "a Unix time in seconds",
  ms: "a Unix time in milliseconds",
  us: "a Unix time in microseconds",
  ns: "a Unix time in nanoseconds",
  "ms-or-us": "a Unix time in milliseconds (13 digits) or microseconds (16)",
  iso: "an ISO 8601 time with at most nine decimals",
} as const;

const DAY_US = 86_400_000_000;

function zoneOf({ zone }: TableFormat): Zone | undefined {
  return zone === undefined ? undefined : new Zone(zone);
}

function ofDayReader(place: number, dayUs: number, zone: Zone | undefined): TimeReader {
  return ({ bytes, starts, ends }, into) => {
    if (!readTime(bytes, starts[place] ?? 0, ends[place] ?? 0, "ms", into) || into.us >= DAY_US) return false;
    const localUs = dayUs + into.us;
    into.us = zone === undefined ? localUs : zone.toUtcUs(localUs);
    return true;
  };
}

function localReader(datePlace: number, clockPlace: number, zone: Zone | undefined): TimeReader {
  let dateText = "";
  let dayUs: number | undefined;
  return ({ bytes, starts, ends }, into) => {
    const text = latin1(bytes, starts[datePlace] ?? 0, ends[datePlace] ?? 0);
    if (text !== dateText || dayUs === undefined) {
      dateText = text;
      dayUs = dayStartUs(text);
    }
    const nanos = clockNanos(latin1(bytes, starts[clockPlace] ?? 0, ends[clockPlace] ?? 0));
    if (dayUs === undefined || nanos < 0) return false;
    const micros = Math.floor(nanos / 1000);
    into.us = zone === undefined ? dayUs + micros : zone.toUtcUs(dayUs + micros);
    into.nanos = nanos - micros * 1000;
    return true;
  };
}
