import type { FastifyRequest } from "fastify";
import type { RestAnswer } from "./rest-answer.ts";

/** One operation of the protocol. */
export interface RestRoute {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  /** After `/v1/{prefix}`, with `:parameters`. */
  readonly path: string;
  readonly handle: (request: FastifyRequest) => Promise<RestAnswer>;
}

/** As the config lists it: `GET /v1/{prefix}/namespaces/{namespace}`. */
export function endpointOf({ method, path }: RestRoute): string {
  return `${method} /v1/{prefix}${path.replaceAll(/:([a-z]+)/g, "{$1}")}`;
}
