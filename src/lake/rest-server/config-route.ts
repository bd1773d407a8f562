import type { FastifyRequest } from "fastify";
import { KEY_LIFETIME } from "./idempotency.ts";
import { queryText } from "./path-names.ts";
import { jsonAnswer, type RestAnswer } from "./rest-answer.ts";
import type { RestContext } from "./rest-context.ts";
import { RequestError } from "./rest-errors.ts";

/** What a client asks first: which endpoints there are, and what it should set. */
export function configAnswer(request: FastifyRequest, context: RestContext, endpoints: readonly string[]): RestAnswer {
  const { name, warehouse, clientDefaults = {} } = context.options;
  const wanted = queryText(request, "warehouse") ?? "";
  if (!["", name, warehouse, warehouse.replace(/^file:\/*/, "/")].includes(wanted.replace(/(.)\/+$/, "$1"))) {
    throw new RequestError(
      404,
      "NoSuchWarehouseException",
      `There is no warehouse ${JSON.stringify(wanted)} here. Leave it out, or write ${JSON.stringify(name)}`,
    );
  }
  return jsonAnswer({
    defaults: clientDefaults,
    overrides: { "namespace-separator": encodeURIComponent(context.separator) },
    endpoints,
    "idempotency-key-lifetime": context.idempotency.isKept ? KEY_LIFETIME : undefined,
  });
}
