import { InvalidInputError } from "../../base/index.ts";
import type { Schema } from "./schema.ts";
import { indexSchema } from "./schema-index.ts";
import { isPrimitive } from "./types.ts";

/** Which metrics of a column a data file's manifest entry keeps. */
export type MetricsMode =
  | { readonly kind: "none" }
  /** Sizes and counts of values, nulls and NaN. */
  | { readonly kind: "counts" }
  /** Counts, and bounds of at most so many characters or bytes. */
  | { readonly kind: "truncate"; readonly length: number }
  /** Counts and whole bounds. */
  | { readonly kind: "full" };

const DEFAULT_PROPERTY = "write.metadata.metrics.default";
export const METRICS_COLUMN_PREFIX = "write.metadata.metrics.column.";
const COLUMNS_MAX_PROPERTY = "write.metadata.metrics.max-inferred-column-defaults";
const COLUMNS_MAX_DEFAULT = 100;
const MODE_DEFAULT: MetricsMode = { kind: "truncate", length: 16 };
const SORTED_MODE: MetricsMode = MODE_DEFAULT;

/** @throws {InvalidInputError} on anything but none, counts, truncate(n) and full, in whatever case */
export function parseMetricsMode(text: string): MetricsMode {
  const plain = text.trim().toLowerCase();
  if (plain === "none" || plain === "counts" || plain === "full") return { kind: plain };
  const length = Number(/^truncate\((\d+)\)$/.exec(plain)?.[1]);
  if (length > 0) return { kind: "truncate", length };
  throw new InvalidInputError(`Invalid metrics mode ${JSON.stringify(text)}: use none, counts, truncate(16) or full`);
}

/**
 * The mode of each primitive column, at any depth, by field id. A column's own property counts first, then the table's
 * default; without a default the first hundred columns keep truncate(16), the others none; a column that rows are sorted by
 * keeps bounds in any case, unless its own property says otherwise. A mode that cannot be read counts as truncate(16).
 *
 * @param sortedIds ids of the columns that the default sort order sorts by
 * @see https://iceberg.apache.org/docs/latest/configuration/#write-properties
 */
export function metricsModes(
  schema: Schema,
  properties: Readonly<Record<string, string>>,
  sortedIds: ReadonlySet<number> = new Set(),
): ReadonlyMap<number, MetricsMode> {
  const general = properties[DEFAULT_PROPERTY];
  const columnsMax = Number(properties[COLUMNS_MAX_PROPERTY] ?? COLUMNS_MAX_DEFAULT);
  const modes = new Map<number, MetricsMode>();
  for (const { field, name } of indexSchema(schema).byId.values()) {
    if (!isPrimitive(field.type)) continue;
    const own = properties[METRICS_COLUMN_PREFIX + name];
    const inferred: MetricsMode = modes.size < columnsMax ? MODE_DEFAULT : { kind: "none" };
    const mode = general === undefined ? inferred : readable(general);
    modes.set(field.id, own === undefined ? promoted(mode, sortedIds.has(field.id)) : readable(own));
  }
  return modes;
}

function readable(text: string): MetricsMode {
  try {
    return parseMetricsMode(text);
  } catch {
    return MODE_DEFAULT; // A writer that refused to write for a property's sake would stop the table.
  }
}

function promoted(mode: MetricsMode, isSorted: boolean): MetricsMode {
  return isSorted && (mode.kind === "none" || mode.kind === "counts") ? SORTED_MODE : mode;
}

/** @throws {InvalidInputError} when a property names a column there is not, or a mode there is not */
export function checkMetricsProperties(schema: Schema, properties: Readonly<Record<string, string>>): void {
  const { byName } = indexSchema(schema);
  for (const [property, text] of Object.entries(properties)) {
    if (property === DEFAULT_PROPERTY) parseMetricsMode(text);
    if (!property.startsWith(METRICS_COLUMN_PREFIX)) continue;
    parseMetricsMode(text);
    const column = property.slice(METRICS_COLUMN_PREFIX.length);
    if (byName.has(column)) continue;
    throw new InvalidInputError(
      `Invalid metrics config, could not find column ${column} from table prop ${property} in the schema`,
    );
  }
}
