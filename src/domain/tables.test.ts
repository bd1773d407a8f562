import { expect, test } from "vitest";
import { TABLES } from "./index.ts";

test("tables number their columns from 1, name each once, and partition and sort by columns they have", () => {
  for (const table of TABLES) {
    const names = table.columns.map((column) => column.name);
    expect(table.columns.map((column) => column.id)).toEqual(names.map((_, index) => index + 1));
    expect(new Set(names).size).toBe(names.length);
    for (const name of [...table.sort, ...table.partition.map((part) => part.column)]) expect(names).toContain(name);
  }
  expect(new Set(TABLES.map((table) => `${table.namespace}.${table.name}`)).size).toBe(TABLES.length);
});
