import type { PrimitiveType } from "../core/types.ts";
import { isPrimitive } from "../core/types.ts";
import { compareValues } from "../core/value.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { decodeBound } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { equalityColumns } from "./equality-columns.ts";

/**
 * False only where no row of a data file can have a key of an equality delete file: their bounds and null counts say so. A
 * delete of few rows then costs nothing in the files that hold none of them.
 */
export class EqualityOverlap {
  readonly #metadata: TableMetadata;
  readonly #columns = new Map<string, readonly ComparedColumn[]>();
  readonly #ranges = new WeakMap<DataFile, Map<number, Range>>();

  constructor(metadata: TableMetadata) {
    this.#metadata = metadata;
  }

  mayShareKeys(deletes: DataFile, data: DataFile): boolean {
    return this.#compared(deletes.equalityIds).every(({ id, type }) =>
      mayBeEqual(type, this.#range(deletes, id, type), this.#range(data, id, type)),
    );
  }

  /**
   * Of the columns that keys are made of, those whose bounds can be trusted here: not within structs, whose own nulls are
   * counted in more ways than one; no floats, whose bounds leave NaN out; no uuids, which writers order in two ways.
   */
  #compared(ids: readonly number[]): readonly ComparedColumn[] {
    const key = ids.join();
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const columns = equalityColumns(this.#metadata, ids).flatMap(({ id, top, field: { type } }) =>
      top.id === id && isPrimitive(type) && !UNORDERED.has(type.kind) ? [{ id, type }] : [],
    );
    this.#columns.set(key, columns);
    return columns;
  }

  #range(file: DataFile, id: number, type: PrimitiveType): Range {
    const ranges = this.#ranges.get(file) ?? new Map<number, Range>();
    this.#ranges.set(file, ranges);
    const known = ranges.get(id);
    if (known !== undefined) return known;
    const [nullCount, valueCount] = [file.nullCounts.get(id), file.valueCounts.get(id)];
    const range = {
      lower: decodeBound(type, file.lowerBounds.get(id)),
      upper: decodeBound(type, file.upperBounds.get(id)),
      hasNoNulls: nullCount === 0,
      hasOnlyNulls: nullCount !== undefined && nullCount === valueCount,
    };
    ranges.set(id, range);
    return range;
  }
}

interface ComparedColumn {
  readonly id: number;
  readonly type: PrimitiveType;
}

interface Range {
  readonly lower: ReturnType<typeof decodeBound>;
  readonly upper: ReturnType<typeof decodeBound>;
  readonly hasNoNulls: boolean;
  readonly hasOnlyNulls: boolean;
}

const UNORDERED: ReadonlySet<PrimitiveType["kind"]> = new Set(["float", "double", "uuid", "opaque"]);

/** Null equals null, and is within no bounds. */
function mayBeEqual(type: PrimitiveType, one: Range, other: Range): boolean {
  if (!one.hasNoNulls && !other.hasNoNulls) return true;
  if (one.hasOnlyNulls || other.hasOnlyNulls) return false;
  return !isBelow(type, one, other) && !isBelow(type, other, one);
}

function isBelow(type: PrimitiveType, { upper }: Range, { lower }: Range): boolean {
  return upper !== undefined && lower !== undefined && compareValues(type, upper, lower) < 0;
}
