import { describeError, InvalidInputError } from "../../base/index.ts";
import { formatJson, type Json } from "./json.ts";
import type { PartitionField } from "./partition-spec.ts";
import type { Schema } from "./schema.ts";
import { type IndexedField, indexSchema } from "./schema-index.ts";
import { valueFromJson } from "./single-value-json.ts";
import type { SortField } from "./sort-order.ts";
import { transformAccepts, transformText } from "./transform.ts";
import { isNamedType, isPrimitive, type Type, typeText } from "./types.ts";

/** Those above are of metadata columns. */
const FIELD_ID_MAX = 2_147_483_447;
const DEFAULTS_FORMAT_VERSION_MIN = 3;

/**
 * Refuses a schema that a table of the format version may not have: ids or names used twice, types of a later version,
 * defaults below v3, identifier fields that do not identify.
 *
 * @throws {InvalidInputError} naming every problem
 */
export function checkSchema(schema: Schema, formatVersion: number): void {
  const problems: string[] = [];
  for (const indexed of indexSchema(schema).byId.values()) {
    const { field, name } = indexed;
    if (field.id > FIELD_ID_MAX) problems.push(`Invalid id for ${name}: ${field.id} is above ${FIELD_ID_MAX}`);
    const versionMin = formatVersionMin(field.type);
    if (versionMin === undefined) problems.push(`Invalid type for ${name}: ${typeText(field.type)} is not known`);
    else if (versionMin > formatVersion) {
      problems.push(`Invalid type for ${name}: ${typeText(field.type)} is not supported until v${versionMin}`);
    }
    problems.push(...defaultProblems(indexed, formatVersion));
  }
  for (const id of schema.identifierFieldIds) {
    const problem = identifierProblem(schema, id);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) {
    throw new InvalidInputError(
      `Invalid schema for v${formatVersion}:\n- ${problems.join("\n- ")}\nNothing was changed`,
    );
  }
}

function formatVersionMin(type: Type): number | undefined {
  if (type.kind === "timestamp_ns" || type.kind === "timestamptz_ns") return 3;
  if (type.kind !== "opaque") return 1;
  return isNamedType(type.text) ? 3 : undefined;
}

function defaultProblems({ field, name }: IndexedField, formatVersion: number): readonly string[] {
  const problems: string[] = [];
  if (field.type.kind === "opaque" && field.type.text === "unknown" && field.required) {
    problems.push(`Invalid type for ${name}: unknown must be optional`);
  }
  if (field.initialDefault !== undefined && formatVersion < DEFAULTS_FORMAT_VERSION_MIN) {
    problems.push(
      `Invalid initial default for ${name}: non-null default (${formatJson(field.initialDefault)}) is not supported until v${DEFAULTS_FORMAT_VERSION_MIN}`,
    );
  }
  for (const value of [field.initialDefault, field.writeDefault]) {
    const problem = value === undefined ? undefined : defaultProblem(field.type, value);
    if (problem !== undefined) problems.push(`Invalid default for ${name}: ${problem}`);
  }
  return problems;
}

function defaultProblem(type: Type, value: Json): string | undefined {
  if (type.kind === "opaque") return `${typeText(type)} may only default to null`;
  if (!isPrimitive(type)) return undefined;
  try {
    valueFromJson(type, value);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/** Why a field may not be among those that identify a row; undefined where it may. */
export function identifierProblem(schema: Schema, id: number): string | undefined {
  const indexed = indexSchema(schema).byId.get(id);
  if (indexed === undefined) return `Cannot add fieldId ${id} as an identifier field: field does not exist`;
  const { field, name, parents } = indexed;
  const where = `Cannot add field ${name} as an identifier field`;
  if (!isPrimitive(field.type)) return `${where}: not a primitive type field`;
  if (!field.required) return `${where}: not a required field`;
  if (field.type.kind === "float" || field.type.kind === "double") return `${where}: must not be float or double field`;
  const outside = parents.find((parent) => parent.type.kind !== "struct" || !parent.required);
  return outside === undefined
    ? undefined
    : `${where}: must not be nested in ${outside.name}, which is optional or a collection`;
}

/** @throws {InvalidInputError} when a partition field does not apply to the schema */
export function checkPartitionFields(
  fields: readonly Pick<PartitionField, "sourceId" | "name" | "transform">[],
  schema: Schema,
): void {
  for (const field of fields) {
    if (field.transform.kind === "void") continue; // What is left of a dropped field in a table of format v1.
    const what = `partition field ${field.name}: ${transformText(field.transform)}(${field.sourceId})`;
    checkSource(schema, field.sourceId, field.transform, { what, noun: "partition" });
  }
}

/** @throws {InvalidInputError} when a sort field does not apply to the schema */
export function checkSortFields(fields: readonly SortField[], schema: Schema): void {
  for (const field of fields) {
    const what = `sort field: ${transformText(field.transform)}(${field.sourceId})`;
    checkSource(schema, field.sourceId, field.transform, { what, noun: "sort" });
  }
}

function checkSource(
  schema: Schema,
  sourceId: number,
  transform: PartitionField["transform"],
  { what, noun }: { readonly what: string; readonly noun: "partition" | "sort" },
): void {
  const source = indexSchema(schema).byId.get(sourceId);
  if (source === undefined) {
    throw new InvalidInputError(`Cannot find source column for ${what}. Nothing was changed`);
  }
  const { type } = source.field;
  if (!isPrimitive(type)) {
    throw new InvalidInputError(`Cannot ${noun} by non-primitive source field: ${source.name} is ${typeText(type)}`);
  }
  if (transform.kind !== "opaque" && !transformAccepts(transform, type)) {
    throw new InvalidInputError(`Invalid source type ${typeText(type)} for transform: ${transformText(transform)}`);
  }
  const collection = source.parents.find((parent) => parent.type.kind !== "struct");
  if (collection !== undefined) {
    throw new InvalidInputError(`Invalid ${noun} field parent: ${source.name} is within ${typeText(collection.type)}`);
  }
}
