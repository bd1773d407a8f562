import type { Json } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { type UnboundPartitionSpec, unboundPartitionSpecFromJson } from "../core/partition-spec.ts";
import { type Schema, schemaFromJson } from "../core/schema.ts";
import { type SortOrder, sortOrderFromJson, UNSORTED } from "../core/sort-order.ts";
import { asInput } from "./as-input.ts";

/** A table as a client describes it: ids hold within the description, and the table gives its own. */
export interface TableDescription {
  readonly schema: Schema;
  readonly partitionSpec: UnboundPartitionSpec;
  readonly sortOrder: SortOrder;
  readonly properties: Readonly<Record<string, string>>;
}

/** A request to create a table, of the REST catalog protocol. */
export interface CreateTableRequest extends TableDescription {
  readonly name: string;
  /** Undefined where the catalog is to choose. */
  readonly location: string | undefined;
  /** Only the metadata is wanted; the table is created by a later commit. */
  readonly stageCreate: boolean;
}

/** @throws {InvalidInputError} on a member that is not as the protocol has it */
export function createTableRequestFromJson(json: Json): CreateTableRequest {
  return asInput("request to create a table", () => {
    const reader = new JsonReader(json, "request to create a table");
    return {
      name: reader.text("name"),
      location: reader.optionalText("location"),
      schema: schemaFromJson(reader.object("schema")),
      partitionSpec: reader.has("partition-spec")
        ? unboundPartitionSpecFromJson(reader.object("partition-spec"))
        : { specId: undefined, fields: [] },
      sortOrder: reader.has("write-order") ? sortOrderFromJson(reader.object("write-order")) : UNSORTED,
      stageCreate: reader.has("stage-create") && reader.flag("stage-create"),
      properties: reader.textMap("properties"),
    };
  });
}
