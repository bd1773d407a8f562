import { TABLES } from "../domain/index.ts";
import type { Lake, RequestedChange } from "../lake/index.ts";
import { tableName } from "./lake-tables.ts";
import type { RestCatalogConfig } from "./rest-catalog-config.ts";

/** Where the catalog is on K2's server: clients are given `http://127.0.0.1:8420/catalog`. */
export const REST_CATALOG_PREFIX = "/catalog";

const OWN_TABLES: ReadonlySet<string> = new Set(TABLES.map(tableName));

/** The lake's catalog as the API mounts it; undefined where it is not to be served. */
export function restCatalogMount(
  lake: Lake,
  config: RestCatalogConfig,
  { isLoopback }: { readonly isLoopback: boolean },
): { readonly prefix: string; readonly plugin: ReturnType<Lake["restCatalog"]> } | undefined {
  if (!config.enabled) return undefined;
  const { tokens, locations } = config;
  const refuses = (change: RequestedChange): string | undefined => refusal(change, config, isLoopback);
  return { prefix: REST_CATALOG_PREFIX, plugin: lake.restCatalog({ tokens, locations, refuses }) };
}

/** Why a client may not make a change. K2's own tables are written by its landing, which must find them where they were. */
export function refusal(
  { action, namespace, name, isAuthenticated }: RequestedChange,
  { readOnly }: Pick<RestCatalogConfig, "readOnly">,
  isLoopback: boolean,
): string | undefined {
  if (readOnly) return "This catalog is read only (lake.rest.readOnly)";
  if (!isAuthenticated && !isLoopback) {
    return "This catalog is read only to other machines until lake.rest.tokens are configured";
  }
  const table = [...namespace, name].join(".");
  if (name === undefined || !OWN_TABLES.has(table)) return undefined;
  if (action !== "commit")
    return `${table} is K2's own: it is not created, renamed, dropped or pointed elsewhere by clients`;
  if (isAuthenticated) return undefined;
  return `${table} is written by K2 itself; to change it, configure lake.rest.tokens and show one`;
}
