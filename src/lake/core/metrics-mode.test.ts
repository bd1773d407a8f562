import { expect, test } from "vitest";
import { checkMetricsProperties, metricsModes, parseMetricsMode } from "./metrics-mode.ts";
import { type ColumnInput, schemaFrom } from "./schema.ts";

const COLUMNS: readonly ColumnInput[] = [
  { id: 1, name: "id", type: "long", required: true },
  { id: 2, name: "text", type: "string", required: false },
  {
    id: 3,
    name: "place",
    required: false,
    type: { type: "struct", fields: [{ id: 4, name: "city", required: false, type: "string" }] },
  },
];
const SCHEMA = schemaFrom(COLUMNS);

test.each([
  ["none", { kind: "none" }],
  ["Counts", { kind: "counts" }],
  ["full", { kind: "full" }],
  ["truncate(16)", { kind: "truncate", length: 16 }],
])("%s is a mode", (text, mode) => {
  expect(parseMetricsMode(text)).toEqual(mode);
});

test.each(["truncate(0)", "truncate", "some", ""])("%s is none", (text) => {
  expect(() => parseMetricsMode(text)).toThrow(/Invalid metrics mode/);
});

test("a column's own property counts first, then the table's, then truncate(16)", () => {
  expect([...metricsModes(SCHEMA, {})]).toEqual([1, 2, 4].map((id) => [id, { kind: "truncate", length: 16 }]));
  const properties = {
    "write.metadata.metrics.default": "counts",
    "write.metadata.metrics.column.place.city": "full",
  };
  expect(metricsModes(SCHEMA, properties).get(2)).toEqual({ kind: "counts" });
  expect(metricsModes(SCHEMA, properties).get(4)).toEqual({ kind: "full" });
});

test("a column that rows are sorted by keeps bounds, unless it says otherwise itself", () => {
  const sorted = new Set([1, 2]);
  const properties = { "write.metadata.metrics.default": "none", "write.metadata.metrics.column.text": "none" };
  const modes = metricsModes(SCHEMA, properties, sorted);
  expect([modes.get(1)?.kind, modes.get(2)?.kind, modes.get(4)?.kind]).toEqual(["truncate", "none", "none"]);
});

test("without a default only the first columns keep metrics", () => {
  const modes = metricsModes(SCHEMA, { "write.metadata.metrics.max-inferred-column-defaults": "2" });
  expect([...modes.values()].map(({ kind }) => kind)).toEqual(["truncate", "truncate", "none"]);
});

test("a mode that cannot be read counts as the default, but a new table may not have it", () => {
  const properties = { "write.metadata.metrics.column.id": "lots" };
  expect(metricsModes(SCHEMA, properties).get(1)).toEqual({ kind: "truncate", length: 16 });
  expect(() => checkMetricsProperties(SCHEMA, properties)).toThrow(/Invalid metrics mode "lots"/);
  expect(() => checkMetricsProperties(SCHEMA, { "write.metadata.metrics.column.x": "full" })).toThrow(/column x/);
});
