import { FIRST_PARTITION_FIELD_ID, type PartitionInput, partitionSpecFrom } from "../core/partition-spec.ts";
import { type ColumnInput, highestFieldId, schemaFrom } from "../core/schema.ts";
import { type SortInput, sortOrderFrom, UNSORTED } from "../core/sort-order.ts";
import type { TableMetadata } from "./table-metadata.ts";

/** What a table is made from. */
export interface TableInput {
  readonly schema: readonly ColumnInput[];
  readonly partitionSpec?: readonly PartitionInput[] | undefined;
  readonly sortOrder?: readonly SortInput[] | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
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

/** The first metadata of a table of format v2. Column ids stay as the caller gave them. */
export function newTableMetadata(
  input: TableInput,
  made: { readonly tableUuid: string; readonly location: string; readonly nowMs: number },
): TableMetadata {
  const schema = schemaFrom(input.schema);
  const spec = partitionSpecFrom(schema, input.partitionSpec ?? []);
  const sortOrder = sortOrderFrom(schema, input.sortOrder ?? []);
  return {
    formatVersion: 2,
    tableUuid: made.tableUuid,
    location: made.location,
    lastSequenceNumber: 0,
    lastUpdatedMs: made.nowMs,
    lastColumnId: highestFieldId(schema),
    schemas: [schema],
    currentSchemaId: schema.schemaId,
    partitionSpecs: [spec],
    defaultSpecId: spec.specId,
    lastPartitionId: Math.max(FIRST_PARTITION_FIELD_ID - 1, ...spec.fields.map(({ fieldId }) => fieldId)),
    sortOrders: sortOrder.orderId === 0 ? [UNSORTED] : [UNSORTED, sortOrder],
    defaultSortOrderId: sortOrder.orderId,
    properties: { ...DEFAULT_PROPERTIES, ...input.properties },
    currentSnapshotId: undefined,
    snapshots: [],
    snapshotLog: [],
    metadataLog: [],
    refs: {},
    extra: {},
  };
}
