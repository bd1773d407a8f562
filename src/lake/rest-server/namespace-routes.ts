import type { Namespace } from "../catalog/identifier.ts";
import { NamespaceNotFoundError } from "../errors.ts";
import { whenFound } from "./idempotency.ts";
import { namespaceLocation } from "./locations.ts";
import { pageOf } from "./pages.ts";
import { namespaceOf, pathPart, queryText } from "./path-names.ts";
import { readBody } from "./request-body.ts";
import { jsonAnswer, NO_CONTENT } from "./rest-answer.ts";
import type { RestContext } from "./rest-context.ts";
import { RequestError } from "./rest-errors.ts";
import type { RestRoute } from "./rest-route.ts";

export function namespaceRoutes(context: RestContext): readonly RestRoute[] {
  const { catalog, idempotency, separator } = context;
  const load = async (namespace: Namespace): Promise<Readonly<Record<string, string>>> => {
    const properties = await catalog.loadNamespace(namespace);
    if (properties === undefined) throw new NamespaceNotFoundError(namespace);
    return properties;
  };
  return [
    {
      method: "GET",
      path: "/namespaces",
      async handle(request) {
        const text = queryText(request, "parent") ?? "";
        const parent = text === "" ? [] : namespaceOf(text, separator);
        const keyOf = (namespace: Namespace): string => namespace.at(-1) ?? "";
        const all = (await catalog.listNamespaces(parent)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        const { items, nextToken } = pageOf(request, `namespaces ${parent.join("\n")}`, all, keyOf);
        return jsonAnswer({ namespaces: items, "next-page-token": nextToken ?? null });
      },
    },
    {
      method: "POST",
      path: "/namespaces",
      async handle(request) {
        const { namespace, properties } = readBody(request, (body) => ({
          namespace: body.texts("namespace"),
          properties: body.textMap("properties"),
        }));
        context.permit(request, "create", namespace);
        return idempotency.once(request, {
          run: (options) => catalog.createNamespace(namespace, properties, options),
          answer: () => jsonAnswer({ namespace, properties }),
          again: async () => jsonAnswer({ namespace, properties: await load(namespace) }),
        });
      },
    },
    {
      method: "GET",
      path: "/namespaces/:namespace",
      async handle(request) {
        const namespace = namespaceOf(pathPart(request, "namespace"), separator);
        // Trino makes a table together with its rows only where it knows the folder beforehand.
        const location = namespaceLocation(context.options.warehouse, namespace);
        const properties = await load(namespace);
        return jsonAnswer({ namespace, properties: location === undefined ? properties : { location, ...properties } });
      },
    },
    {
      method: "HEAD",
      path: "/namespaces/:namespace",
      async handle(request) {
        await load(namespaceOf(pathPart(request, "namespace"), separator));
        return NO_CONTENT;
      },
    },
    {
      method: "DELETE",
      path: "/namespaces/:namespace",
      async handle(request) {
        const namespace = namespaceOf(pathPart(request, "namespace"), separator);
        context.permit(request, "remove", namespace);
        return idempotency.once(request, {
          async run(options) {
            await load(namespace);
            if (!(await catalog.dropNamespace(namespace, whenFound(options))))
              throw new NamespaceNotFoundError(namespace);
          },
          answer: () => NO_CONTENT,
          again: async () => NO_CONTENT,
        });
      },
    },
    {
      method: "POST",
      path: "/namespaces/:namespace/properties",
      async handle(request) {
        const namespace = namespaceOf(pathPart(request, "namespace"), separator);
        const change = readBody(request, (body) => ({
          removals: [...new Set(body.has("removals") ? body.texts("removals") : [])],
          updates: body.textMap("updates"),
        }));
        context.permit(request, "commit", namespace);
        refuseContradiction(change.removals, change.updates);
        return idempotency.once(request, {
          run: (options) => catalog.updateNamespace(namespace, change, options),
          answer: ({ removed, updated, missing }) => jsonAnswer({ removed, updated, missing }),
          again: async () =>
            jsonAnswer({ removed: change.removals, updated: Object.keys(change.updates), missing: [] }),
        });
      },
    },
  ];
}

function refuseContradiction(removals: readonly string[], updates: Readonly<Record<string, string>>): void {
  const both = removals.filter((key) => Object.hasOwn(updates, key));
  if (both.length === 0) return;
  throw new RequestError(
    422,
    "UnprocessableEntityException",
    `Cannot both set and remove ${both.join(", ")}. Nothing was changed; name each property once`,
  );
}
