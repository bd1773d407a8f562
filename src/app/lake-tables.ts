import type { Clock, Logger, Metrics } from "../base/index.ts";
import { TABLES, type TableDefinition } from "../domain/index.ts";
import { type Lake, openLake, type SchemaChange, type Table, type TableInput } from "../lake/index.ts";
import type { DataFolder } from "./data-folder.ts";
import { Positions } from "./positions.ts";

/** Who writes K2's tables, in their properties and snapshots. */
export const LANDING_WRITER = "k2-landing";

export interface LakeTablesOptions {
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** Opens the lake of a data folder and makes the tables that are not there yet. */
export async function openLakeTables({ folder, clock, logger, metrics }: LakeTablesOptions): Promise<Lake> {
  const lake = await openLake({
    warehouse: folder.lake,
    storage: folder.lakeStorage,
    catalog: folder.catalog.config,
    name: folder.catalog.name,
    clock,
    logger,
    ...(metrics === undefined ? {} : { metrics }),
  });
  const ensure = async (table: TableDefinition): Promise<void> =>
    evolve(lake, await lake.ensureTable(tableName(table), tableInput(table)), table);
  await Promise.all(TABLES.map(ensure));
  return lake;
}

/** A table that an older K2 made gets the columns that were added since, and loses no row: those that there are have null. */
async function evolve(lake: Lake, { name, schema }: Table, { columns }: TableDefinition): Promise<void> {
  const held = new Map(schema.fields.map((field) => [field.name, field]));
  const changes = columns.flatMap(({ name: column, type, doc, required }): SchemaChange[] => {
    const there = held.get(column);
    if (there === undefined) return [{ change: "add", name: column, type, doc }];
    return there.required && !required ? [{ change: "make-optional", column }] : [];
  });
  if (changes.length > 0) await lake.evolve(name, { schema: changes });
}

/** `silver.trades` */
export function tableName({ namespace, name }: TableDefinition): string {
  return `${namespace}.${name}`;
}

function tableInput(table: TableDefinition): TableInput {
  return {
    schema: table.columns,
    partitionSpec: table.partition,
    sortOrder: table.sort.map((column) => ({ column })),
    properties: { comment: table.doc },
  };
}

/** How far into the log the tables go, together. */
export async function lakePositions(lake: Lake, tables: readonly TableDefinition[]): Promise<Positions> {
  const positions = new Positions();
  for (const definition of tables) {
    const table = await lake.table(tableName(definition));
    for (const position of Positions.fromText(table.progress(LANDING_WRITER)?.positions)) positions.set(position);
  }
  return positions;
}
