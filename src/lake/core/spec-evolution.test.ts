import { expect, test } from "vitest";
import { partitionSpecFrom } from "./partition-spec.ts";
import { schemaFrom } from "./schema.ts";
import { evolveSpec, type PartitionChange } from "./spec-evolution.ts";
import { transformText } from "./transform.ts";

const SCHEMA = schemaFrom([
  { id: 1, name: "ts", type: "timestamptz", required: true },
  { id: 2, name: "venue", type: "string", required: true },
]);
const HELD = partitionSpecFrom(SCHEMA, [
  { column: "ts", transform: "day" },
  { column: "venue", transform: "identity" },
]).fields;

function evolve(changes: readonly PartitionChange[], formatVersion = 2): readonly string[] {
  const fields = evolveSpec(HELD, changes, { schema: SCHEMA, formatVersion, lastPartitionId: 1001 });
  return fields.map(({ fieldId, name, transform }) => `${fieldId} ${name} ${transformText(transform)}`);
}

test("fields are added, removed and renamed; the table gives the new ones their ids", () => {
  expect(
    evolve([
      { change: "remove", field: "ts_day" },
      { change: "add", column: "ts", transform: "hour" },
      { change: "rename", field: "venue", name: "market" },
    ]),
  ).toEqual(["1001 market identity", "undefined ts_hour hour"]);
});

test("format v1 leaves void where a field was, and another may take its name", () => {
  expect(
    evolve(
      [
        { change: "remove", field: "ts_day" },
        { change: "add", column: "ts", transform: "hour", name: "ts_day" },
      ],
      1,
    ),
  ).toEqual(["1000 ts_day_1000 void", "1001 venue identity", "1002 ts_day hour"]);
});

test.each<[string, readonly PartitionChange[], RegExp]>([
  ["a field twice", [{ change: "add", column: "ts", transform: "day", name: "d" }], /conflicts with ts_day=day/],
  ["two times of one column", [{ change: "add", column: "ts", transform: "hour" }], /conflicts with ts_day=day/],
  ["a name twice", [{ change: "add", column: "venue", transform: "bucket[4]", name: "ts_day" }], /field name: ts_day/],
  ["removing what is not there", [{ change: "remove", field: "x" }], /Cannot find partition field to remove: x/],
  ["renaming onto another", [{ change: "rename", field: "venue", name: "ts_day" }], /there is a field ts_day/],
  [
    "a transform that does not fit",
    [{ change: "add", column: "venue", transform: "hour" }],
    /Cannot partition by hour/,
  ],
])("%s is refused", (_what, changes, message) => {
  expect(() => evolve(changes)).toThrow(message);
});
