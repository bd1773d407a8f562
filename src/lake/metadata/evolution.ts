import { InvalidInputError } from "../../base/index.ts";
import { METRICS_COLUMN_PREFIX } from "../core/metrics-mode.ts";
import {
  evolvedNameMapping,
  formatNameMapping,
  NAME_MAPPING_PROPERTY,
  parseNameMapping,
} from "../core/name-mapping.ts";
import type { Schema } from "../core/schema.ts";
import type { SchemaChange } from "../core/schema-change.ts";
import { evolveSchema } from "../core/schema-evolution.ts";
import { indexSchema } from "../core/schema-index.ts";
import { type SortInput, sortOrderFrom } from "../core/sort-order.ts";
import { evolveSpec, type PartitionChange } from "../core/spec-evolution.ts";
import { transformText } from "../core/transform.ts";
import { typeText } from "../core/types.ts";
import { currentSchema, specById, type TableMetadata } from "./table-metadata.ts";
import { effectiveUpdates, type TableUpdate } from "./update.ts";

/** What a table shall be like from now on. The parts take effect together, in the order they are listed here. */
export interface TableEvolution {
  /** 2 or 3; there is no way back. */
  readonly formatVersion?: number | undefined;
  readonly schema?: readonly SchemaChange[] | undefined;
  readonly partitions?: readonly PartitionChange[] | undefined;
  /** The new order, whole; none for unsorted. Files that there are keep theirs. */
  readonly sortOrder?: readonly SortInput[] | undefined;
  /** A property that is undefined is removed. */
  readonly properties?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * The updates that make the evolution.
 *
 * @throws {InvalidInputError} on a change that rows or files that there are would not survive
 */
export function evolutionUpdates(base: TableMetadata, evolution: TableEvolution): readonly TableUpdate[] {
  const formatVersion = evolution.formatVersion ?? base.formatVersion;
  const schema = evolvedSchema(base, evolution.schema ?? [], formatVersion);
  return effectiveUpdates(base, [
    { action: "upgrade-format-version", formatVersion },
    ...schema.updates,
    ...specUpdates(base, schema.next, evolution.partitions ?? [], formatVersion),
    ...sortOrderUpdates(schema.next, evolution.sortOrder),
    ...propertyUpdates(base, { ...schema.properties, ...evolution.properties }),
  ]);
}

function evolvedSchema(
  base: TableMetadata,
  changes: readonly SchemaChange[],
  formatVersion: number,
): {
  readonly next: Schema;
  readonly updates: readonly TableUpdate[];
  readonly properties: TableEvolution["properties"];
} {
  const held = currentSchema(base);
  if (changes.length === 0) return { next: held, updates: [], properties: {} };
  const table = { lastColumnId: base.lastColumnId, formatVersion };
  const { schema: next, lastColumnId } = evolveSchema(held, changes, table);
  refuseStrangePartitions(base, held, next);
  return {
    next,
    updates: [
      { action: "add-schema", schema: next, lastColumnId },
      { action: "set-current-schema", schemaId: -1 },
    ],
    properties: columnProperties(base, held, next),
  };
}

const KEPT_BY_PROMOTION: ReadonlySet<string> = new Set(["year", "month", "day", "hour", "void"]);

/** A date and its timestamp hash and print differently, so partitions of the one are not those of the other. */
function refuseStrangePartitions(base: TableMetadata, held: Schema, next: Schema): void {
  for (const { name, sourceId, transform } of base.partitionSpecs.flatMap((spec) => spec.fields)) {
    const [before, after] = [held, next].map((schema) => indexSchema(schema).byId.get(sourceId)?.field.type);
    if (before?.kind !== "date" || after === undefined || after.kind === "date") continue;
    if (KEPT_BY_PROMOTION.has(transform.kind)) continue;
    throw new InvalidInputError(
      `Cannot change column type: ${typeText(before)} -> ${typeText(after)} would change the partition field ${name}, ` +
        `${transformText(transform)} of it. Nothing was changed`,
    );
  }
}

const COLUMN_PREFIXES: readonly string[] = [
  METRICS_COLUMN_PREFIX,
  "write.parquet.bloom-filter-enabled.column.",
  "write.parquet.bloom-filter-fpp.column.",
  "write.parquet.stats-enabled.column.",
];

/** Properties that name columns follow them; so does the name mapping. */
function columnProperties(base: TableMetadata, held: Schema, next: Schema): TableEvolution["properties"] {
  const changed: Record<string, string | undefined> = {};
  for (const [property, value] of Object.entries(base.properties)) {
    const prefix = COLUMN_PREFIXES.find((each) => property.startsWith(each));
    const before = prefix === undefined ? undefined : indexSchema(held).byName.get(property.slice(prefix.length));
    if (prefix === undefined || before === undefined) continue;
    const after = indexSchema(next).byId.get(before.field.id);
    if (after?.name === before.name) continue;
    changed[property] ??= undefined; // Another column may have taken the name over by now.
    if (after !== undefined) changed[prefix + after.name] = value;
  }
  const mapping = base.properties[NAME_MAPPING_PROPERTY];
  if (mapping !== undefined) {
    changed[NAME_MAPPING_PROPERTY] = formatNameMapping(evolvedNameMapping(parseNameMapping(mapping), next));
  }
  return changed;
}

function specUpdates(
  base: TableMetadata,
  schema: Schema,
  changes: readonly PartitionChange[],
  formatVersion: number,
): readonly TableUpdate[] {
  if (changes.length === 0) return [];
  const { fields: held } = specById(base, base.defaultSpecId);
  const fields = evolveSpec(held, changes, { schema, formatVersion, lastPartitionId: base.lastPartitionId });
  return [
    { action: "add-spec", spec: { specId: undefined, fields } },
    { action: "set-default-spec", specId: -1 },
  ];
}

function sortOrderUpdates(schema: Schema, inputs: readonly SortInput[] | undefined): readonly TableUpdate[] {
  if (inputs === undefined) return [];
  return [
    { action: "add-sort-order", sortOrder: sortOrderFrom(schema, inputs) },
    { action: "set-default-sort-order", sortOrderId: -1 },
  ];
}

function propertyUpdates(
  base: TableMetadata,
  properties: Readonly<Record<string, string | undefined>>,
): readonly TableUpdate[] {
  const entries = Object.entries(properties).filter(([name, value]) => base.properties[name] !== value);
  const removals = entries.flatMap(([name, value]) => (value === undefined ? [name] : []));
  const updates = Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  return [
    ...(removals.length > 0 ? [{ action: "remove-properties", removals } as const] : []),
    ...(Object.keys(updates).length > 0 ? [{ action: "set-properties", updates } as const] : []),
  ];
}
