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

/**
 * The texts begin as those of the Java implementation, which other clients look for.
 *
 * @throws {CommitConflictError} naming the first requirement that does not hold
 */
export function checkRequirements(
  metadata: TableMetadata | undefined,
  requirements: readonly TableRequirement[],
): void {
  for (const requirement of requirements) {
    const broken = metadata === undefined ? brokenWithoutTable(requirement) : brokenBy(metadata, requirement);
    if (broken !== undefined) {
      throw new CommitConflictError(
        `Requirement failed: ${broken} (${requirement.type} of table ${metadata?.location ?? "(none)"}). ` +
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
      return "table already exists";
    case "assert-table-uuid":
      return metadata.tableUuid.toLowerCase() === requirement.uuid.toLowerCase()
        ? undefined
        : `UUID does not match: expected ${metadata.tableUuid} != ${requirement.uuid}`;
    case "assert-ref-snapshot-id":
      return brokenRef(metadata, requirement.ref, requirement.snapshotId);
    case "assert-last-assigned-field-id":
      return changed("last assigned field id", requirement.lastAssignedFieldId, metadata.lastColumnId);
    case "assert-current-schema-id":
      return changed("current schema", requirement.currentSchemaId, metadata.currentSchemaId);
    case "assert-last-assigned-partition-id":
      return changed("last assigned partition id", requirement.lastAssignedPartitionId, metadata.lastPartitionId);
    case "assert-default-spec-id":
      return changed("default partition spec", requirement.defaultSpecId, metadata.defaultSpecId);
    case "assert-default-sort-order-id":
      return changed("default sort order", requirement.defaultSortOrderId, metadata.defaultSortOrderId);
  }
}

function brokenRef(metadata: TableMetadata, name: string, expected: bigint | undefined): string | undefined {
  const ref = metadata.refs[name];
  const found = name === MAIN_BRANCH ? metadata.currentSnapshotId : ref?.snapshotId;
  if (found === expected) return undefined;
  if (found === undefined) return `branch or tag ${name} is missing, expected ${expected}`;
  const type = ref?.type ?? "branch";
  if (expected === undefined) return `${type} ${name} was created concurrently`;
  return `${type} ${name} has changed: expected id ${expected} != ${found}`;
}

function changed(what: string, expected: number, found: number): string | undefined {
  return expected === found ? undefined : `${what} changed: expected id ${expected} != ${found}`;
}
