import {
  type Attributes,
  type EnumSchema,
  type FixedSchema,
  isJsonObject,
  isNamed,
  isPrimitiveName,
  type Json,
  type RecordField,
  type RecordSchema,
  type SchemaModel,
  type UnionSchema,
} from "./avro-model.ts";
import { REGISTRY_ERROR_NUMBERS, SchemaRefusedError } from "./registry-errors.ts";
import { defaultProblem } from "./schema-default.ts";

/** Longest schema text taken, in UTF-16 units. */
const SCHEMA_LENGTH_MAX = 1_048_576;
/** Deepest nesting of types taken. */
const SCHEMA_DEPTH_MAX = 100;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;

type JsonObject = Readonly<Record<string, Json>>;

/**
 * Reads and checks an Avro schema.
 *
 * @throws {SchemaRefusedError} 42201 with the place and the reason, 42209 when it is too long
 * @see https://avro.apache.org/docs/1.11.1/specification/
 */
export function parseSchema(text: string): SchemaModel {
  if (text.length > SCHEMA_LENGTH_MAX) {
    throw new SchemaRefusedError(
      REGISTRY_ERROR_NUMBERS.schemaTooLarge,
      `The schema has ${text.length} characters; the registry takes ${SCHEMA_LENGTH_MAX}`,
    );
  }
  return new SchemaParser().parse(jsonOf(text), { namespace: "", path: "", depth: 0 });
}

interface Place {
  /** Of the enclosing named type: names without a dot are within it. */
  readonly namespace: string;
  /** For messages: "/fields/2/type". */
  readonly path: string;
  readonly depth: number;
}

function jsonOf(text: string): Json {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // A bare name such as `string`, without quotes, is what many tools send.
    if (isPrimitiveName(text.trim())) return text.trim();
    throw invalid("", `it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  return json;
}

function invalid(path: string, reason: string): SchemaRefusedError {
  return new SchemaRefusedError(
    REGISTRY_ERROR_NUMBERS.invalidSchema,
    `Invalid Avro schema at ${path === "" ? "its top" : path.length > 200 ? `…${path.slice(-200)}` : path}: ${reason}. Nothing was registered`,
  );
}

class SchemaParser {
  readonly #named = new Map<string, SchemaModel>();

  parse(json: Json, place: Place): SchemaModel {
    if (place.depth > SCHEMA_DEPTH_MAX) throw invalid(place.path, `types are nested over ${SCHEMA_DEPTH_MAX} deep`);
    if (typeof json === "string") return this.#reference(json, place);
    if (Array.isArray(json)) return this.#union(json, place);
    if (!isJsonObject(json))
      throw invalid(place.path, `a schema is a string, an object or an array, not ${JSON.stringify(json)}`);
    return this.#definition(json, place);
  }

  #definition(json: JsonObject, place: Place): SchemaModel {
    const type = json["type"];
    switch (type) {
      case undefined:
        throw invalid(place.path, 'it has no "type"');
      case "record":
      case "error":
        return this.#record(json, place);
      case "enum":
        return this.#enum(json, place);
      case "fixed":
        return this.#fixed(json, place);
      case "array":
        return {
          kind: "array",
          items: this.parse(required(json, "items", place), within(place, "/items")),
          attributes: attributes(json, ["type", "items"]),
        };
      case "map":
        return {
          kind: "map",
          values: this.parse(required(json, "values", place), within(place, "/values")),
          attributes: attributes(json, ["type", "values"]),
        };
    }
    if (typeof type !== "string") return this.parse(type, within(place, "/type"));
    if (!isPrimitiveName(type)) return this.#reference(type, place);
    const known = attributes(json, ["type"]);
    checkDecimal(known, type === "bytes" ? undefined : 0, place);
    return { kind: type, attributes: known };
  }

  #reference(name: string, place: Place): SchemaModel {
    if (isPrimitiveName(name)) return { kind: name, attributes: {} };
    const local = name.includes(".") || place.namespace === "" ? name : `${place.namespace}.${name}`;
    const found = this.#named.get(local) ?? this.#named.get(name);
    if (found === undefined) {
      throw invalid(place.path, `${JSON.stringify(name)} is no Avro type and is not defined before it is used`);
    }
    return found;
  }

  #union(json: readonly Json[], place: Place): UnionSchema {
    const branches = json.map((branch, index) => this.parse(branch, within(place, `/${index}`)));
    const seen = new Set<string>();
    for (const branch of branches) {
      if (branch.kind === "union") throw invalid(place.path, "a union holds another union directly");
      const key = isNamed(branch) ? branch.name : branch.kind;
      if (seen.has(key)) throw invalid(place.path, `a union holds ${key} twice`);
      seen.add(key);
    }
    return { kind: "union", branches };
  }

  #record(json: JsonObject, place: Place): RecordSchema {
    const fields: RecordField[] = [];
    const { name, namespace, ...names } = this.#names(json, place);
    const record: RecordSchema = {
      kind: "record",
      name,
      ...names,
      fields,
      attributes: attributes(json, ["type", "name", "namespace", "doc", "aliases", "fields"]),
    };
    this.#named.set(name, record);
    const entries = required(json, "fields", place);
    if (!Array.isArray(entries)) throw invalid(place.path, `"fields" of ${name} is not an array`);
    const inside = { ...place, namespace };
    for (const [index, entry] of (entries as readonly Json[]).entries()) {
      const field = this.#field(entry, within(inside, `/fields/${index}`));
      if (fields.some((other) => other.name === field.name)) {
        throw invalid(place.path, `${name} has two fields named ${field.name}`);
      }
      fields.push(field);
    }
    return record;
  }

  #field(json: Json, place: Place): RecordField {
    if (!isJsonObject(json)) throw invalid(place.path, "a field is not an object");
    const name = json["name"];
    if (typeof name !== "string" || !NAME.test(name)) {
      throw invalid(place.path, `${JSON.stringify(name)} is not a field name (letters, digits and _, no digit first)`);
    }
    const order = json["order"] ?? "ascending";
    if (order !== "ascending" && order !== "descending" && order !== "ignore") {
      throw invalid(place.path, `${JSON.stringify(order)} is not an order`);
    }
    const type = this.parse(required(json, "type", place), within(place, "/type"));
    const value = json["default"];
    const problem = value === undefined ? undefined : defaultProblem(type, value);
    if (problem !== undefined) throw invalid(place.path, `the default of field ${name} ${problem}`);
    return {
      name,
      aliases: stringsOf(json, "aliases", place),
      doc: textOf(json, "doc", place),
      type,
      default: value,
      order,
      attributes: attributes(json, ["name", "type", "doc", "default", "order", "aliases"]),
    };
  }

  #enum(json: JsonObject, place: Place): EnumSchema {
    const { namespace: _, ...names } = this.#names(json, place);
    const symbols = stringsOf(json, "symbols", place);
    const wrong = symbols.find((symbol, index) => !NAME.test(symbol) || symbols.indexOf(symbol) !== index);
    if (!Array.isArray(json["symbols"]) || wrong !== undefined) {
      throw invalid(place.path, `the symbols of ${names.name} must be different names, not ${JSON.stringify(wrong)}`);
    }
    const fallback = textOf(json, "default", place);
    if (fallback !== undefined && !symbols.includes(fallback)) {
      throw invalid(place.path, `the default ${JSON.stringify(fallback)} of ${names.name} is not one of its symbols`);
    }
    const known = ["type", "name", "namespace", "doc", "aliases", "symbols", "default"];
    return this.#define({ kind: "enum", ...names, symbols, default: fallback, attributes: attributes(json, known) });
  }

  #fixed(json: JsonObject, place: Place): FixedSchema {
    const { namespace: _, ...names } = this.#names(json, place);
    const size = json["size"];
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0) {
      throw invalid(place.path, `the size of ${names.name} is ${JSON.stringify(size)}, not a number of bytes`);
    }
    const known = attributes(json, ["type", "name", "namespace", "doc", "aliases", "size"]);
    checkDecimal(known, size, place);
    return this.#define({ kind: "fixed", ...names, size, attributes: known });
  }

  #define<T extends EnumSchema | FixedSchema>(schema: T): T {
    this.#named.set(schema.name, schema);
    return schema;
  }

  #names(
    json: JsonObject,
    place: Place,
  ): { name: string; namespace: string; aliases: readonly string[]; doc: string | undefined } {
    const given = json["name"];
    if (typeof given !== "string" || !FULL_NAME.test(given)) {
      throw invalid(place.path, `${JSON.stringify(given)} is not a type name (letters, digits and _, no digit first)`);
    }
    const stated = textOf(json, "namespace", place) ?? place.namespace;
    if (stated !== "" && !FULL_NAME.test(stated))
      throw invalid(place.path, `${JSON.stringify(stated)} is not a namespace`);
    const name = given.includes(".") || stated === "" ? given : `${stated}.${given}`;
    if (isPrimitiveName(name)) throw invalid(place.path, `${name} is the name of a primitive type`);
    if (this.#named.has(name)) throw invalid(place.path, `${name} is defined twice`);
    const namespace = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
    const aliases = stringsOf(json, "aliases", place).map((alias) =>
      alias.includes(".") || namespace === "" ? alias : `${namespace}.${alias}`,
    );
    return { name, namespace, aliases, doc: textOf(json, "doc", place) };
  }
}

function within(place: Place, step: string): Place {
  return { namespace: place.namespace, path: place.path + step, depth: place.depth + 1 };
}

function required(json: JsonObject, key: string, place: Place): Json {
  const value = json[key];
  if (value === undefined) throw invalid(place.path, `it has no "${key}"`);
  return value;
}

function textOf(json: JsonObject, key: string, place: Place): string | undefined {
  const value = json[key];
  if (value !== undefined && typeof value !== "string") throw invalid(place.path, `"${key}" is not a string`);
  return value;
}

function stringsOf(json: JsonObject, key: string, place: Place): readonly string[] {
  const value = json[key] ?? [];
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw invalid(place.path, `"${key}" is not an array of strings`);
  }
  return value as readonly string[];
}

function attributes(json: JsonObject, known: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(json).filter(([key]) => !known.includes(key)));
}

/** @param size bytes of a fixed, undefined for bytes; where it is 0 a decimal is not allowed at all and is ignored, as Avro asks */
function checkDecimal(attributesOfType: Attributes, size: number | undefined, place: Place): void {
  if (attributesOfType["logicalType"] !== "decimal" || size === 0) return;
  const { precision, scale = 0 } = attributesOfType as { readonly precision?: Json; readonly scale?: Json };
  const digits = size === undefined ? Number.POSITIVE_INFINITY : Math.floor(Math.log10(2) * (8 * size - 1));
  if (typeof precision !== "number" || !Number.isInteger(precision) || precision < 1 || precision > digits) {
    throw invalid(place.path, `a decimal needs a precision from 1 to ${digits}, not ${JSON.stringify(precision)}`);
  }
  if (typeof scale !== "number" || !Number.isInteger(scale) || scale < 0 || scale > precision) {
    throw invalid(place.path, `a decimal of precision ${precision} cannot have scale ${JSON.stringify(scale)}`);
  }
}
