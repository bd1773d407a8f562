import type { Schema } from "./schema.ts";
import { childFields } from "./schema-index.ts";
import type { Field, Type } from "./types.ts";

type EditFields = (fields: readonly Field[]) => readonly Field[];

/** The schema with other fields within `parent`, or at its top where that is undefined. */
export function editStruct(schema: Schema, parent: Field | undefined, edit: EditFields): Schema {
  const fields = parent === undefined ? edit(schema.fields) : editWithin(schema.fields, parent.id, edit);
  return { ...schema, fields };
}

function editWithin(fields: readonly Field[], parentId: number, edit: EditFields): readonly Field[] {
  return fields.map((field) => {
    const children = childFields(field.type);
    if (children.length === 0 && field.id !== parentId) return field;
    const next = field.id === parentId ? edit(children) : editWithin(children, parentId, edit);
    return { ...field, type: withChildren(field.type, next) };
  });
}

/** The opposite of {@link childFields}. */
function withChildren(type: Type, children: readonly Field[]): Type {
  const [first, second] = children;
  switch (type.kind) {
    case "struct":
      return { ...type, fields: children };
    case "list":
      return first === undefined ? type : { ...type, element: first.type, elementRequired: first.required };
    case "map":
      if (first === undefined || second === undefined) return type;
      return { ...type, key: first.type, value: second.type, valueRequired: second.required };
    default:
      return type;
  }
}
