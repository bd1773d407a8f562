import type { FastifyInstance } from "fastify";
import { METRICS_CONTENT_TYPE, type Metrics } from "../../base/index.ts";
import type { HealthReport } from "../health.ts";
import { reference } from "../schemas/answers.ts";
import { STREAM_PATH, type StreamServer } from "../stream/stream-server.ts";
import { PLAIN_TEXT } from "./formats.ts";
import { TAGS } from "./openapi.ts";
import { PROBLEMS } from "./problem-responses.ts";

export interface OperatingOptions {
  readonly health: () => HealthReport;
  readonly metrics: Metrics;
  readonly stream: StreamServer;
}

/** How K2 is, for people and machines; its description; and why a request did not become a stream. */
export function addOperatingRoutes(server: FastifyInstance, { health, metrics, stream }: OperatingOptions): void {
  const tags = [TAGS.operating];
  server.get(
    "/v1/health",
    {
      schema: {
        operationId: "health",
        summary: "How every part of K2 is",
        tags,
        response: { 200: reference("Health") },
      },
      serializerCompiler: () => JSON.stringify, // Whatever a part adds to its report is told.
    },
    () => health(),
  );
  server.get(
    "/livez",
    { schema: { summary: "Whether the process answers", tags, response: { 200: plainText("It does") } } },
    (_request, reply) => reply.type(PLAIN_TEXT).send("ok\n"),
  );
  server.get(
    "/readyz",
    {
      schema: {
        summary: "Whether K2 is ready: no part has failed or is still catching up",
        tags,
        response: { 200: plainText("It is"), 503: plainText("It is not; a reason a line") },
      },
    },
    (_request, reply) => {
      const { ready, problems } = health();
      const lines = ready ? ["ok"] : problems.length > 0 ? problems : ["not ready"];
      return reply
        .code(ready ? 200 : 503)
        .type(PLAIN_TEXT)
        .send(lines.map((line) => `${line}\n`).join(""));
    },
  );
  server.get(
    "/metrics",
    { schema: { summary: "Prometheus text exposition", tags, response: { 200: plainText("All metrics") } } },
    async (_request, reply) => reply.type(METRICS_CONTENT_TYPE).send(await metrics.expose()),
  );
  server.get(
    "/openapi.json",
    {
      schema: {
        summary: "This description, OpenAPI 3.1",
        tags,
        response: { 200: { type: "object", description: "It" } },
      },
      serializerCompiler: () => JSON.stringify,
    },
    () => server.swagger(),
  );
  server.get(
    STREAM_PATH,
    {
      schema: {
        operationId: "stream",
        summary: "A WebSocket: trades, bars, quotes and health as they happen. See docs/api.md",
        tags,
        response: { 101: { description: "The WebSocket is open", type: "null" }, ...PROBLEMS },
      },
    },
    async (request) => {
      throw stream.refusal(request.raw) ?? new Error("A request that may become a stream was answered as another");
    },
  );
}

function plainText(description: string): object {
  return { description, content: { "text/plain": { schema: { type: "string" } } } };
}
