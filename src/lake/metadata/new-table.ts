import { InvalidInputError } from "../../base/index.ts";
import { withFreshIds } from "../core/fresh-ids.ts";
import { checkMetricsProperties } from "../core/metrics-mode.ts";
import { FIRST_PARTITION_FIELD_ID, type PartitionInput, partitionSpecFrom } from "../core/partition-spec.ts";
import { type ColumnInput, highestFieldId, schemaFrom } from "../core/schema.ts";
import { withIdentifierFields } from "../core/schema-index.ts";
import { type SortInput, sortOrderFrom, UNSORTED } from "../core/sort-order.ts";
import type { TableDescription } from "./create-request.ts";
import { openDraft } from "./draft.ts";
import { remappedSortOrder, remappedSpecFields } from "./remap.ts";
import type { TableMetadata } from "./table-metadata.ts";
import { finishDraft, type TableUpdate } from "./update.ts";

/** What a table is made from. */
export interface TableInput {
  readonly schema: readonly ColumnInput[];
  /** Names of the columns that identify a row; nested ones with dots. */
  readonly identifierFields?: readonly string[] | undefined;
  readonly partitionSpec?: readonly PartitionInput[] | undefined;
  readonly sortOrder?: readonly SortInput[] | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Default 2. */
  readonly formatVersion?: 1 | 2 | 3 | undefined;
}

/** "true" where every data file holds its partition columns too, as all writers of Iceberg write them; not so in files taken over from Hive. */
export const FILES_HOLD_PARTITION_COLUMNS = "k2.files-hold-partition-columns";

/** Said in the table, so that every writer keeps to them and not only this one. */
const DEFAULT_PROPERTIES: Readonly<Record<string, string>> = {
  "write.format.default": "parquet",
  "write.parquet.compression-codec": "zstd",
  "write.metadata.previous-versions-max": "100",
  "write.metadata.delete-after-commit.enabled": "true",
  [FILES_HOLD_PARTITION_COLUMNS]: "true",
};

/** What every implementation says in a table made through the protocol. */
const PROTOCOL_PROPERTIES: Readonly<Record<string, string>> = { "write.parquet.compression-codec": "zstd" };

const FORMAT_VERSION_DEFAULT = 2;

interface Made {
  readonly tableUuid: string;
  readonly location: string;
  readonly nowMs: number;
}

/**
 * The first metadata of a table. Column ids stay as the caller gave them.
 *
 * @throws {InvalidInputError} when the parts do not fit each other or the format version
 */
export function newTableMetadata(input: TableInput, made: Made): TableMetadata {
  const { schema, partitionSpec, sortOrder, properties } = tableDescription(input);
  const updates: TableUpdate[] = [
    { action: "add-schema", schema, lastColumnId: highestFieldId(schema) },
    { action: "set-current-schema", schemaId: -1 },
    { action: "add-spec", spec: partitionSpec },
    { action: "set-default-spec", specId: -1 },
    { action: "add-sort-order", sortOrder: UNSORTED },
    { action: "add-sort-order", sortOrder },
    { action: "set-default-sort-order", sortOrderId: -1 },
    { action: "set-properties", updates: { ...DEFAULT_PROPERTIES, ...properties } },
  ];
  return built(updates, made, input.formatVersion ?? FORMAT_VERSION_DEFAULT);
}

/** @throws {InvalidInputError} when the parts do not fit each other */
export function tableDescription(input: TableInput): TableDescription {
  const schema = withIdentifierFields(schemaFrom(input.schema), input.identifierFields ?? []);
  return {
    schema,
    partitionSpec: partitionSpecFrom(schema, input.partitionSpec ?? []),
    sortOrder: sortOrderFrom(schema, input.sortOrder ?? []),
    properties: input.properties ?? {},
  };
}

/**
 * The first metadata of a table that a client describes: columns take ids from 1, whatever ids the description has, and
 * its spec and sort order follow them by the columns' names. The property `format-version` chooses the format version.
 *
 * @throws {InvalidInputError} when the parts do not fit each other or the format version
 */
export function newTableFromDescription(description: TableDescription, made: Made): TableMetadata {
  const { schema, partitionSpec, sortOrder, properties } = description;
  const fresh = withFreshIds(schema, { lastColumnId: 0 });
  const kept = persistentProperties(properties);
  checkMetricsProperties(fresh.schema, kept);
  const fields = remappedSpecFields(partitionSpec.fields, { from: schema, to: fresh.schema });
  const updates: TableUpdate[] = [
    { action: "add-schema", schema: fresh.schema, lastColumnId: fresh.lastColumnId },
    { action: "set-current-schema", schemaId: -1 },
    {
      action: "add-spec",
      spec: {
        specId: undefined,
        fields: fields.map((field, index) => ({ ...field, fieldId: FIRST_PARTITION_FIELD_ID + index })),
      },
    },
    { action: "set-default-spec", specId: -1 },
    { action: "add-sort-order", sortOrder: remappedSortOrder(sortOrder, { from: schema, to: fresh.schema }) },
    { action: "set-default-sort-order", sortOrderId: -1 },
    { action: "set-properties", updates: { ...PROTOCOL_PROPERTIES, ...kept } },
  ];
  return built(updates, made, formatVersionOf(properties) ?? FORMAT_VERSION_DEFAULT);
}

/**
 * A table that updates alone make: the end of a create transaction. `made` tells what they leave out.
 *
 * @throws {InvalidInputError} when they do not make a whole table
 */
export function tableFromUpdates(updates: readonly TableUpdate[], made: Made): TableMetadata {
  const upgrade = updates.find((update) => update.action === "upgrade-format-version");
  const has = (action: TableUpdate["action"]) => updates.some((update) => update.action === action);
  const unpartitioned = { action: "add-spec", spec: { specId: 0, fields: [] } } as const;
  const unsorted = { action: "add-sort-order", sortOrder: UNSORTED } as const;
  const implied = [...(has("add-spec") ? [] : [unpartitioned]), ...(has("add-sort-order") ? [] : [unsorted])];
  const firstSchema = updates.findIndex(({ action }) => action === "add-schema") + 1;
  const all = [...updates.slice(0, firstSchema), ...implied, ...updates.slice(firstSchema)];
  return built(all, made, upgrade?.formatVersion ?? FORMAT_VERSION_DEFAULT);
}

function built(updates: readonly TableUpdate[], made: Made, formatVersion: number): TableMetadata {
  const empty: TableMetadata = {
    formatVersion: Math.min(formatVersion, FORMAT_VERSION_DEFAULT),
    tableUuid: made.tableUuid,
    location: made.location.replace(/\/+$/, ""),
    lastSequenceNumber: 0,
    lastUpdatedMs: made.nowMs,
    lastColumnId: 0,
    schemas: [],
    currentSchemaId: 0,
    partitionSpecs: [],
    defaultSpecId: 0,
    lastPartitionId: FIRST_PARTITION_FIELD_ID - 1,
    sortOrders: [],
    defaultSortOrderId: 0,
    properties: {},
    currentSnapshotId: undefined,
    snapshots: [],
    snapshotLog: [],
    metadataLog: [],
    refs: {},
    statistics: [],
    partitionStatistics: [],
    encryptionKeys: [],
    nextRowId: 0n,
    extra: {},
  };
  const draft = openDraft(empty, { isNew: true, nowMs: made.nowMs });
  return finishDraft(draft, [{ action: "upgrade-format-version", formatVersion }, ...updates]);
}

/** Members that a table's properties say in the protocol and that are no properties. */
const RESERVED: ReadonlySet<string> = new Set([
  "format-version",
  "uuid",
  "snapshot-count",
  "current-snapshot-summary",
  "current-snapshot-id",
  "current-snapshot-timestamp-ms",
  "current-schema",
  "default-partition-spec",
  "default-sort-order",
]);

export function persistentProperties(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !RESERVED.has(name)));
}

/** What the property `format-version` asks for. */
export function formatVersionOf(properties: Readonly<Record<string, string>>): number | undefined {
  const text = properties["format-version"];
  if (text === undefined) return undefined;
  const version = Number(text);
  if (Number.isInteger(version)) return version;
  throw new InvalidInputError(`Cannot read the property format-version: ${JSON.stringify(text)} is not 1, 2 or 3`);
}
