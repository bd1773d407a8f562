import type { FastifyRequest } from "fastify";
import type { Namespace, TableIdentifier } from "../catalog/identifier.ts";
import { RequestError } from "./rest-errors.ts";

/** Between the levels of a namespace in a path, before percent-encoding. */
export const UNIT_SEPARATOR = "\u001f";

/**
 * A part of the request's path by its name in the route, decoded once. The path is read as it was sent: Java's clients
 * write a space as `+` and a plus sign as `%2B`, which are the same after the HTTP server has decoded them.
 */
export function pathPart(request: FastifyRequest, name: string): string {
  const pattern = (request.routeOptions.url ?? "").split("/");
  const raw = request.raw.url?.split("?")[0]?.split("/")[pattern.indexOf(`:${name}`)] ?? "";
  try {
    return decodeURIComponent(raw.replaceAll("+", " "));
  } catch {
    throw new RequestError(
      400,
      "BadRequestException",
      `Cannot read the path: ${JSON.stringify(raw)} is not percent-encoded text`,
    );
  }
}

/** The levels of a namespace in a path or in `parent`. Clients may use the separator that the config names, or U+001F. */
export function namespaceOf(text: string, separator: string): Namespace {
  const levels = text.split(UNIT_SEPARATOR).flatMap((part) => part.split(separator));
  if (levels.every((level) => level !== "")) return levels;
  throw new RequestError(
    400,
    "BadRequestException",
    `Cannot use the namespace ${JSON.stringify(text)}: a level of it is empty`,
  );
}

export function tableIn(request: FastifyRequest, separator: string, part: "table" | "view"): TableIdentifier {
  return { namespace: namespaceOf(pathPart(request, "namespace"), separator), name: pathPart(request, part) };
}

/** One value of the query string; the last where it is given several times. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? undefined : String(last);
}
