import avsc from "avsc";
import { expect, test } from "vitest";
import { EVENT_SCHEMAS } from "../../domain/index.ts";
import { canonicalSchema, schemaFingerprint } from "./canonical-schema.ts";
import { parseSchema } from "./parse-schema.ts";

const canonical = (schema: unknown): string =>
  canonicalSchema(parseSchema(typeof schema === "string" ? schema : JSON.stringify(schema)));

const record = (fields: readonly unknown[], more: object = {}): object => ({
  type: "record",
  name: "Trade",
  ...more,
  fields,
});

test("a primitive is one text however it is spelled, as Confluent's registry prints it", () => {
  for (const spelling of ['"string"', '{"type":"string"}', '{"type":{"type":"string"}}', "string"]) {
    expect(canonical(spelling)).toBe('"string"');
  }
});

test("order of keys, spaces and namespaces written either way make no difference", () => {
  const one = canonical('{"type":"record","name":"a.b.T","fields":[{"name":"x","type":"int"}]}');
  const other = canonical(
    '{ "fields": [ {"type": {"type": "int"}, "name": "x"} ], "namespace": "a.b", "name": "T", "type": "record" }',
  );
  expect(other).toBe(one);
  expect(one).toBe('{"type":"record","name":"T","namespace":"a.b","fields":[{"name":"x","type":"int"}]}');
});

test.each([
  ["documentation", [{ name: "x", type: "int", doc: "a" }], [{ name: "x", type: "int", doc: "b" }]],
  ["defaults", [{ name: "x", type: "int", default: 1 }], [{ name: "x", type: "int", default: 2 }]],
  [
    "scales",
    [{ name: "x", type: { type: "bytes", logicalType: "decimal", precision: 18, scale: 8 } }],
    [{ name: "x", type: { type: "bytes", logicalType: "decimal", precision: 18, scale: 9 } }],
  ],
  ["aliases", [{ name: "x", type: "int", aliases: ["y"] }], [{ name: "x", type: "int" }]],
])("schemas with different %s have different fingerprints", (_what, one, other) => {
  expect(schemaFingerprint(canonical(record(one)))).not.toBe(schemaFingerprint(canonical(record(other))));
});

test("a type is written out where it is first met and named from then on", () => {
  const side = { type: "enum", name: "Side", symbols: ["buy", "sell"] };
  const text = canonical(
    record(
      [
        { name: "a", type: side },
        { name: "b", type: "k2.Side" },
        { name: "c", type: ["null", "Side"], default: null },
      ],
      { namespace: "k2" },
    ),
  );
  expect(JSON.parse(text).fields).toEqual([
    { name: "a", type: side },
    { name: "b", type: "Side" },
    { name: "c", type: ["null", "Side"], default: null },
  ]);
  expect(canonical(text)).toBe(text);
});

test("a record may hold itself", () => {
  const list = record([{ name: "next", type: ["null", "Trade"], default: null }]);
  expect(canonical(canonical(list))).toBe(canonical(list));
});

test.each(EVENT_SCHEMAS.map(({ topic, schema }) => [topic, schema] as const))(
  "the schema of %s is valid here and to avsc, and its canonical text means the same",
  (_topic, schema) => {
    const text = canonical(schema);
    expect(canonical(text)).toBe(text);
    const whole = avsc.Type.forSchema(structuredClone(schema) as avsc.Schema);
    const printed = avsc.Type.forSchema(JSON.parse(text));
    expect(printed.fingerprint()).toEqual(whole.fingerprint());
  },
);

test.each([
  ["not JSON", "{", /not JSON/],
  ["a number", "42", /a schema is a string, an object or an array/],
  ["an unknown type", '"strin"', /"strin" is no Avro type/],
  [
    "a type used before it is defined",
    record([{ name: "x", type: "Later" }]),
    /"Later" is no Avro type.*\/fields\/0|\/fields\/0.*"Later"/,
  ],
  ["a record without fields", { type: "record", name: "R" }, /no "fields"/],
  ["a record without a name", { type: "record", fields: [] }, /not a type name/],
  ["a field without a type", record([{ name: "x" }]), /no "type"/],
  ["a field name with a dash", record([{ name: "a-b", type: "int" }]), /"a-b" is not a field name/],
  [
    "two fields of one name",
    record([
      { name: "x", type: "int" },
      { name: "x", type: "int" },
    ]),
    /two fields named x/,
  ],
  ["a union twice of int", ["int", "int"], /holds int twice/],
  ["a union in a union", ["null", ["int", "string"]], /holds another union/],
  ["an enum with a digit first", { type: "enum", name: "E", symbols: ["1s"] }, /different names, not "1s"/],
  [
    "an enum default that is no symbol",
    { type: "enum", name: "E", symbols: ["a"], default: "b" },
    /not one of its symbols/,
  ],
  ["a fixed without a size", { type: "fixed", name: "F" }, /not a number of bytes/],
  [
    "a type defined twice",
    record([{ name: "x", type: { type: "enum", name: "Trade", symbols: ["a"] } }]),
    /defined twice/,
  ],
  ["a default of another type", record([{ name: "x", type: "int", default: "1" }]), /default of field x is "1"/],
  [
    "a default of the second branch",
    record([{ name: "x", type: ["int", "null"], default: null }]),
    /put that branch first/,
  ],
  [
    "a long default that JSON cannot hold",
    '{"type":"record","name":"R","fields":[{"name":"x","type":"long","default":9007199254740993}]}',
    /default of field x/,
  ],
  ["a decimal without precision", { type: "bytes", logicalType: "decimal" }, /needs a precision/],
  [
    "a decimal whose scale exceeds its precision",
    { type: "bytes", logicalType: "decimal", precision: 2, scale: 3 },
    /cannot have scale 3/,
  ],
  [
    "a decimal too wide for its fixed",
    { type: "fixed", name: "F", size: 4, logicalType: "decimal", precision: 10, scale: 0 },
    /precision from 1 to 9/,
  ],
])("%s is refused with the place and the reason", (_what, schema, message) => {
  expect(() => canonical(schema)).toThrow(
    expect.objectContaining({ errorNumber: 42201, message: expect.stringMatching(message) }),
  );
});

test("a schema nested too deep, or too long, is refused rather than overflowing", () => {
  let deep: unknown = "int";
  for (let level = 0; level < 200; level += 1) deep = { type: "array", items: deep };
  expect(() => canonical(deep)).toThrow(expect.objectContaining({ errorNumber: 42201 }));
  expect(() => canonical(`"${"x".repeat(1_100_000)}"`)).toThrow(expect.objectContaining({ errorNumber: 42209 }));
});
