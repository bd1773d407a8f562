import { TABLES } from "../../domain/index.ts";
import type { Lake } from "../../lake/index.ts";
import { tableName } from "../lake-tables.ts";

const OWN: ReadonlySet<string> = new Set(TABLES.map(tableName));
const SETTING = "k2.maintenance.enabled";

/**
 * The tables that K2 looks after: its own, and of the others in the catalog, which may be somebody else's, those that ask
 * for it by their property `k2.maintenance.enabled`. Set to false there, it leaves one of its own alone.
 */
export async function maintainedTables(lake: Pick<Lake, "listTables" | "table">): Promise<readonly string[]> {
  const maintained: string[] = [];
  for (const name of await lake.listTables()) {
    const setting = (await lake.table(name)).metadata.properties[SETTING];
    if (setting === "true" || (setting !== "false" && OWN.has(name))) maintained.push(name);
  }
  return maintained;
}
