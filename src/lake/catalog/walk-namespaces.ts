import type { Catalog } from "./catalog.ts";
import type { Namespace } from "./identifier.ts";

/** Every namespace of a catalog, of any depth, each before those within it. */
export async function allNamespaces(catalog: Catalog, parent: Namespace = []): Promise<readonly Namespace[]> {
  const all: Namespace[] = [];
  for (const namespace of await catalog.listNamespaces(parent)) {
    all.push(namespace, ...(await allNamespaces(catalog, namespace)));
  }
  return all;
}
