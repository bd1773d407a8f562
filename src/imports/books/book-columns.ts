import { ASK, BID } from "../../domain/index.ts";
import type { TableFormat } from "../format.ts";
import { RowTimes } from "../table/row-times.ts";
import type { PlacedColumn, TableLayout } from "../table/table-layout.ts";

/** Price and size columns of one level of a ladder. */
export interface LevelPlaces {
  readonly side: number;
  readonly price: PlacedColumn;
  /** Undefined where the source tells no sizes. */
  readonly size: PlacedColumn | undefined;
}

/** undefined where the source's own clock is all there is. */
export function recordedTimes(
  table: TableFormat,
  layout: TableLayout,
  date: string | undefined,
): RowTimes | string | undefined {
  const { recordedTime } = layout.of;
  if (recordedTime?.role.kind !== "recordedTime") return undefined;
  const role = { kind: "time", unit: recordedTime.role.unit } as const;
  return RowTimes.of(table, { ...layout, of: { time: { ...recordedTime, role } } }, date);
}

/** By rank, so that a book's levels come best first. */
export function ladderOf({ levels }: TableLayout): readonly LevelPlaces[] {
  const places: LevelPlaces[] = [];
  for (const price of levels) {
    if (price.role.kind !== "level" || price.role.of !== "price") continue;
    const { side, rank } = price.role;
    const size = levels.find(
      ({ role }) => role.kind === "level" && role.of === "size" && role.side === side && role.rank === rank,
    );
    places.push({ side: side === "bid" ? BID : ASK, price, size });
  }
  return places;
}
