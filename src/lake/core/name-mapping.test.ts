import { expect, test } from "vitest";
import {
  evolvedNameMapping,
  formatNameMapping,
  mappedFieldId,
  nameMappingOf,
  parseNameMapping,
  withMappedIds,
} from "./name-mapping.ts";
import { type ColumnInput, schemaFrom } from "./schema.ts";
import { parseField } from "./types.ts";

/** The example of the specification's column projection. */
const EXAMPLE =
  '[{"field-id":1,"names":["id","record_id"]},{"field-id":2,"names":["data"]},' +
  '{"field-id":3,"names":["location"],"fields":[{"field-id":4,"names":["latitude","lat"]},{"field-id":5,"names":["longitude","long"]}]}]';

const COLUMNS: readonly ColumnInput[] = [
  { id: 1, name: "id", type: "long", required: true },
  {
    id: 2,
    name: "legs",
    required: false,
    type: {
      type: "list",
      "element-id": 3,
      "element-required": true,
      element: { type: "struct", fields: [{ id: 4, name: "price", required: true, type: "double" }] },
    },
  },
];

test("the specification's example names fields at any depth by any of their names, and comes back as it was", () => {
  const mapping = parseNameMapping(EXAMPLE);
  expect(formatNameMapping(mapping)).toBe(EXAMPLE);
  expect(mappedFieldId(mapping, ["record_id"])).toBe(1);
  expect(mappedFieldId(mapping, ["location", "lat"])).toBe(4);
  expect(mappedFieldId(mapping, ["location", "altitude"])).toBeUndefined();
  expect(mappedFieldId(mapping, ["lat"])).toBeUndefined();
});

test("a schema's own mapping goes through lists", () => {
  expect(mappedFieldId(nameMappingOf(schemaFrom(COLUMNS)), ["legs", "element", "price"])).toBe(4);
});

test("a file's fields take the ids of the names, and those nobody names are left out", () => {
  const file = [
    parseField({ id: 0, name: "record_id", required: true, type: "long" }),
    parseField({ id: 0, name: "noise", required: false, type: "long" }),
    parseField({
      id: 0,
      name: "location",
      required: false,
      type: { type: "struct", fields: [{ id: 0, name: "long", required: false, type: "double" }] },
    }),
  ];
  const mapped = withMappedIds(parseNameMapping(EXAMPLE), file);
  expect(mapped.map(({ id, name }) => [id, name])).toEqual([
    [1, "record_id"],
    [3, "location"],
  ]);
  expect(mapped[1]?.type).toMatchObject({ fields: [{ id: 5, name: "long" }] });
});

test("after an evolution old names are still found, and a new field takes its name over", () => {
  const before = nameMappingOf(schemaFrom(COLUMNS));
  const [, legs] = COLUMNS;
  if (legs === undefined) throw new RangeError("no legs");
  const after = schemaFrom([
    { id: 1, name: "key", type: "long", required: true },
    { ...legs, name: "parts" },
    { id: 9, name: "legs", type: "int", required: false },
  ]);
  const mapping = evolvedNameMapping(before, after);
  expect(mappedFieldId(mapping, ["id"])).toBe(1);
  expect(mappedFieldId(mapping, ["key"])).toBe(1);
  expect(mappedFieldId(mapping, ["parts", "element", "price"])).toBe(4);
  expect(mappedFieldId(mapping, ["legs"])).toBe(9);
});

test("two fields beside each other may not share a name", () => {
  expect(() => parseNameMapping('[{"field-id":1,"names":["a"]},{"field-id":2,"names":["b","a"]}]')).toThrow(
    /two fields/,
  );
});
