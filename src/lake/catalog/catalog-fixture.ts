import { newTableMetadata } from "../metadata/new-table.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ViewMetadata } from "../metadata/view-metadata.ts";
import { newViewMetadata } from "../metadata/view-update.ts";

let made = 0;

/** A table of two columns, somewhere in `folder`. */
export function newTable(
  folder: string,
  name: string,
  properties: Readonly<Record<string, string>> = {},
): TableMetadata {
  made += 1;
  const tableUuid = `10000000-0000-4000-8000-${String(made).padStart(12, "0")}`;
  const location = `file://${folder}/${name.replaceAll(".", "/")}-${made}`;
  const schema = [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "kind", type: "string", required: false },
  ] as const;
  return newTableMetadata({ schema, properties }, { tableUuid, location, nowMs: 1_700_000_000_000 });
}

/** A view of one column, somewhere in `folder`. */
export function newView(folder: string, name: string, properties: Readonly<Record<string, string>> = {}): ViewMetadata {
  made += 1;
  const schema = newTable(folder, name).schemas[0];
  if (schema === undefined) throw new Error("a table without a schema");
  const viewVersion = {
    versionId: 1,
    timestampMs: 1_700_000_000_000,
    schemaId: 0,
    summary: { "engine-name": "k2" },
    representations: [{ type: "sql", sql: "SELECT n, kind FROM t", dialect: "duckdb" }] as const,
    defaultNamespace: ["a"],
  };
  const viewUuid = `20000000-0000-4000-8000-${String(made).padStart(12, "0")}`;
  const location = `file://${folder}/${name.replaceAll(".", "/")}-${made}`;
  return newViewMetadata({ schema, viewVersion, properties }, { viewUuid, location, nowMs: 1_700_000_000_000 });
}
