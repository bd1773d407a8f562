import { describe, expect, test } from "vitest";
import { formatJson } from "./json.ts";
import { type Schema, schemaFrom, schemaJson } from "./schema.ts";
import type { SchemaChange } from "./schema-change.ts";
import { evolveSchema } from "./schema-evolution.ts";
import { indexSchema } from "./schema-index.ts";

function schema(): Schema {
  const made = schemaFrom([
    { id: 1, name: "id", type: "long", required: true },
    { id: 2, name: "count", type: "int", required: false },
    { id: 3, name: "price", type: "decimal(18,8)", required: true },
    {
      id: 4,
      name: "legs",
      required: false,
      type: {
        type: "list",
        "element-id": 5,
        "element-required": true,
        element: {
          type: "struct",
          fields: [
            { id: 6, name: "side", required: true, type: "string" },
            { id: 7, name: "size", required: false, type: "float" },
          ],
        },
      },
    },
    {
      id: 8,
      name: "tags",
      required: false,
      type: { type: "map", "key-id": 9, key: "string", "value-id": 10, value: "int", "value-required": false },
    },
    { id: 11, name: "day", type: "date", required: false },
  ]);
  return { ...made, identifierFieldIds: [1] };
}

function evolve(changes: readonly SchemaChange[], formatVersion = 2): Schema {
  return evolveSchema(schema(), changes, { lastColumnId: 11, formatVersion }).schema;
}

function names(of: Schema): readonly string[] {
  return of.fields.map(({ name }) => name);
}

describe("adding", () => {
  test("a column goes last and takes the next id, its own nested fields the following ones", () => {
    const { schema: next, lastColumnId } = evolveSchema(
      schema(),
      [
        {
          change: "add",
          name: "venue",
          doc: "where",
          type: {
            type: "struct",
            fields: [
              { id: 0, name: "name", required: false, type: "string" },
              {
                id: 1,
                name: "geo",
                required: false,
                type: { type: "list", "element-id": 2, "element-required": false, element: "double" },
              },
            ],
          },
        },
      ],
      { lastColumnId: 20, formatVersion: 2 },
    );
    expect(lastColumnId).toBe(24);
    expect(next.fields.at(-1)).toMatchObject({
      id: 21,
      name: "venue",
      doc: "where",
      required: false,
      type: { fields: [{ id: 22 }, { id: 23, type: { elementId: 24 } }] },
    });
  });

  test("a field goes into a struct, also one within a list", () => {
    const next = evolve([{ change: "add", parent: "legs", name: "fee", type: "decimal(9,2)" }]);
    expect(indexSchema(next).byName.get("legs.element.fee")?.field.id).toBe(12);
    expect(() => evolve([{ change: "add", parent: "price", name: "x", type: "int" }])).toThrow(
      /non-struct column: price/,
    );
    expect(() => evolve([{ change: "add", parent: "tags", name: "x", type: "int" }])).toThrow(
      /non-struct column: tags/,
    );
  });

  test("a required column needs a default, and that needs v3", () => {
    const add = { change: "add", name: "fee", type: "decimal(9,2)", required: true } as const;
    expect(() => evolve([add])).toThrow(/cannot add required column without a default value: fee/);
    expect(() => evolve([{ ...add, defaultValue: "0.00" }])).toThrow(/not supported until v3/);
    expect(evolve([{ ...add, defaultValue: "0.00" }], 3).fields.at(-1)).toMatchObject({
      required: true,
      initialDefault: "0.00",
      writeDefault: "0.00",
    });
    expect(() => evolve([{ ...add, defaultValue: "free" }], 3)).toThrow(/Invalid default for fee/);
    expect(evolve([{ ...add, isSure: true }]).fields.at(-1)?.required).toBe(true);
  });

  test("a name that is there may be taken only after it was dropped, and then by a new id", () => {
    expect(() => evolve([{ change: "add", name: "count", type: "long" }])).toThrow(/name already exists: count/);
    expect(() => evolve([{ change: "add", name: "Count", type: "long" }])).toThrow(/name already exists: Count/);
    const next = evolve([
      { change: "drop", column: "count" },
      { change: "add", name: "count", type: "string" },
    ]);
    expect(next.fields.at(-1)).toMatchObject({ id: 12, name: "count", type: { kind: "string" } });
  });
});

describe("dropping", () => {
  test("a column or a nested field goes, and the parts of lists and maps stay", () => {
    expect(names(evolve([{ change: "drop", column: "count" }]))).not.toContain("count");
    expect(indexSchema(evolve([{ change: "drop", column: "legs.element.size" }])).byId.has(7)).toBe(false);
    expect(() => evolve([{ change: "drop", column: "legs.element" }])).toThrow(/Cannot delete element type from list/);
    expect(() => evolve([{ change: "drop", column: "tags.value" }])).toThrow(/Cannot delete value type from map/);
    expect(() => evolve([{ change: "drop", column: "nope" }])).toThrow(/Cannot delete missing column: nope/);
  });

  test("what identifies rows stays, until something else does", () => {
    expect(() => evolve([{ change: "drop", column: "id" }])).toThrow(/Cannot delete identifier field id/);
    const next = evolve([
      { change: "identify-by", columns: ["price"] },
      { change: "drop", column: "id" },
    ]);
    expect(next.identifierFieldIds).toEqual([3]);
    expect(() => evolve([{ change: "identify-by", columns: ["count"] }])).toThrow(/not a required field/);
    expect(() => evolve([{ change: "make-optional", column: "id" }])).toThrow(/identifier field id/);
  });
});

test("renaming keeps the id, the identifiers and the order", () => {
  const next = evolve([
    { change: "rename", column: "id", name: "key" },
    { change: "rename", column: "legs.element.side", name: "taker" },
  ]);
  expect(names(next)[0]).toBe("key");
  expect(next.identifierFieldIds).toEqual([1]);
  expect(indexSchema(next).byName.get("legs.element.taker")?.field.id).toBe(6);
  expect(() => evolve([{ change: "rename", column: "id", name: "count" }])).toThrow(/name already exists/);
  expect(() => evolve([{ change: "rename", column: "legs.element", name: "leg" }])).toThrow(/names its parts itself/);
});

test("moving stays within the struct", () => {
  expect(names(evolve([{ change: "move", column: "price", to: "first" }]))[0]).toBe("price");
  expect(names(evolve([{ change: "move", column: "id", to: { after: "price" } }])).slice(0, 3)).toEqual([
    "count",
    "price",
    "id",
  ]);
  expect(names(evolve([{ change: "move", column: "day", to: { before: "count" } }])).slice(0, 3)).toEqual([
    "id",
    "day",
    "count",
  ]);
  const nested = evolve([{ change: "move", column: "legs.element.size", to: "first" }]);
  expect(formatJson(schemaJson(nested))).toMatch(/"id":7.*"id":6/);
  expect(() => evolve([{ change: "move", column: "id", to: { after: "id" } }])).toThrow(/after itself/);
  expect(() => evolve([{ change: "move", column: "id", to: { after: "legs.element.side" } }])).toThrow(
    /different struct/,
  );
  expect(() => evolve([{ change: "move", column: "legs.element", to: "first" }])).toThrow(/non-struct type: list/);
});

describe("widening", () => {
  test.each([
    ["count", "long", 2],
    ["legs.element.size", "double", 1],
    ["price", "decimal(38,8)", 2],
    ["tags.value", "long", 2],
    ["day", "timestamp", 3],
    ["day", "timestamp_ns", 3],
  ])("%s may become %s in v%d", (column, type, formatVersion) => {
    const next = evolve([{ change: "widen", column, type }], formatVersion);
    expect(formatJson(schemaJson(next))).toContain(`"${type}"`);
  });

  test.each([
    ["id", "int", 2],
    ["count", "double", 2],
    ["price", "decimal(18,9)", 2],
    ["price", "decimal(17,8)", 2],
    ["day", "timestamp", 2],
    ["day", "timestamptz", 3],
    ["legs", "string", 3],
  ])("%s may not become %s in v%d", (column, type, formatVersion) => {
    expect(() => evolve([{ change: "widen", column, type }], formatVersion)).toThrow(/Cannot change column type/);
  });

  test("the key of a map stays as it is", () => {
    expect(() => evolve([{ change: "widen", column: "tags.key", type: "string" }])).toThrow(/Cannot alter map keys/);
  });
});

test("optional columns stay so, unless the caller knows better; docs and defaults are free", () => {
  expect(() => evolve([{ change: "make-required", column: "count" }])).toThrow(/optional -> required/);
  const next = evolve(
    [
      { change: "make-required", column: "count", isSure: true },
      { change: "make-optional", column: "price" },
      { change: "document", column: "price", doc: "quote per base" },
      { change: "set-default", column: "price", value: "1.00000000" },
    ],
    3,
  );
  expect(next.fields[1]).toMatchObject({ required: true });
  expect(next.fields[2]).toMatchObject({ required: false, doc: "quote per base", writeDefault: "1.00000000" });
  expect(next.fields[2]?.initialDefault).toBeUndefined();
});

test("defaults are kept in the form that every implementation reads, also when the type widens", () => {
  const added = evolve(
    [
      { change: "add", name: "fee", type: "decimal(9,2)", defaultValue: "1.5" },
      { change: "add", name: "on", type: "date", defaultValue: "2026-01-02" },
      { change: "widen", column: "on", type: "timestamp" },
      { change: "widen", column: "fee", type: "decimal(38,2)" },
    ],
    3,
  );
  expect(added.fields.slice(-2).map(({ initialDefault, writeDefault }) => [initialDefault, writeDefault])).toEqual([
    ["1.50", "1.50"],
    ["2026-01-02T00:00:00", "2026-01-02T00:00:00"],
  ]);
});

test("a table keeps a column at least", () => {
  const one = schemaFrom([{ id: 1, name: "x", type: "int", required: false }]);
  expect(() => evolveSchema(one, [{ change: "drop", column: "x" }], { lastColumnId: 1, formatVersion: 2 })).toThrow(
    /every column/,
  );
});
