import fc from "fast-check";
import { expect, test } from "vitest";
import { formatJson, type Json, parseJson } from "./json.ts";

test("a 63-bit snapshot id keeps its last digits, where JSON.parse rounds them", () => {
  const text = '{"snapshot-id":2603806981335709950,"list":[-9223372036854775808,9007199254740991]}';
  expect(parseJson(text)).toEqual({
    "snapshot-id": 2603806981335709950n,
    list: [-9223372036854775808n, 9007199254740991],
  });
  expect(formatJson(parseJson(text))).toBe(text);
});

test("a long number inside a string stays text", () => {
  expect(parseJson('{"a":"{\\"x\\":1234567890123456789}"}')).toEqual({ a: '{"x":1234567890123456789}' });
});

test("escaped slashes, backslashes at the end of strings and __proto__ are read as data", () => {
  expect(parseJson('["s3:\\/\\/b\\/x", "\\\\", "\\"", "\\\\\\""]')).toEqual(["s3://b/x", "\\", '"', '\\"']);
  expect(Object.keys(parseJson('{"__proto__":1}') as object)).toEqual(["__proto__"]);
});

test.each(["", "{", "[1,]", "{'a':1}", "01", "nul", '"\n"', "[1] 2", '{"a" 1}', '"open', "[".repeat(300)])(
  "malformed JSON %j is refused",
  (text) => {
    expect(() => parseJson(text)).toThrow(/Cannot read JSON/);
  },
);

test("every JSON value with integers of 64 bits comes back from its text", () => {
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("json"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(json, (value) => {
      expect(formatJson(parseJson(formatJson(value)))).toBe(formatJson(value));
    }),
  );
});

test("it reads what JSON.parse reads, to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, null, 1);
      expect(JSON.stringify(parseJson(text), asNumber)).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

function asNumber(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
