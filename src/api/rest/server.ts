import { existsSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import fastifySwagger from "@fastify/swagger";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Logger, METRICS_CONTENT_TYPE, type Metrics } from "../../base/index.ts";
import type { Page, QueryEngine } from "../../query/index.ts";
import type { HealthReport } from "../health.ts";
import { barsRequest, tradesRequest } from "../operations.ts";
import {
  BAR_COLUMNS,
  type BarsQuery,
  barsPageSchema,
  barsQuerySchema,
  instrumentsSchema,
  problemSchema,
  type RangeQuery,
  TRADE_COLUMNS,
  tradesPageSchema,
  tradesQuerySchema,
} from "../schemas.ts";
import { CONTENT_TYPES, chooseFormat, streamRows } from "./formats.ts";
import { PROBLEM_CONTENT_TYPE, problemOf } from "./problem.ts";

/** A route that another part brings along, such as the schema registry's. */
export interface ExtraRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:parameters`. */
  readonly path: string;
  readonly contentType: string;
  handle(request: ExtraRequest): Promise<ExtraAnswer> | ExtraAnswer;
}
export interface ExtraRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}
export interface ExtraAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface RestOptions {
  readonly query: QueryEngine;
  readonly health: () => HealthReport;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly extraRoutes: readonly ExtraRoute[];
  /** The built page; answers say how to build it where it is absent. */
  readonly webFolder: string;
  readonly version: string;
  /** The address to be listened on. */
  readonly host: string;
}

/** The HTTP side of the API. The caller listens, and adds the stream. */
export async function createRestServer(options: RestOptions): Promise<FastifyInstance> {
  const server = fastify({
    logger: false,
    genReqId: () => crypto.randomUUID(),
    bodyLimit: 4 * 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: true } },
  });
  await server.register(fastifySwagger, { openapi: openApiHead(options.version) });
  if (isLoopback(options.host)) refuseForeignHosts(server);
  observe(server, options);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, options.logger));
  server.setNotFoundHandler((request, reply) => {
    const detail = `No such path: ${request.method} ${request.url}. /openapi.json lists them all`;
    return sendProblem(Object.assign(new Error(detail), { statusCode: 404 }), request, reply, options.logger);
  });
  addDataRoutes(server, options);
  addOperatingRoutes(server, options);
  for (const route of options.extraRoutes) addExtraRoute(server, route);
  await addPage(server, options.webFolder);
  return server;
}

function addDataRoutes(server: FastifyInstance, { query }: RestOptions): void {
  const errors = { "4xx": problemSchema, "5xx": problemSchema };
  server.get<{ Querystring: RangeQuery }>(
    "/v1/trades",
    {
      schema: {
        summary: "Trades, live and historical, each exactly once",
        tags: ["data"],
        querystring: tradesQuerySchema,
        response: { 200: tradesPageSchema, ...errors },
      },
    },
    async (request, reply) => {
      const page = await query.trades(tradesRequest(request.query), { signal: closeSignal(request) });
      return sendPage(page, TRADE_COLUMNS, request, reply);
    },
  );
  server.get<{ Querystring: BarsQuery }>(
    "/v1/bars",
    {
      schema: {
        summary: "Bars: the latest revision of each, and the open ones",
        tags: ["data"],
        querystring: barsQuerySchema,
        response: { 200: barsPageSchema, ...errors },
      },
    },
    async (request, reply) => {
      const page = await query.bars(barsRequest(request.query), { signal: closeSignal(request) });
      return sendPage(page, BAR_COLUMNS, request, reply);
    },
  );
  server.get(
    "/v1/instruments",
    {
      schema: {
        summary: "Every listing that has traded here",
        tags: ["data"],
        response: { 200: instrumentsSchema, ...errors },
      },
    },
    async () => ({ rows: await query.listings() }),
  );
}

function addOperatingRoutes(server: FastifyInstance, { health, metrics }: RestOptions): void {
  const text = { hide: true };
  server.get("/v1/health", { schema: { summary: "How every part of K2 is", tags: ["operating"] } }, () => health());
  server.get("/livez", { schema: text }, (_request, reply) => reply.type("text/plain").send("ok\n"));
  server.get("/readyz", { schema: text }, (_request, reply) => {
    const { ready, problems } = health();
    return reply
      .code(ready ? 200 : 503)
      .type("text/plain")
      .send(ready ? "ok\n" : `${problems.join("\n")}\n`);
  });
  server.get("/metrics", { schema: text }, async (_request, reply) =>
    reply.type(METRICS_CONTENT_TYPE).send(await metrics.expose()),
  );
  server.get("/openapi.json", { schema: text }, () => server.swagger());
}

function addExtraRoute(server: FastifyInstance, route: ExtraRoute): void {
  if (!server.hasContentTypeParser(route.contentType)) {
    server.addContentTypeParser(
      route.contentType,
      { parseAs: "string" },
      server.getDefaultJsonParser("error", "error"),
    );
  }
  server.route({
    method: route.method,
    url: route.path,
    schema: { hide: true },
    handler: async (request, reply) => {
      const { status, body } = await route.handle({
        parameters: request.params as Record<string, string>,
        query: request.query as Record<string, string>,
        body: request.body,
      });
      return reply.code(status).type(route.contentType).send(JSON.stringify(body));
    },
  });
}

async function addPage(server: FastifyInstance, webFolder: string): Promise<void> {
  if (existsSync(webFolder)) {
    await server.register(fastifyStatic, { root: webFolder, cacheControl: true, maxAge: "1h", immutable: false });
    return;
  }
  server.get("/", { schema: { hide: true } }, (_request, reply) =>
    reply
      .type("text/plain")
      .send("K2 runs. The page is not built: run `npm start`, or `npm run web`, in the repository.\n"),
  );
}

function sendPage<Row extends object>(
  page: Page<Row>,
  columns: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const { format: parameter } = request.query as RangeQuery;
  const format = chooseFormat(parameter, request.headers.accept);
  reply.header("content-type", CONTENT_TYPES[format]);
  const { rows, receipt, cursor = null } = page;
  if (format === "json") return { rows, cursor, receipt };
  if (cursor !== null) reply.header("k2-cursor", cursor);
  reply.header("k2-receipt", JSON.stringify(receipt));
  return reply.send(streamRows(rows as readonly Readonly<Record<string, unknown>>[], format, columns));
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.status >= 500) logger.error({ error, requestId: request.id, url: request.url }, "request failed");
  return reply.code(problem.status).type(PROBLEM_CONTENT_TYPE).serializer(JSON.stringify).send(problem);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** A web site may point its own name at 127.0.0.1 to read a local server (DNS rebinding): only loopback names are answered. */
function refuseForeignHosts(server: FastifyInstance): void {
  server.addHook("onRequest", (request, _reply, done) => {
    const name = request.hostname.replace(/^\[|\]$/g, "");
    if (isLoopback(name)) return done();
    const detail = `This K2 listens on loopback and does not answer for host ${JSON.stringify(name)}. Use http://127.0.0.1`;
    return done(Object.assign(new Error(detail), { statusCode: 421 }));
  });
}

/** Aborts when the client goes away before it has its answer. */
function closeSignal(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  request.raw.socket.once("close", () => controller.abort(new Error("The client closed the connection")));
  return controller.signal;
}

function observe(server: FastifyInstance, { metrics }: RestOptions): void {
  const seconds = metrics.histogram({
    name: "k2_http_request_seconds",
    help: "Time to answer a request",
    labels: ["route", "status"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  });
  server.addHook("onResponse", (request, reply, done) => {
    seconds.observe(
      { route: request.routeOptions.url ?? "none", status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
    done();
  });
  server.addHook("onSend", (request, reply, _payload, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
}

function openApiHead(version: string): {
  openapi: string;
  info: { title: string; version: string; description: string };
} {
  const description =
    "Market data, live and historical, each row exactly once. Times are UTC, `start` inclusive and `end` exclusive; " +
    "decimals and 64-bit integers are text; errors are RFC 9457 problems; pages continue by cursor.";
  return { openapi: "3.1.0", info: { title: "K2", version, description } };
}
