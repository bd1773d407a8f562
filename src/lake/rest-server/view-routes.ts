import type { FastifyRequest } from "fastify";
import { backoffMs } from "../../base/index.ts";
import type { ChangeOptions } from "../catalog/change-options.ts";
import { identifierText, type TableIdentifier } from "../catalog/identifier.ts";
import type { LoadedView } from "../catalog/view-catalog.ts";
import type { Json } from "../core/json.ts";
import { CommitConflictError, ViewNotFoundError } from "../errors.ts";
import {
  applyViewUpdates,
  checkViewRequirements,
  newViewMetadata,
  type ViewRequirement,
  type ViewUpdate,
} from "../metadata/view-update.ts";
import {
  createViewRequestFromJson,
  viewRequirementFromJson,
  viewUpdateFromJson,
} from "../metadata/view-update-json.ts";
import { whenFound } from "./idempotency.ts";
import { pageOf } from "./pages.ts";
import { namespaceOf, pathPart, tableIn } from "./path-names.ts";
import { readBody, readIdentifier } from "./request-body.ts";
import { jsonAnswer, NO_CONTENT, type RestAnswer } from "./rest-answer.ts";
import type { RestContext } from "./rest-context.ts";
import type { RestRoute } from "./rest-route.ts";
import { viewAnswer } from "./table-answer.ts";
import { identifierJson } from "./table-routes.ts";

export function viewRoutes(context: RestContext): readonly RestRoute[] {
  const { catalog, idempotency, separator } = context;
  return [
    {
      method: "GET",
      path: "/namespaces/:namespace/views",
      async handle(request) {
        const namespace = namespaceOf(pathPart(request, "namespace"), separator);
        const all = await catalog.listViews(namespace);
        const { items, nextToken } = pageOf(request, `views ${namespace.join("\n")}`, all, ({ name }) => name);
        return jsonAnswer({ identifiers: items.map(identifierJson), "next-page-token": nextToken ?? null });
      },
    },
    { method: "POST", path: "/namespaces/:namespace/views", handle: (request) => createView(context, request) },
    {
      method: "GET",
      path: "/namespaces/:namespace/views/:view",
      handle: async (request) => viewAnswer(await loadView(context, tableIn(request, separator, "view"))),
    },
    {
      method: "HEAD",
      path: "/namespaces/:namespace/views/:view",
      async handle(request) {
        await loadView(context, tableIn(request, separator, "view"));
        return NO_CONTENT;
      },
    },
    {
      method: "POST",
      path: "/namespaces/:namespace/views/:view",
      async handle(request) {
        const identifier = tableIn(request, separator, "view");
        context.permit(request, "commit", identifier.namespace, identifier.name);
        const change = readBody(request, (body) => ({
          requirements: body.optionalList("requirements").map(viewRequirementFromJson),
          updates: body.optionalList("updates").map(viewUpdateFromJson),
        }));
        return idempotency.once(
          request,
          {
            run: (options) => replaceView(context, identifier, change, options),
            answer: viewAnswer,
            again: async () => viewAnswer(await loadView(context, identifier)),
          },
          "commit",
        );
      },
    },
    {
      method: "DELETE",
      path: "/namespaces/:namespace/views/:view",
      async handle(request) {
        const identifier = tableIn(request, separator, "view");
        context.permit(request, "remove", identifier.namespace, identifier.name);
        return idempotency.once(request, {
          async run(options) {
            if (!(await catalog.dropView(identifier, whenFound(options))))
              throw new ViewNotFoundError(identifierText(identifier));
          },
          answer: () => NO_CONTENT,
          again: async () => NO_CONTENT,
        });
      },
    },
    {
      method: "POST",
      path: "/views/rename",
      async handle(request) {
        const { from, to } = readBody(request, (body) => ({
          from: readIdentifier(body.object("source")),
          to: readIdentifier(body.object("destination")),
        }));
        for (const { namespace, name } of [from, to]) context.permit(request, "remove", namespace, name);
        return idempotency.once(request, {
          run: (options) => catalog.renameView(from, to, options),
          answer: () => NO_CONTENT,
          again: async () => NO_CONTENT,
        });
      },
    },
    {
      method: "POST",
      path: "/namespaces/:namespace/register-view",
      handle: (request) => registerView(context, request),
    },
  ];
}

async function loadView({ catalog }: RestContext, identifier: TableIdentifier): Promise<LoadedView> {
  const view = await catalog.loadView(identifier);
  if (view !== undefined) return view;
  throw new ViewNotFoundError(identifierText(identifier));
}

async function createView(context: RestContext, request: FastifyRequest): Promise<RestAnswer> {
  const { catalog, idempotency, options } = context;
  const namespace = namespaceOf(pathPart(request, "namespace"), context.separator);
  const wanted = createViewRequestFromJson((request.body ?? null) as Json);
  const identifier = { namespace, name: wanted.name };
  context.permit(request, "create", namespace, wanted.name);
  const location = wanted.location?.replace(/\/+$/, "") ?? (await context.locationFor(identifier));
  const metadata = newViewMetadata(wanted, { viewUuid: options.ids.uuid(), location, nowMs: context.nowMs });
  context.checkLocations(metadata);
  return idempotency.once(request, {
    run: (change) => catalog.createView(identifier, metadata, change),
    answer: viewAnswer,
    again: async () => viewAnswer(await loadView(context, identifier)),
  });
}

async function registerView(context: RestContext, request: FastifyRequest): Promise<RestAnswer> {
  const { catalog, idempotency } = context;
  const namespace = namespaceOf(pathPart(request, "namespace"), context.separator);
  const { name, location } = readBody(request, (body) => ({
    name: body.text("name"),
    location: body.text("metadata-location"),
  }));
  const identifier = { namespace, name };
  context.permit(request, "replace", namespace, name);
  context.locations.check(location);
  return idempotency.once(request, {
    run: (options) => catalog.registerView(identifier, location, options),
    answer: viewAnswer,
    again: async () => viewAnswer(await loadView(context, identifier)),
  });
}

const ATTEMPTS_MAX = 10;
const BACKOFF = { firstMs: 4, maxMs: 250 };

async function replaceView(
  context: RestContext,
  identifier: TableIdentifier,
  {
    requirements,
    updates,
  }: { readonly requirements: readonly ViewRequirement[]; readonly updates: readonly ViewUpdate[] },
  options: ChangeOptions<LoadedView>,
): Promise<LoadedView> {
  const { clock, random } = context.options;
  for (let attempt = 1; ; attempt += 1) {
    const base = await loadView(context, identifier);
    checkViewRequirements(base.metadata, requirements);
    const next = applyViewUpdates(base.metadata, updates, context.nowMs);
    if (next === base.metadata) return base;
    context.checkLocations(next, base.metadata);
    try {
      return await context.catalog.replaceView({ base, requirements, updates, next }, options);
    } catch (error) {
      if (!(error instanceof CommitConflictError) || attempt >= ATTEMPTS_MAX) throw error;
    }
    await clock.sleep(backoffMs(attempt - 1, { ...BACKOFF, random }));
  }
}
