import type { Namespace, TableIdentifier } from "../catalog/identifier.ts";
import { identifierText } from "../catalog/identifier.ts";
import type { JsonObject } from "../core/json.ts";
import type { JsonReader } from "../core/json-object.ts";
import { LakeExistsError, type LakeNotFoundError, NamespaceNotFoundError } from "../errors.ts";
import type { Endpoints } from "./endpoints.ts";
import { readPages } from "./rest-pages.ts";
import type { RestTransport } from "./rest-transport.ts";

export function identifierJson({ namespace, name }: TableIdentifier): JsonObject {
  return { namespace, name };
}

function readIdentifier(reader: JsonReader): TableIdentifier {
  return { namespace: reader.list("namespace").map(String), name: reader.text("name") };
}

interface Context {
  readonly transport: RestTransport;
  readonly endpoints: Endpoints;
}

/** Ordered by name. @throws {NamespaceNotFoundError} */
export async function listNames(
  { transport, endpoints }: Context,
  namespace: Namespace,
  kind: "tables" | "views",
): Promise<readonly TableIdentifier[]> {
  const path = endpoints.inNamespace(namespace, `/${kind}`);
  const what = `list ${kind} of ${namespace.join(".")}`;
  const found = await readPages(transport, { method: "GET", path, what, answers: [404] }, (page) =>
    page.objects("identifiers").map(readIdentifier),
  );
  if (!Array.isArray(found)) throw new NamespaceNotFoundError(namespace);
  return (found as readonly TableIdentifier[]).toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** @throws {LakeExistsError} when the new name is taken @throws {NamespaceNotFoundError} @throws as `notFound` makes it */
export async function renameEntry(
  { transport, endpoints }: Context,
  {
    from,
    to,
    kind,
  }: { readonly from: TableIdentifier; readonly to: TableIdentifier; readonly kind: "tables" | "views" },
  notFound: (name: string) => LakeNotFoundError,
): Promise<void> {
  const { refusal, isAmbiguous } = await transport.send({
    method: "POST",
    path: endpoints.path(`/${kind}/rename`),
    body: { source: identifierJson(from), destination: identifierJson(to) },
    what: `rename ${identifierText(from)}`,
    answers: [404, 409],
  });
  if (refusal === undefined) return;
  if (refusal.type.startsWith("NoSuchNamespace")) throw new NamespaceNotFoundError(to.namespace);
  if (isAmbiguous) return; // An earlier try of ours has moved it: the old name is gone, or the new one is taken by it.
  if (refusal.status === 404) throw notFound(identifierText(from));
  throw new LakeExistsError(`Table or view already exists: ${identifierText(to)}. Nothing was changed`);
}

/** @returns false when there was none */
export async function dropEntry(
  { transport }: Context,
  path: string,
  what: string,
  query: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const { refusal, isAmbiguous } = await transport.send({ method: "DELETE", path, query, what, answers: [404] });
  return refusal === undefined || isAmbiguous;
}
