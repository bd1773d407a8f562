import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { describeError } from "../../base/index.ts";
import { parseJson } from "../core/json.ts";
import { commitRoutes } from "./commit-routes.ts";
import { configAnswer } from "./config-route.ts";
import { namespaceRoutes } from "./namespace-routes.ts";
import { errorBody, type RestAnswer, sendAnswer } from "./rest-answer.ts";
import { type RestCatalogOptions, RestContext } from "./rest-context.ts";
import { type ChangeKind, protocolError, RequestError } from "./rest-errors.ts";
import { endpointOf, type RestRoute } from "./rest-route.ts";
import { tableRoutes } from "./table-routes.ts";
import { tokenAnswer } from "./token-route.ts";
import { viewRoutes } from "./view-routes.ts";

/** A commit lists every file of its manifests only by name, but may hold a whole table's snapshots. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Sets up a part of a fastify server. */
export type RestPlugin = (server: FastifyInstance) => Promise<void>;

/**
 * The Iceberg REST catalog protocol over a {@link Catalog}, as a plugin of a fastify server:
 * `server.register(restCatalogServer(options), { prefix: "/catalog" })` serves `/catalog/v1/…`.
 *
 * Served: what the config lists under `endpoints`. Not served, and so not listed: scan planning, remote signing, functions.
 *
 * @see https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
 */
export function restCatalogServer(options: RestCatalogOptions): RestPlugin {
  return async (server) => {
    const context = new RestContext(options);
    const routes = [
      ...namespaceRoutes(context),
      ...tableRoutes(context),
      ...commitRoutes(context),
      ...viewRoutes(context),
    ];
    parseBodies(server);
    server.setErrorHandler((error, request, reply) => sendError(context, error, request, reply));
    server.route({
      method: [...METHODS],
      url: "/v1/*",
      schema: { hide: true },
      handler: (request, reply) => sendError(context, noSuchEndpoint(request), request, reply),
    });
    const endpoints = routes.map(endpointOf);
    add(server, context, { method: "GET", url: "/v1/config" }, async (request) => {
      context.authenticate(request);
      return configAnswer(request, context, endpoints);
    });
    add(server, context, { method: "POST", url: "/v1/oauth/tokens" }, async ({ body }) =>
      tokenAnswer(body, context.tokens),
    );
    for (const route of routes) {
      add(server, context, { method: route.method, url: `/v1${route.path}` }, guarded(context, route));
      add(server, context, { method: route.method, url: `/v1/:prefix${route.path}` }, guarded(context, route));
    }
    refuseOtherMethods(server, context, [
      { method: "GET", path: "/config" },
      { method: "POST", path: "/oauth/tokens" },
      ...routes.flatMap(({ method, path }) => [
        { method, path },
        { method, path: `/:prefix${path}` },
      ]),
    ]);
  };
}

/** In the protocol's words, as everything here: a server that this is a part of may have words of its own. */
function refuseOtherMethods(
  server: FastifyInstance,
  context: RestContext,
  routes: readonly Pick<RestRoute, "method" | "path">[],
): void {
  for (const [path, known] of Map.groupBy(routes, (route) => route.path)) {
    const allow = METHODS.filter((each) => known.some(({ method }) => method === each)).join(", ");
    server.route({
      method: METHODS.filter((each) => known.every(({ method }) => method !== each)),
      url: `/v1${path}`,
      schema: { hide: true },
      exposeHeadRoute: false,
      // Before a body is read: what it holds does not matter.
      onRequest: async (request, reply) => {
        const message = `${request.method} is not for ${request.url.split("?")[0]}, only ${allow}`;
        reply.header("allow", allow);
        return sendError(context, new RequestError(405, "MethodNotAllowedException", message), request, reply);
      },
      handler: () => {},
    });
  }
}

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

function noSuchEndpoint({ method, url }: FastifyRequest): RequestError {
  const message = `There is no such endpoint: ${method} ${url.split("?")[0]}. The config lists those that there are`;
  return new RequestError(404, "NoSuchEndpointException", message);
}

function guarded(context: RestContext, { handle }: RestRoute): RestRoute["handle"] {
  return async (request) => {
    context.authenticate(request);
    const { prefix } = request.params as { readonly prefix?: string };
    if (prefix === undefined || prefix === context.options.name) return handle(request);
    throw new RequestError(
      404,
      "NotFoundException",
      `There is no catalog ${JSON.stringify(prefix)} here, only ${context.options.name}`,
    );
  };
}

function add(
  server: FastifyInstance,
  context: RestContext,
  { method, url }: { readonly method: RestRoute["method"]; readonly url: string },
  handle: (request: FastifyRequest) => Promise<RestAnswer>,
): void {
  server.route({
    method,
    url,
    schema: { hide: true },
    exposeHeadRoute: false,
    bodyLimit: BODY_BYTES_MAX,
    async handler(request, reply) {
      try {
        return sendAnswer(reply, await handle(request));
      } catch (error) {
        return sendError(context, error, request, reply);
      }
    },
  });
}

/** JSON with 64-bit integers as they are; a form only where the protocol has one. Nothing a web page may send unasked. */
function parseBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<string>(
    /^application\/json(?:\s*;|$)/i,
    { parseAs: "string" },
    (_request, body, done) => {
      try {
        done(null, body === "" ? undefined : parseJson(body));
      } catch (error) {
        done(new RequestError(400, "BadRequestException", `Malformed request: ${describeError(error)}`));
      }
    },
  );
  server.addContentTypeParser<string>(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => {
      done(null, body);
    },
  );
}

function kindOf({ method, routeOptions }: FastifyRequest): ChangeKind {
  if (method === "GET" || method === "HEAD") return "read";
  return method === "POST" && COMMITS.test(routeOptions.url ?? "") ? "commit" : "change";
}

/** The routes at which clients read an answer as that to a commit. */
const COMMITS = /\/(?:tables\/:table|views\/:view|transactions\/commit)$/;

function sendError(context: RestContext, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refused = protocolError(error, kindOf(request));
  if (refused.status >= 500) {
    context.options.logger.error({ error: describeError(error), url: request.url }, "A catalog request failed");
  }
  const headers: Record<string, string> = {};
  if (refused.status === 503 || refused.status === 429) headers["retry-after"] = "1";
  if (refused.status === 401) headers["www-authenticate"] = "Bearer";
  return sendAnswer(reply, { status: refused.status, body: errorBody(refused), headers });
}
