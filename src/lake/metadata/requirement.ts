import { CommitConflictError } from "../errors.ts";
import { MAIN_BRANCH } from "./snapshot.ts";
import type { TableMetadata } from "./table-metadata.ts";

/** What must hold of the table for a commit to apply; the requirements of the REST catalog protocol. */
export type TableRequirement =
  | { readonly type: "assert-create" }
  | { readonly type: "assert-table-uuid"; readonly uuid: string }
  | { readonly type: "assert-ref-snapshot-id"; readonly ref: string; readonly snapshotId: bigint | undefined }
  | { readonly type: "assert-last-assigned-field-id"; readonly lastAssignedFieldId: number }
  | { readonly type: "assert-current-schema-id"; readonly currentSchemaId: number }
  | { readonly type: "assert-last-assigned-partition-id"; readonly lastAssignedPartitionId: number }
  | { readonly type: "assert-default-spec-id"; readonly defaultSpecId: number }
  | { readonly type: "assert-default-sort-order-id"; readonly defaultSortOrderId: number };

/** @throws {CommitConflictError} naming the first requirement that does not hold */
export function checkRequirements(
  metadata: TableMetadata | undefined,
  requirements: readonly TableRequirement[],
): void {
  for (const requirement of requirements) {
    const broken = metadata === undefined ? brokenWithoutTable(requirement) : brokenBy(metadata, requirement);
    if (broken !== undefined) {
      throw new CommitConflictError(
        `Cannot commit to table ${metadata?.location ?? "(none)"}: ${requirement.type} does not hold, ${broken}. ` +
          "Nothing was changed; load the table again and decide anew",
      );
    }
  }
}

function brokenWithoutTable(requirement: TableRequirement): string | undefined {
  return requirement.type === "assert-create" ? undefined : "there is no such table";
}

function brokenBy(metadata: TableMetadata, requirement: TableRequirement): string | undefined {
  switch (requirement.type) {
    case "assert-create":
      return "the table exists";
    case "assert-table-uuid":
      return differs(metadata.tableUuid, requirement.uuid);
    case "assert-ref-snapshot-id":
      return differs(refSnapshotId(metadata, requirement.ref), requirement.snapshotId);
    case "assert-last-assigned-field-id":
      return differs(metadata.lastColumnId, requirement.lastAssignedFieldId);
    case "assert-current-schema-id":
      return differs(metadata.currentSchemaId, requirement.currentSchemaId);
    case "assert-last-assigned-partition-id":
      return differs(metadata.lastPartitionId, requirement.lastAssignedPartitionId);
    case "assert-default-spec-id":
      return differs(metadata.defaultSpecId, requirement.defaultSpecId);
    case "assert-default-sort-order-id":
      return differs(metadata.defaultSortOrderId, requirement.defaultSortOrderId);
  }
}

function refSnapshotId(metadata: TableMetadata, ref: string): bigint | undefined {
  return ref === MAIN_BRANCH ? metadata.currentSnapshotId : metadata.refs[ref]?.snapshotId;
}

function differs<T>(seen: T, required: T): string | undefined {
  return seen === required ? undefined : `found ${String(seen)} where ${String(required)} was required`;
}
