import { isNamed, type RecordField, type RecordSchema, type SchemaModel } from "./avro-model.ts";
import { REGISTRY_ERROR_NUMBERS, SchemaRefusedError } from "./registry-errors.ts";

/** Which directions hold between a new schema and how many of the subject's earlier ones. */
export const COMPATIBILITY_LEVELS = [
  "NONE",
  "BACKWARD",
  "BACKWARD_TRANSITIVE",
  "FORWARD",
  "FORWARD_TRANSITIVE",
  "FULL",
  "FULL_TRANSITIVE",
] as const;
export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number];

/** One reason why data written by one schema cannot be read, or not truly, by another. */
export interface Incompatibility {
  readonly type:
    | "NAME_MISMATCH"
    | "TYPE_MISMATCH"
    | "FIXED_SIZE_MISMATCH"
    | "MISSING_ENUM_SYMBOLS"
    | "MISSING_UNION_BRANCH"
    | "READER_FIELD_MISSING_DEFAULT_VALUE"
    | "LOGICAL_TYPE_MISMATCH";
  /** The field, from the top: "first.time"; "" is the whole schema. */
  readonly field: string;
  /** What each side says, for a person. Words {reader} and {writer} stand for the two schemas. */
  readonly reason: string;
}

/**
 * Why data written by `writer` cannot be read by `reader`: none means that it can, by the rules of Avro's schema
 * resolution, which unlike some libraries includes that names agree with their namespaces and decimals in scale.
 *
 * @see https://avro.apache.org/docs/1.11.1/specification/#schema-resolution
 */
export function readProblems(reader: SchemaModel, writer: SchemaModel): readonly Incompatibility[] {
  return new Comparison().compare(reader, writer, "");
}

/** The problems in words, each naming the field, for the new schema against one earlier version. */
export function evolutionProblems(
  level: CompatibilityLevel,
  { next, earlier, version }: { readonly next: SchemaModel; readonly earlier: SchemaModel; readonly version: number },
): readonly string[] {
  const backward = level.startsWith("BACKWARD") || level.startsWith("FULL");
  const forward = level.startsWith("FORWARD") || level.startsWith("FULL");
  const describe = (reader: string, writer: string) => (problem: Incompatibility) => {
    const place = problem.field === "" ? "The schema" : `Field ${problem.field}`;
    const reason = problem.reason.replaceAll("{reader}", reader).replaceAll("{writer}", writer);
    return `${place}: ${reason} (${problem.type})`;
  };
  const versionName = `version ${version}`;
  return [
    ...(backward ? readProblems(next, earlier).map(describe("the new schema", versionName)) : []),
    ...(forward ? readProblems(earlier, next).map(describe(versionName, "the new schema")) : []),
  ];
}

/** What each reader type takes besides itself. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  long: ["int"],
  float: ["int", "long"],
  double: ["int", "long", "float"],
  string: ["bytes"],
  bytes: ["string"],
};

/** Pairs of types that one comparison may look at: far more than any schema written by a person needs. */
const STEPS_MAX = 100_000;

class Comparison {
  /** Pairs of records under way (a record may hold itself) or done, their problems told: taken for good from then on. */
  readonly #seen: Map<SchemaModel, Set<SchemaModel>>;
  readonly #steps: { left: number };

  constructor(seen: ReadonlyMap<SchemaModel, ReadonlySet<SchemaModel>> = new Map(), steps = { left: STEPS_MAX }) {
    this.#seen = new Map([...seen].map(([reader, writers]) => [reader, new Set(writers)]));
    this.#steps = steps;
  }

  compare(reader: SchemaModel, writer: SchemaModel, field: string): readonly Incompatibility[] {
    this.#steps.left -= 1;
    if (this.#steps.left < 0) {
      throw new SchemaRefusedError(
        REGISTRY_ERROR_NUMBERS.invalidSchema,
        `The schema is too entangled to compare: over ${STEPS_MAX} pairs of types. Nothing was registered`,
      );
    }
    if (writer.kind === "union") return this.#fromUnion(reader, writer.branches, field);
    if (reader.kind === "union") return this.#intoUnion(reader.branches, writer, field);
    if (reader.kind !== writer.kind) {
      if (PROMOTIONS[reader.kind]?.includes(writer.kind)) return logicalProblem(reader, writer, field);
      return [
        {
          type: "TYPE_MISMATCH",
          field,
          reason: `{writer} writes ${writer.kind}, which {reader} cannot read as ${reader.kind}`,
        },
      ];
    }
    if (reader.kind === "array" && writer.kind === "array")
      return this.compare(reader.items, writer.items, `${field}[]`);
    if (reader.kind === "map" && writer.kind === "map") return this.compare(reader.values, writer.values, `${field}{}`);
    if (isNamed(reader) && isNamed(writer)) return this.#named(reader, writer, field);
    return logicalProblem(reader, writer, field);
  }

  #fromUnion(reader: SchemaModel, branches: readonly SchemaModel[], field: string): readonly Incompatibility[] {
    return branches.flatMap((branch) => this.compare(reader, branch, field));
  }

  #intoUnion(branches: readonly SchemaModel[], writer: SchemaModel, field: string): readonly Incompatibility[] {
    let meant: readonly Incompatibility[] | undefined;
    for (const branch of branches) {
      const attempt = new Comparison(this.#seen, this.#steps);
      const problems = attempt.compare(branch, writer, field);
      if (problems.length === 0) {
        for (const [known, writers] of attempt.#seen) this.#seen.set(known, writers);
        return [];
      }
      if (branch.kind === writer.kind) meant ??= problems;
    }
    // Where one branch is meant, what is wrong with it says more than that none fits.
    if (meant !== undefined) return meant;
    return [
      {
        type: "MISSING_UNION_BRANCH",
        field,
        reason: `{writer} writes ${writer.kind}, which is in no branch of {reader}`,
      },
    ];
  }

  #named(reader: SchemaModel, writer: SchemaModel, field: string): readonly Incompatibility[] {
    if (!isNamed(reader) || !isNamed(writer)) return [];
    if (reader.name !== writer.name && !reader.aliases.includes(writer.name)) {
      return [
        {
          type: "NAME_MISMATCH",
          field,
          reason: `{writer} writes ${writer.kind} ${writer.name}, {reader} expects ${reader.name}: give the new one the alias ${writer.name}`,
        },
      ];
    }
    if (reader.kind === "record" && writer.kind === "record") return this.#record(reader, writer, field);
    if (reader.kind === "enum" && writer.kind === "enum") {
      const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
      if (missing.length === 0 || reader.default !== undefined) return [];
      return [
        {
          type: "MISSING_ENUM_SYMBOLS",
          field,
          reason: `{writer} may write ${missing.join(", ")}, which {reader} does not know and has no default for`,
        },
      ];
    }
    if (reader.kind === "fixed" && writer.kind === "fixed" && reader.size !== writer.size) {
      return [
        {
          type: "FIXED_SIZE_MISMATCH",
          field,
          reason: `{writer} writes ${writer.size} bytes, {reader} reads ${reader.size}`,
        },
      ];
    }
    return logicalProblem(reader, writer, field);
  }

  #record(reader: RecordSchema, writer: RecordSchema, path: string): readonly Incompatibility[] {
    const seen = this.#seen.get(reader) ?? new Set();
    if (seen.has(writer)) return [];
    this.#seen.set(reader, seen.add(writer));
    return reader.fields.flatMap((field) => {
      const place = path === "" ? field.name : `${path}.${field.name}`;
      const written = writtenField(field, writer);
      if (written !== undefined) return this.compare(field.type, written.type, place);
      if (field.default !== undefined) return [];
      return [
        {
          type: "READER_FIELD_MISSING_DEFAULT_VALUE" as const,
          field: place,
          reason: "{reader} requires it, {writer} does not write it, and it has no default",
        },
      ];
    });
  }
}

function writtenField(field: RecordField, writer: RecordSchema): RecordField | undefined {
  return (
    writer.fields.find((candidate) => candidate.name === field.name) ??
    writer.fields.find((candidate) => field.aliases.includes(candidate.name))
  );
}

/** The same bytes with another meaning: readable, but not true. */
function logicalProblem(reader: SchemaModel, writer: SchemaModel, field: string): readonly Incompatibility[] {
  const [read, written] = [meaning(reader), meaning(writer)];
  if (read === undefined || written === undefined) return [];
  const same = read.name === written.name && read.scale === written.scale && read.precision >= written.precision;
  if (same) return [];
  return [
    {
      type: "LOGICAL_TYPE_MISMATCH",
      field,
      reason: `{writer} writes ${written.text}, which {reader} would take for ${read.text}`,
    },
  ];
}

function meaning(
  schema: SchemaModel,
): { readonly name: string; readonly precision: number; readonly scale: number; readonly text: string } | undefined {
  if (schema.kind === "union" || schema.attributes["logicalType"] === undefined) return undefined;
  const name = String(schema.attributes["logicalType"]);
  if (name !== "decimal") return { name, precision: 0, scale: 0, text: name };
  const [precision, scale] = [Number(schema.attributes["precision"] ?? 0), Number(schema.attributes["scale"] ?? 0)];
  return { name, precision, scale, text: `decimal(${precision},${scale})` };
}
