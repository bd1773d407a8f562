import type { FastifyRequest } from "fastify";
import type { TableIdentifier } from "../catalog/identifier.ts";
import type { Json } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { asInput } from "../metadata/as-input.ts";
import { RequestError } from "./rest-errors.ts";

/**
 * Reads the JSON of a request.
 *
 * @throws {InvalidInputError} naming the member that is not as the protocol has it
 */
export function readBody<T>(request: FastifyRequest, read: (body: JsonReader) => T): T {
  return asInput("request", () => read(new JsonReader(request.body as Json | undefined, "the request")));
}

/** `{"namespace": ["a", "b"], "name": "t"}` */
export function readIdentifier(reader: JsonReader): TableIdentifier {
  const namespace = reader.texts("namespace");
  if (namespace.length > 0) return { namespace, name: reader.text("name") };
  throw new RequestError(400, "BadRequestException", "A table or view must be in a namespace. Nothing was changed");
}
