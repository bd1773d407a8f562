import type { Clock, Logger, Metrics } from "../base/index.ts";
import { TABLES, type TableDefinition } from "../domain/index.ts";
import { type Lake, openLake, type TableInput } from "../lake/index.ts";
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
  for (const table of TABLES) await lake.ensureTable(tableName(table), tableInput(table));
  return lake;
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
