import { isJsonObject, type Json, type SchemaModel } from "./avro-model.ts";

/** Why a JSON value cannot be a field's default, in words that follow "the default of field x"; undefined when it can. */
export function defaultProblem(type: SchemaModel, value: Json): string | undefined {
  if (type.kind === "union") {
    const first = type.branches[0];
    if (first === undefined) return "is of an empty union";
    const problem = defaultProblem(first, value);
    if (problem === undefined) return undefined;
    return `${problem}; a default is of the union's first branch, so put that branch first`;
  }
  return isOf(type, value) ? undefined : `is ${JSON.stringify(value)}, which is not of type ${type.kind}`;
}

function isOf(type: SchemaModel, value: Json): boolean {
  switch (type.kind) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "int":
      return Number.isInteger(value) && Math.abs(value as number) <= 2_147_483_648 && value !== 2_147_483_648;
    case "long":
      // Beyond 2^53 a JSON number is no longer what was written: refused rather than changed.
      return Number.isSafeInteger(value);
    case "float":
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "bytes":
      return isByteText(value);
    case "fixed":
      return isByteText(value) && (value as string).length === type.size;
    case "enum":
      return typeof value === "string" && type.symbols.includes(value);
    case "array":
      return Array.isArray(value) && value.every((item) => isValue(type.items, item));
    case "map":
      return isJsonObject(value) && Object.values(value).every((item) => isValue(type.values, item));
    case "record":
      return (
        isJsonObject(value) &&
        type.fields.every((field) => {
          const item = value[field.name] ?? field.default;
          return item !== undefined && isValue(field.type, item);
        })
      );
    case "union":
      return type.branches.some((branch) => isOf(branch, value));
  }
}

function isValue(type: SchemaModel, value: Json): boolean {
  return defaultProblem(type, value) === undefined;
}

/** Avro writes bytes in JSON as characters 0 to 255. */
function isByteText(value: Json): boolean {
  if (typeof value !== "string") return false;
  for (const character of value) if (character.charCodeAt(0) > 255) return false;
  return true;
}
