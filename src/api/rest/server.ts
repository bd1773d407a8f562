import type { IncomingMessage } from "node:http";
import fastifySwagger from "@fastify/swagger";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { describeError, type Logger, type Metrics } from "../../base/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import { hostName, isLoopback } from "../admission.ts";
import { InvalidRequestError, RequestRefusedError } from "../errors.ts";
import type { HealthReport } from "../health.ts";
import { INPUT_FORMATS } from "../input-formats.ts";
import { inputProblems, type SchemaError } from "../input-problems.ts";
import { NAMED_SCHEMAS } from "../schemas/answers.ts";
import { STREAM_PATH, type StreamServer } from "../stream/stream-server.ts";
import { parseJsonBodies } from "./body-parser.ts";
import { addDataRoutes } from "./data-routes.ts";
import { addExtraRoute, type ExtraRoute } from "./extra-route.ts";
import { refuseOtherMethods } from "./methods.ts";
import { openApiOptions } from "./openapi.ts";
import { addOperatingRoutes } from "./operating-routes.ts";
import { addPage } from "./page.ts";
import { PROBLEM_CONTENT_TYPE, problemOf } from "./problem.ts";
import { addResponseHeaders, setResponseHeaders } from "./response-headers.ts";
import { addVenueDataRoutes } from "./venue-data-routes.ts";

export interface RestOptions {
  readonly query: QueryEngine;
  readonly health: () => HealthReport;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly extraRoutes: readonly ExtraRoute[];
  /** Protocols of other parts with their own bodies and errors, each under a path of its own. */
  readonly mounts?: readonly Mount[];
  /** The built page; answers say how to build it where it is absent. */
  readonly webFolder: string;
  readonly version: string;
  /** The address to be listened on. */
  readonly host: string;
  readonly stream: StreamServer;
}

/** A plugin of another part: what it sets up holds under its prefix alone. */
interface Mount {
  /** `/catalog` */
  readonly prefix: string;
  readonly plugin: (server: FastifyInstance) => Promise<void>;
}

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const REQUEST_MS_MAX = 30_000;

/** The HTTP side of the API, and the door of the stream. The caller listens. */
export async function createRestServer(options: RestOptions): Promise<FastifyInstance> {
  const { host, stream, logger } = options;
  const isForeign = foreignHosts(host);
  const server = fastify({
    logger: false,
    genReqId: () => crypto.randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    routerOptions: { maxParamLength: 500 },
    ajv: {
      customOptions: { coerceTypes: true, removeAdditional: false, allErrors: true, verbose: true },
      onCreate(ajv) {
        for (const [name, explain] of Object.entries(INPUT_FORMATS)) {
          ajv.addFormat(name, { type: "string", validate: (text: string) => explain(text) === undefined });
        }
      },
    },
    schemaErrorFormatter: describeSchemaErrors,
    // Every other request with an Upgrade header is answered as if it had none, as HTTP has it (RFC 9110, 7.8).
    http: {
      shouldUpgradeCallback: (request) =>
        pathOf(request) === STREAM_PATH && !isForeign(request.headers.host) && stream.refusal(request) === undefined,
    },
    frameworkErrors(error, request, reply) {
      setResponseHeaders(reply);
      void sendProblem(error, request, reply, logger);
    },
  });
  server.server.on("upgrade", (request, socket, head) => stream.accept(request, socket, head));
  addResponseHeaders(server);
  server.addHook("onRequest", (request, _reply, done) => {
    done(isForeign(request.headers.host) ? foreignHostError(request.headers.host) : undefined);
  });
  observe(server, options.metrics);
  parseJsonBodies(server);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger));
  server.setNotFoundHandler((request, reply) => {
    const detail = `No such path: ${request.method} ${request.url.split("?")[0]}. /openapi.json lists them all`;
    return sendProblem(new RequestRefusedError(404, detail), request, reply, logger);
  });
  for (const schema of NAMED_SCHEMAS) server.addSchema(schema);
  await server.register(fastifySwagger, openApiOptions(options.version));
  const methods = refuseOtherMethods(server);
  addDataRoutes(server, options.query);
  addVenueDataRoutes(server, options.query);
  addOperatingRoutes(server, options);
  for (const route of options.extraRoutes) addExtraRoute(server, route);
  for (const { prefix, plugin } of options.mounts ?? []) await server.register(plugin, { prefix });
  await addPage(server, options.webFolder);
  methods.close();
  return server;
}

function pathOf({ url }: IncomingMessage): string | undefined {
  return url?.split("?")[0];
}

/**
 * A web site may point its own name at 127.0.0.1 to read a local server (DNS rebinding): whoever listens on loopback
 * answers loopback names alone.
 */
function foreignHosts(listenHost: string): (header: string | undefined) => boolean {
  if (!isLoopback(listenHost)) return () => false;
  return (header) => !isLoopback(hostName(header) ?? "");
}

function foreignHostError(header: string | undefined): RequestRefusedError {
  const seen = header === undefined ? "a request without a host" : `host ${JSON.stringify(header)}`;
  return new RequestRefusedError(
    421,
    `This K2 listens on loopback and does not answer ${seen}. Use http://127.0.0.1, or set http.host to serve others`,
  );
}

/** `verbose` adds to each error what was seen and the schema that speaks. */
interface VerboseError extends SchemaError {
  readonly data?: unknown;
  readonly parentSchema?: { readonly properties?: object };
}

function describeSchemaErrors(errors: readonly VerboseError[]): InvalidRequestError {
  const value = Object.fromEntries(errors.map(({ instancePath, data }) => [instancePath.slice(1), data]));
  const names = errors.flatMap(({ parentSchema }) => Object.keys(parentSchema?.properties ?? {}));
  return new InvalidRequestError(inputProblems(errors, { value, names, kind: "parameter" }));
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.status >= 500 && !reply.raw.destroyed) {
    logger.error({ error: describeError(error), requestId: request.id, url: request.url }, "request failed");
  }
  if (error instanceof RequestRefusedError) reply.headers(error.headers);
  if (problem.status === 503) reply.header("retry-after", "1");
  return reply.code(problem.status).type(PROBLEM_CONTENT_TYPE).serializer(JSON.stringify).send(problem);
}

function observe(server: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.histogram({
    name: "k2_http_request_seconds",
    help: "Time to answer a request",
    labels: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
  });
  server.addHook("onResponse", ({ method, routeOptions }, { statusCode, elapsedTime }, done) => {
    // The route's own pattern: as many as there are routes, whatever paths are tried.
    seconds.observe({ method, route: routeOptions.url ?? "none", status: String(statusCode) }, elapsedTime / 1000);
    done();
  });
}
