import type { TableRequirement } from "./requirement.ts";
import { MAIN_BRANCH } from "./snapshot.ts";
import type { TableMetadata } from "./table-metadata.ts";
import type { TableUpdate } from "./update.ts";

/**
 * What must still hold of the table where `updates`, decided on `base`, are applied: that it is the table, and that nobody
 * has changed meanwhile what they change. Each requirement is named once.
 */
export function requirementsFor(base: TableMetadata, updates: readonly TableUpdate[]): readonly TableRequirement[] {
  const requirements = new Map<string, TableRequirement>();
  const require = (requirement: TableRequirement): void => {
    const key = requirement.type === "assert-ref-snapshot-id" ? `ref ${requirement.ref}` : requirement.type;
    if (!requirements.has(key)) requirements.set(key, requirement);
  };
  require({ type: "assert-table-uuid", uuid: base.tableUuid });
  for (const update of updates) for (const requirement of requirementsOf(base, update)) require(requirement);
  return [...requirements.values()];
}

function requirementsOf(base: TableMetadata, update: TableUpdate): readonly TableRequirement[] {
  switch (update.action) {
    case "set-snapshot-ref":
    case "remove-snapshot-ref": {
      const snapshotId = base.refs[update.refName]?.snapshotId;
      return [{ type: "assert-ref-snapshot-id", ref: update.refName, snapshotId }];
    }
    case "add-schema":
      return [{ type: "assert-last-assigned-field-id", lastAssignedFieldId: base.lastColumnId }];
    case "set-current-schema":
      return [currentSchemaUnchanged(base)];
    case "remove-schemas":
      return [currentSchemaUnchanged(base), ...branchesUnchanged(base)];
    case "add-spec":
      return [{ type: "assert-last-assigned-partition-id", lastAssignedPartitionId: base.lastPartitionId }];
    case "set-default-spec":
      return [defaultSpecUnchanged(base)];
    case "remove-partition-specs":
      return [defaultSpecUnchanged(base), ...branchesUnchanged(base)];
    case "set-default-sort-order":
      return [{ type: "assert-default-sort-order-id", defaultSortOrderId: base.defaultSortOrderId }];
    default:
      return [];
  }
}

function currentSchemaUnchanged(base: TableMetadata): TableRequirement {
  return { type: "assert-current-schema-id", currentSchemaId: base.currentSchemaId };
}

function defaultSpecUnchanged(base: TableMetadata): TableRequirement {
  return { type: "assert-default-spec-id", defaultSpecId: base.defaultSpecId };
}

/** So that no snapshot comes in that was written with what is removed. */
function branchesUnchanged(base: TableMetadata): readonly TableRequirement[] {
  return Object.entries(base.refs)
    .filter(([name, { type }]) => type === "branch" && name !== MAIN_BRANCH)
    .map(([ref, { snapshotId }]) => ({ type: "assert-ref-snapshot-id", ref, snapshotId }));
}
