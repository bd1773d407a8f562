import type { FastifyInstance } from "fastify";
import { TAGS } from "./openapi.ts";

/** A route that another part brings along, such as the schema registry's. */
export interface ExtraRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:parameters`. */
  readonly path: string;
  /** One line for the API's own description; without it the route is not in there. */
  readonly summary?: string;
  /** Of every answer. Requests may be of this type or plain JSON. */
  readonly contentType: string;
  handle(request: ExtraRequest): Promise<ExtraAnswer> | ExtraAnswer;
}

export interface ExtraRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
}

export interface ExtraAnswer {
  readonly status: number;
  /** Written with JSON.stringify. */
  readonly body: unknown;
}

export function addExtraRoute(server: FastifyInstance, route: ExtraRoute): void {
  const { method, path, summary, contentType } = route;
  server.route({
    method,
    url: path,
    schema: summary === undefined ? { hide: true } : { summary, tags: [TAGS.extra] },
    handler: async (request, reply) => {
      const { status, body } = await route.handle({
        parameters: request.params as Record<string, string>,
        query: request.query as Record<string, string>,
        body: request.body,
      });
      return reply.code(status).type(contentType).send(JSON.stringify(body));
    },
  });
}
