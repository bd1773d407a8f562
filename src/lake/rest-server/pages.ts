import type { FastifyRequest } from "fastify";
import { queryText } from "./path-names.ts";
import { RequestError } from "./rest-errors.ts";

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Undefined at the end. */
  readonly nextToken: string | undefined;
}

const SIZE_MAX = 1_000;

/**
 * A page of a list that is ordered by `keyOf`. A client that sends no `pageToken` knows no pages and is given everything.
 * A token names the last item seen, so that what is made or dropped meanwhile shifts nothing.
 *
 * @param list what is listed: its tokens are of no use in another list
 */
export function pageOf<Item>(
  request: FastifyRequest,
  list: string,
  all: readonly Item[],
  keyOf: (item: Item) => string,
): Page<Item> {
  const token = queryText(request, "pageToken");
  if (token === undefined) return { items: all, nextToken: undefined };
  const after = token === "" ? undefined : readToken(token, list);
  const rest = after === undefined ? all : all.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, pageSize(request));
  const last = items.at(-1);
  return {
    items,
    nextToken: last !== undefined && items.length < rest.length ? writeToken(list, keyOf(last)) : undefined,
  };
}

function pageSize(request: FastifyRequest): number {
  const text = queryText(request, "pageSize");
  if (text === undefined) return SIZE_MAX;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1) return Math.min(size, SIZE_MAX);
  throw new RequestError(400, "BadRequestException", `pageSize is ${JSON.stringify(text)}; the least is 1`);
}

function writeToken(list: string, after: string): string {
  return Buffer.from(JSON.stringify([list, after])).toString("base64url");
}

function readToken(token: string, list: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(value) && value[0] === list && typeof value[1] === "string") return value[1];
  } catch {
    // Said below.
  }
  throw new RequestError(
    400,
    "BadRequestException",
    "pageToken is not one that this list gave; begin with an empty one",
  );
}
