import type { FastifyRequest } from "fastify";
import type { LoadedTable } from "../catalog/catalog.ts";
import { identifierText, type TableIdentifier } from "../catalog/identifier.ts";
import type { Json } from "../core/json.ts";
import { LakeExistsError, NamespaceNotFoundError, TableNotFoundError } from "../errors.ts";
import { createTableRequestFromJson } from "../metadata/create-request.ts";
import { newTableFromDescription } from "../metadata/new-table.ts";
import { whenFound } from "./idempotency.ts";
import { pageOf } from "./pages.ts";
import { namespaceOf, pathPart, queryText, tableIn } from "./path-names.ts";
import { readBody, readIdentifier } from "./request-body.ts";
import { jsonAnswer, NO_CONTENT, type RestAnswer } from "./rest-answer.ts";
import type { RestContext } from "./rest-context.ts";
import { RequestError } from "./rest-errors.ts";
import type { RestRoute } from "./rest-route.ts";
import type { TableAccess } from "./storage-credentials.ts";
import { hasTag, type SnapshotMode, stagedAnswer, tableAnswer, tableTag } from "./table-answer.ts";

export function tableRoutes(context: RestContext): readonly RestRoute[] {
  const { catalog, idempotency, separator } = context;
  const routes: RestRoute[] = [
    {
      method: "GET",
      path: "/namespaces/:namespace/tables",
      async handle(request) {
        const namespace = namespaceOf(pathPart(request, "namespace"), separator);
        const all = await catalog.listTables(namespace);
        const { items, nextToken } = pageOf(request, `tables ${namespace.join("\n")}`, all, ({ name }) => name);
        return jsonAnswer({ identifiers: items.map(identifierJson), "next-page-token": nextToken ?? null });
      },
    },
    { method: "POST", path: "/namespaces/:namespace/tables", handle: (request) => createTable(context, request) },
    {
      method: "GET",
      path: "/namespaces/:namespace/tables/:table",
      async handle(request) {
        const mode = snapshotMode(request);
        const table = await loadTable(context, tableIn(request, separator, "table"));
        await context.checkFile(table.metadataLocation);
        const tag = tableTag(table.metadataLocation, mode);
        if (hasTag(request.headers["if-none-match"], tag)) return { status: 304, headers: { etag: tag } };
        return tableAnswer(table, mode, await accessTo(context, request, table.identifier, table.metadata.location));
      },
    },
    {
      method: "HEAD",
      path: "/namespaces/:namespace/tables/:table",
      async handle(request) {
        await loadTable(context, tableIn(request, separator, "table"));
        return NO_CONTENT;
      },
    },
    {
      method: "DELETE",
      path: "/namespaces/:namespace/tables/:table",
      handle: (request) => dropTable(context, request),
    },
    { method: "POST", path: "/namespaces/:namespace/register", handle: (request) => registerTable(context, request) },
    {
      method: "POST",
      path: "/tables/rename",
      async handle(request) {
        const { from, to } = readBody(request, (body) => ({
          from: readIdentifier(body.object("source")),
          to: readIdentifier(body.object("destination")),
        }));
        for (const { namespace, name } of [from, to]) context.permit(request, "remove", namespace, name);
        return idempotency.once(request, {
          run: (options) => catalog.rename(from, to, options),
          answer: () => NO_CONTENT,
          again: async () => NO_CONTENT,
        });
      },
    },
    {
      method: "POST",
      path: "/namespaces/:namespace/tables/:table/metrics",
      async handle(request) {
        const identifier = tableIn(request, separator, "table");
        const report = readBody(request, (body) => body.text("report-type"));
        await loadTable(context, identifier);
        context.options.logger.debug({ table: identifierText(identifier), report }, "A client reported metrics");
        return NO_CONTENT;
      },
    },
  ];
  const { credentials } = context.options;
  if (credentials === undefined) return routes;
  const credentialsRoute: RestRoute = {
    method: "GET",
    path: "/namespaces/:namespace/tables/:table/credentials",
    async handle(request) {
      const { identifier, metadata } = await loadTable(context, tableIn(request, separator, "table"));
      const access = await credentials({ identifier, location: metadata.location });
      return jsonAnswer({ "storage-credentials": access.credentials });
    },
  };
  return [...routes, credentialsRoute];
}

/** @throws {NamespaceNotFoundError} @throws {TableNotFoundError} */
export async function loadTable({ catalog }: RestContext, identifier: TableIdentifier): Promise<LoadedTable> {
  const table = await catalog.load(identifier);
  if (table !== undefined) return table;
  throw new TableNotFoundError(identifierText(identifier));
}

export function identifierJson({ namespace, name }: TableIdentifier): {
  readonly namespace: readonly string[];
  readonly name: string;
} {
  return { namespace, name };
}

async function createTable(context: RestContext, request: FastifyRequest): Promise<RestAnswer> {
  const { catalog, idempotency, options } = context;
  const namespace = namespaceOf(pathPart(request, "namespace"), context.separator);
  const wanted = createTableRequestFromJson((request.body ?? null) as Json);
  const identifier = { namespace, name: wanted.name };
  context.permit(request, "create", namespace, wanted.name);
  const location = wanted.location?.replace(/\/+$/, "") ?? (await context.locationFor(identifier));
  const made = { tableUuid: options.ids.uuid(), location, nowMs: context.nowMs };
  const metadata = newTableFromDescription(wanted, made);
  context.checkLocations(metadata);
  const access = await accessTo(context, request, identifier, location);
  if (wanted.stageCreate) {
    if ((await catalog.loadNamespace(namespace)) === undefined) throw new NamespaceNotFoundError(namespace);
    if ((await catalog.load(identifier)) === undefined) {
      await options.prepare?.(location);
      return stagedAnswer(metadata, access);
    }
    throw new LakeExistsError(`Table already exists: ${identifierText(identifier)}. Nothing was changed`);
  }
  return idempotency.once<LoadedTable>(request, {
    run: (change) => catalog.create(identifier, metadata, change),
    answer: (table) => tableAnswer(table, "all", access),
    again: async () => tableAnswer(await loadTable(context, identifier), "all", access),
  });
}

async function registerTable(context: RestContext, request: FastifyRequest): Promise<RestAnswer> {
  const { catalog, idempotency } = context;
  const namespace = namespaceOf(pathPart(request, "namespace"), context.separator);
  const { name, location, isOverwriting } = readBody(request, (body) => ({
    name: body.text("name"),
    location: body.text("metadata-location"),
    isOverwriting: body.has("overwrite") && body.flag("overwrite"),
  }));
  const identifier = { namespace, name };
  context.permit(request, "replace", namespace, name);
  context.locations.check(location);
  return idempotency.once<LoadedTable>(request, {
    run: (options) => catalog.register(identifier, location, { ...options, isOverwriting }),
    answer: (table) => tableAnswer(table),
    again: async () => tableAnswer(await loadTable(context, identifier)),
  });
}

async function dropTable(context: RestContext, request: FastifyRequest): Promise<RestAnswer> {
  const { catalog, idempotency } = context;
  const { purge, logger } = context.options;
  const identifier = tableIn(request, context.separator, "table");
  context.permit(request, "remove", identifier.namespace, identifier.name);
  const isPurging = queryText(request, "purgeRequested")?.toLowerCase() === "true";
  if (isPurging && purge === undefined) {
    throw new RequestError(
      406,
      "UnsupportedOperationException",
      "This catalog removes no files. Nothing was changed; drop the table without purgeRequested",
    );
  }
  const dropped: { table?: LoadedTable } = {};
  const answer = await idempotency.once(request, {
    async run(options) {
      const table = isPurging ? await loadTable(context, identifier) : undefined;
      if (!(await catalog.drop(identifier, whenFound(options))))
        throw new TableNotFoundError(identifierText(identifier));
      if (table !== undefined) dropped.table = table;
    },
    answer: () => NO_CONTENT,
    again: async () => NO_CONTENT,
  });
  if (dropped.table !== undefined) {
    // The table is gone, which is what was asked; files that stay only take room until orphans are removed.
    await purge?.(dropped.table).catch((error: unknown) => {
      logger.warn(
        { table: identifierText(identifier), error: String(error) },
        "A dropped table's files could not all be removed",
      );
    });
  }
  return answer;
}

function snapshotMode(request: FastifyRequest): SnapshotMode {
  const mode = queryText(request, "snapshots")?.toLowerCase() ?? "all";
  if (mode === "all" || mode === "refs") return mode;
  throw new RequestError(400, "BadRequestException", `snapshots is ${JSON.stringify(mode)}; write all or refs`);
}

/** Keys are given to who asks for them, and only where there are any. */
async function accessTo(
  { options }: RestContext,
  request: FastifyRequest,
  identifier: TableIdentifier,
  location: string,
): Promise<TableAccess> {
  const wanted = String(request.headers["x-iceberg-access-delegation"] ?? "");
  const isWanted = wanted.split(",").some((each) => each.trim().toLowerCase() === "vended-credentials");
  if (options.credentials === undefined || !isWanted) return { config: {}, credentials: [] };
  return options.credentials({ identifier, location });
}
