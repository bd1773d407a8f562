import type { FastifyInstance } from "fastify";

/** `application/json`, and each type built on it such as `application/vnd.schemaregistry.v1+json`. */
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/;

/** Bodies are JSON or nothing. An empty one is nothing, also where a client names a type for it, as many do on DELETE. */
export function parseJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser("error", "error");
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<string>(JSON_TYPES, { parseAs: "string" }, (request, body, done) => {
    if (body === "") return done(null, undefined);
    void parse(request, body, done);
  });
}
