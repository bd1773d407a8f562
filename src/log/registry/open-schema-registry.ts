import { SchemaRegistry } from "./schema-registry.ts";
import { openSqliteRegistryStorage } from "./sqlite-registry-storage.ts";

/** The registry in the SQLite file at `path`, made if it is not there. */
export async function openSchemaRegistry(path: string): Promise<SchemaRegistry> {
  return new SchemaRegistry(await openSqliteRegistryStorage(path));
}
