import avsc from "avsc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSchema } from "./parse-schema.ts";
import { evolutionProblems, readProblems } from "./schema-compatibility.ts";

const model = (schema: unknown): ReturnType<typeof parseSchema> => parseSchema(JSON.stringify(schema));
const problems = (reader: unknown, writer: unknown): readonly string[] =>
  readProblems(model(reader), model(writer)).map(({ type, field }) => `${type} ${field}`.trim());

const record = (...fields: readonly object[]): object => ({ type: "record", name: "T", fields });
const x = { name: "x", type: "int" };

test.each<readonly [string, unknown, unknown, readonly string[]]>([
  ["an added field with a default", record(x, { name: "y", type: "int", default: 0 }), record(x), []],
  [
    "an added field without a default",
    record(x, { name: "y", type: "int" }),
    record(x),
    ["READER_FIELD_MISSING_DEFAULT_VALUE y"],
  ],
  ["a removed field", record(), record(x), []],
  ["a renamed field with its old name as alias", record({ name: "z", type: "int", aliases: ["x"] }), record(x), []],
  ["a renamed field without", record({ name: "z", type: "int" }), record(x), ["READER_FIELD_MISSING_DEFAULT_VALUE z"]],
  ["int read as long", "long", "int", []],
  ["long read as int", "int", "long", ["TYPE_MISMATCH"]],
  ["long read as double", "double", "long", []],
  ["string read as bytes", "bytes", "string", []],
  ["string read as int", "int", "string", ["TYPE_MISMATCH"]],
  ["a value become nullable", ["null", "int"], "int", []],
  ["a nullable value no longer nullable", "int", ["null", "int"], ["TYPE_MISMATCH"]],
  ["a branch taken away", ["null", "int"], ["null", "int", "boolean"], ["MISSING_UNION_BRANCH"]],
  ["an array of longs from ints", { type: "array", items: "long" }, { type: "array", items: "int" }, []],
  ["a map of ints from longs", { type: "map", values: "int" }, { type: "map", values: "long" }, ["TYPE_MISMATCH {}"]],
  [
    "a smaller enum",
    { type: "enum", name: "E", symbols: ["a"] },
    { type: "enum", name: "E", symbols: ["a", "b"] },
    ["MISSING_ENUM_SYMBOLS"],
  ],
  [
    "a smaller enum with a default",
    { type: "enum", name: "E", symbols: ["a"], default: "a" },
    { type: "enum", name: "E", symbols: ["a", "b"] },
    [],
  ],
  [
    "a fixed of another size",
    { type: "fixed", name: "F", size: 8 },
    { type: "fixed", name: "F", size: 16 },
    ["FIXED_SIZE_MISMATCH"],
  ],
  ["a record of another name", { ...record(x), name: "U" }, record(x), ["NAME_MISMATCH"]],
  ["a record of another name with an alias", { ...record(x), name: "U", aliases: ["T"] }, record(x), []],
  ["a namespace moved", { ...record(x), namespace: "k2" }, record(x), ["NAME_MISMATCH"]],
  [
    "a decimal of another scale",
    { type: "bytes", logicalType: "decimal", precision: 18, scale: 2 },
    { type: "bytes", logicalType: "decimal", precision: 18, scale: 8 },
    ["LOGICAL_TYPE_MISMATCH"],
  ],
  [
    "a decimal of more digits",
    { type: "bytes", logicalType: "decimal", precision: 38, scale: 8 },
    { type: "bytes", logicalType: "decimal", precision: 18, scale: 8 },
    [],
  ],
  [
    "milliseconds taken for microseconds",
    { type: "long", logicalType: "timestamp-micros" },
    { type: "long", logicalType: "timestamp-millis" },
    ["LOGICAL_TYPE_MISMATCH"],
  ],
])("reading %s", (_what, reader, writer, expected) => {
  expect(problems(reader, writer)).toEqual(expected);
});

test("a problem deep inside names the whole way to it", () => {
  const nested = (time: object): object => record({ name: "first", type: { ...record(time), name: "Order" } });
  expect(problems(nested({ name: "nanos", type: "int" }), nested(x))).toEqual([
    "READER_FIELD_MISSING_DEFAULT_VALUE first.nanos",
  ]);
});

test("a record that holds itself is compared once, and its problems are found", () => {
  const list = (type: string): object => record({ name: "next", type: ["null", "T"] }, { name: "value", type });
  expect(problems(list("long"), list("int"))).toEqual([]);
  expect(problems(list("int"), list("long"))).toEqual(["TYPE_MISMATCH value"]);
});

test("records that share parts many times over are compared in time, or refused", () => {
  const chain = (leaf: string): object => {
    let type: object = { type: "record", name: "R0", fields: [{ name: "leaf", type: leaf }] };
    for (let level = 1; level <= 20; level += 1) {
      const name = `R${level - 1}`;
      const fields = [
        { name: "a", type: ["null", type] },
        { name: "b", type: ["null", name] },
      ];
      type = { type: "record", name: `R${level}`, fields };
    }
    return type;
  };
  expect(problems(chain("long"), chain("int"))).toEqual([]);
  expect(() => problems(chain("int"), chain("long"))).toThrow(/too entangled/);
});

test("the words of a refusal name field, side and version", () => {
  const next = model(record(x, { name: "fee", type: "double" }));
  const earlier = model(record(x, { name: "size", type: "int" }));
  expect(evolutionProblems("FULL", { next, earlier, version: 3 })).toEqual([
    "Field fee: the new schema requires it, version 3 does not write it, and it has no default (READER_FIELD_MISSING_DEFAULT_VALUE)",
    "Field size: version 3 requires it, the new schema does not write it, and it has no default (READER_FIELD_MISSING_DEFAULT_VALUE)",
  ]);
  expect(evolutionProblems("NONE", { next, earlier, version: 3 })).toEqual([]);
});

/* A schema and one step of its evolution, in the ways in which people change schemas. */

interface Step {
  readonly before: object;
  readonly after: object;
}

const NUMBERS = ["int", "long", "float", "double"] as const;
const leaf = fc.constantFrom<readonly [type: unknown, fallback: unknown]>(
  ["int", 1],
  ["long", 2],
  ["float", 0.5],
  ["double", 0.25],
  ["string", "s"],
  ["bytes", "b"],
  ["boolean", true],
  [["null", "long"], null],
  [["null", "string", "double"], null],
  [{ type: "array", items: "int" }, []],
  [{ type: "map", values: ["null", "long"] }, {}],
);
const field = fc
  .tuple(leaf, fc.constantFrom(true, true, false))
  .map(([[type, fallback], hasDefault]) => ({ type, ...(hasDefault ? { default: fallback } : {}) }));
const symbols = fc.oneof(fc.constant(["a", "b", "c"]), fc.subarray(["a", "b", "c"], { minLength: 1 }));

const step: fc.Arbitrary<Step> = fc
  .record({
    fields: fc.dictionary(
      fc.constantFrom("f", "g", "h", "i", "j"),
      fc.tuple(field, fc.constantFrom("keep", "keep", "drop", "retype")),
      { noNullPrototype: true },
    ),
    added: fc.dictionary(fc.constantFrom("k", "l"), field, { noNullPrototype: true }),
    retyped: leaf,
    symbols: fc.tuple(symbols, symbols, fc.boolean()),
    size: fc.constantFrom(4, 4, 4, 8),
    renamed: fc.constantFrom("keep", "keep", "keep", "alias", "rename"),
  })
  .map(({ fields, added, retyped, symbols: [old, renewed, hasDefault], size, renamed }) => {
    const common = (list: readonly string[], fallback: boolean): object => ({
      name: "e",
      type: { type: "enum", name: "E", symbols: list, ...(fallback ? { default: list[0] } : {}) },
    });
    const before = Object.entries(fields).map(([name, [type]]) => ({ name, ...type }));
    const after = Object.entries(fields).flatMap(([name, [type, change]]) =>
      change === "drop" ? [] : [{ name, ...(change === "retype" ? { type: retyped[0] } : type) }],
    );
    const head = { type: "record", name: "T" };
    const named =
      renamed === "keep" ? head : { ...head, name: "U", ...(renamed === "alias" ? { aliases: ["T"] } : {}) };
    return {
      before: {
        ...head,
        fields: [...before, common(old, false), { name: "z", type: { type: "fixed", name: "F", size: 4 } }],
      },
      after: {
        ...named,
        fields: [
          ...after,
          common(renewed, hasDefault),
          { name: "z", type: { type: "fixed", name: "F", size } },
          ...Object.entries(added).map(([name, type]) => ({ name, ...type })),
        ],
      },
    };
  });

/** Undefined where avsc, an implementation of its own, reads what the writer writes; else its complaint. */
function complaint(reader: object, writer: object): string | undefined {
  const [readerType, writerType] = [reader, writer].map((schema) =>
    avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, { wrapUnions: true }),
  ) as [avsc.Type, avsc.Type];
  try {
    const resolver = readerType.createResolver(writerType);
    for (let run = 0; run < 5; run += 1) {
      const value = readerType.fromBuffer(writerType.toBuffer(writerType.random()), resolver);
      if (!readerType.isValid(value)) return `read ${JSON.stringify(value)}`;
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}

test("what is called readable is read by another implementation, and what is not is not, both ways", () => {
  const seen = { readable: 0, refused: 0 };
  fc.assert(
    fc.property(step, ({ before, after }) => {
      for (const [reader, writer] of [
        [after, before],
        [before, after],
      ] as const) {
        const found = problems(reader, writer);
        const other = complaint(reader, writer);
        expect(
          other === undefined,
          `${JSON.stringify(found)} but ${other}: ${JSON.stringify({ reader, writer })}`,
        ).toBe(found.length === 0);
        seen[found.length === 0 ? "readable" : "refused"] += 1;
      }
    }),
    { numRuns: 600 },
  );
  // The generator must reach both sides, or the property says little.
  expect(Math.min(seen.readable, seen.refused)).toBeGreaterThan(60);
});

test("a number type reads exactly the types before it", () => {
  for (const [at, reader] of NUMBERS.entries()) {
    for (const [from, writer] of NUMBERS.entries()) expect(problems(reader, writer).length === 0).toBe(from <= at);
  }
});
