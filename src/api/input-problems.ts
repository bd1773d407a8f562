import type { InputProblem } from "./errors.ts";
import { INPUT_FORMATS } from "./input-formats.ts";

/** What a JSON Schema validator says about a value; Ajv's words, which typebox shares. */
export interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface InputDescription {
  /** An object, whose fields or parameters are meant. */
  readonly value: Readonly<Record<string, unknown>>;
  /** All that there may be. */
  readonly names: readonly string[];
  /** "parameter" or "field". */
  readonly kind: string;
}

/** Every problem once, in plain words. */
export function inputProblems(errors: readonly SchemaError[], input: InputDescription): readonly InputProblem[] {
  const problems = new Map<string, string>();
  for (const error of errors) {
    for (const { name, detail } of describe(error, input)) if (!problems.has(name)) problems.set(name, detail);
  }
  return [...problems].map(([name, detail]) => ({ name, detail }));
}

type Named = Required<InputProblem>;

function describe({ keyword, instancePath, params }: SchemaError, input: InputDescription): readonly Named[] {
  if (keyword === "boolean") return []; // The schema `false` of a field that may not be: said by additionalProperties.
  const { value, names, kind } = input;
  if (keyword === "additionalProperties") {
    return texts(params["additionalProperty"] ?? params["additionalProperties"]).map((name) => ({
      name,
      detail: `No ${kind} is called ${JSON.stringify(name)}; there are ${names.join(", ")}`,
    }));
  }
  if (keyword === "required") {
    return texts(params["missingProperty"] ?? params["requiredProperties"]).map((name) => ({
      name,
      detail: `The ${kind} ${name} is missing`,
    }));
  }
  const name = instancePath.split("/")[1] ?? "";
  const seen = value[name];
  if (Array.isArray(seen) && kind === "parameter") {
    return [{ name, detail: `${name} is given ${seen.length} times; give it once, several values joined by commas` }];
  }
  return [{ name, detail: sentence(name, seen, keyword, params) }];
}

function sentence(name: string, seen: unknown, keyword: string, params: SchemaError["params"]): string {
  const said = `${name} is ${JSON.stringify(seen)}`;
  switch (keyword) {
    case "minimum":
      return `${said}; the least is ${params["limit"]}`;
    case "maximum":
      return `${said}; the most is ${params["limit"]}`;
    case "maxLength":
      return `${name} has over ${params["limit"]} characters`;
    case "enum":
      return `${said}; write ${texts(params["allowedValues"]).join(" or ")}`;
    case "format": {
      const explained = typeof seen === "string" ? INPUT_FORMATS[String(params["format"])]?.(seen) : undefined;
      return `${name}: ${explained ?? `not of the format ${params["format"]}`}`;
    }
    case "type":
      return `${said}; write ${TYPE_WORDS[String(params["type"])] ?? params["type"]}`;
    default:
      return `${said}, which is not allowed (${keyword})`;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  integer: "a whole number",
  boolean: "true or false",
  string: "text",
};

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
