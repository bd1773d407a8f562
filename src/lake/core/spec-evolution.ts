import { InvalidInputError } from "../../base/index.ts";
import {
  type PartitionField,
  type PartitionInput,
  partitionFieldFrom,
  type UnboundPartitionSpec,
} from "./partition-spec.ts";
import type { Schema } from "./schema.ts";
import { transformText } from "./transform.ts";

/** One step of a partition spec's evolution. Files that there are keep the spec they were written with. */
export type PartitionChange =
  | ({ readonly change: "add" } & PartitionInput)
  | { readonly change: "remove"; readonly field: string }
  | { readonly change: "rename"; readonly field: string; readonly name: string };

type UnboundField = UnboundPartitionSpec["fields"][number];

const TIMES: ReadonlySet<string> = new Set(["year", "month", "day", "hour"]);

/**
 * The spec's fields after `changes`, in order. From format v2 on, added fields have no id: the table gives them one, that
 * of an equal field of an earlier spec where there is one. Format v1 keeps the place of a removed field, as void.
 *
 * @throws {InvalidInputError} on a field there is not, or one there is already
 */
export function evolveSpec(
  held: readonly PartitionField[],
  changes: readonly PartitionChange[],
  table: { readonly schema: Schema; readonly formatVersion: number; readonly lastPartitionId: number },
): readonly UnboundField[] {
  const opaque = held.find(({ transform }) => transform.kind === "opaque");
  if (opaque !== undefined) {
    throw new InvalidInputError(
      `Cannot update partition spec with unknown transform: ${transformText(opaque.transform)} of ${opaque.name}`,
    );
  }
  const step = (before: readonly UnboundField[], change: PartitionChange) => evolve(before, change, table);
  const fields = changes.reduce<readonly UnboundField[]>(step, held);
  if (table.formatVersion > 1) return fields;
  let lastId = table.lastPartitionId;
  return fields.map((field) => {
    if (field.fieldId !== undefined) return field;
    lastId += 1;
    return { ...field, fieldId: lastId };
  });
}

function evolve(
  fields: readonly UnboundField[],
  change: PartitionChange,
  { schema, formatVersion }: { readonly schema: Schema; readonly formatVersion: number },
): readonly UnboundField[] {
  switch (change.change) {
    case "add":
      return add(fields, partitionFieldFrom(schema, change), change.name);
    case "remove":
      return remove(fields, change.field, formatVersion);
    case "rename":
      return rename(fields, change.field, change.name);
  }
}

function add(
  fields: readonly UnboundField[],
  added: Omit<PartitionField, "fieldId">,
  name: string | undefined,
): readonly UnboundField[] {
  const same = fields.find((field) => sameSource(field, added) && sameTransform(field, added));
  const rival = fields.find((field) => sameSource(field, added) && isTime(field) && isTime(added));
  const twin = same ?? rival;
  if (twin !== undefined) {
    throw new InvalidInputError(
      `Cannot add duplicate partition field ${name ?? added.name}=${transformText(added.transform)}, conflicts with ` +
        `${twin.name}=${transformText(twin.transform)}. Nothing was changed`,
    );
  }
  const namesake = fields.find((field) => field.name === added.name);
  if (namesake === undefined) return [...fields, { ...added, fieldId: undefined }];
  if (namesake.transform.kind !== "void") {
    throw new InvalidInputError(`Cannot add duplicate partition field name: ${added.name}. Nothing was changed`);
  }
  const others = fields.map((field) => (field === namesake ? { ...field, name: setAside(field) } : field));
  return [...others, { ...added, fieldId: undefined }];
}

/** The name of a field that is gone, where a living one wants it. */
function setAside({ name, fieldId }: UnboundField): string {
  return `${name}_${fieldId}`;
}

function sameSource(one: Pick<PartitionField, "sourceId">, other: Pick<PartitionField, "sourceId">): boolean {
  return one.sourceId === other.sourceId;
}

function sameTransform(one: Pick<PartitionField, "transform">, other: Pick<PartitionField, "transform">): boolean {
  return transformText(one.transform) === transformText(other.transform);
}

function isTime({ transform }: Pick<PartitionField, "transform">): boolean {
  return TIMES.has(transform.kind);
}

function remove(fields: readonly UnboundField[], name: string, formatVersion: number): readonly UnboundField[] {
  const gone = named(fields, name, "remove");
  if (formatVersion > 1 || gone.fieldId === undefined) return fields.filter((field) => field !== gone);
  return fields.map((field) => (field === gone ? { ...field, transform: { kind: "void" } } : field));
}

function rename(fields: readonly UnboundField[], name: string, newName: string): readonly UnboundField[] {
  const renamed = named(fields, name, "rename");
  const namesake = fields.find((field) => field.name === newName && field !== renamed);
  if (namesake !== undefined && namesake.transform.kind !== "void") {
    throw new InvalidInputError(
      `Cannot rename partition field ${name}: there is a field ${newName}. Nothing was changed`,
    );
  }
  return fields.map((field) => {
    if (field === renamed) return { ...field, name: newName };
    return field === namesake ? { ...field, name: setAside(field) } : field;
  });
}

function named(fields: readonly UnboundField[], name: string, verb: "remove" | "rename"): UnboundField {
  const field = fields.find((each) => each.name === name);
  if (field !== undefined) return field;
  const names = fields.map((each) => each.name).join(", ") || "none";
  throw new InvalidInputError(`Cannot find partition field to ${verb}: ${name}; the fields are ${names}`);
}
