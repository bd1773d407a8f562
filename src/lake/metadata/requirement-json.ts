import { InvalidInputError } from "../../base/index.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { asInput } from "./as-input.ts";
import type { TableRequirement } from "./requirement.ts";

/**
 * Reads one requirement of the REST catalog protocol.
 *
 * @throws {InvalidInputError} on an unknown type or a member that is not as the protocol has it
 */
export function tableRequirementFromJson(json: Json): TableRequirement {
  return asInput("requirement", () => {
    const reader = new JsonReader(json, "requirement");
    return read(reader.text("type").toLowerCase(), reader);
  });
}

function read(type: string, reader: JsonReader): TableRequirement {
  switch (type) {
    case "assert-create":
      return { type };
    case "assert-table-uuid":
      return { type, uuid: reader.text("uuid") };
    case "assert-ref-snapshot-id":
      return { type, ref: reader.text("ref"), snapshotId: reader.optionalLong("snapshot-id") };
    case "assert-last-assigned-field-id":
      return { type, lastAssignedFieldId: reader.integer("last-assigned-field-id") };
    case "assert-current-schema-id":
      return { type, currentSchemaId: reader.integer("current-schema-id") };
    case "assert-last-assigned-partition-id":
      return { type, lastAssignedPartitionId: reader.integer("last-assigned-partition-id") };
    case "assert-default-spec-id":
      return { type, defaultSpecId: reader.integer("default-spec-id") };
    case "assert-default-sort-order-id":
      return { type, defaultSortOrderId: reader.integer("default-sort-order-id") };
    default:
      throw new InvalidInputError(`Cannot check the requirement ${JSON.stringify(type)}: it is not known here`);
  }
}

/** The requirement as the protocol spells it. */
export function tableRequirementJson(requirement: TableRequirement): JsonObject {
  return { type: requirement.type, ...members(requirement) };
}

function members(requirement: TableRequirement): JsonObject {
  switch (requirement.type) {
    case "assert-create":
      return {};
    case "assert-table-uuid":
      return { uuid: requirement.uuid };
    case "assert-ref-snapshot-id":
      return { ref: requirement.ref, "snapshot-id": requirement.snapshotId ?? null }; // Null: there may be no such ref.
    case "assert-last-assigned-field-id":
      return { "last-assigned-field-id": requirement.lastAssignedFieldId };
    case "assert-current-schema-id":
      return { "current-schema-id": requirement.currentSchemaId };
    case "assert-last-assigned-partition-id":
      return { "last-assigned-partition-id": requirement.lastAssignedPartitionId };
    case "assert-default-spec-id":
      return { "default-spec-id": requirement.defaultSpecId };
    case "assert-default-sort-order-id":
      return { "default-sort-order-id": requirement.defaultSortOrderId };
  }
}
