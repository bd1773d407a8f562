import type { Abortable } from "../../base/index.ts";
import { parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { LakeCorruptError } from "../errors.ts";
import type { RestAnswer, RestRequest, RestTransport } from "./rest-transport.ts";

const PAGES_MAX = 100_000;

/**
 * All pages of a listing. A server that knows no pages gives everything at once, without a next token.
 *
 * @returns undefined where the first answer is a refusal that the request has among its `answers`
 */
export async function readPages<Item>(
  transport: RestTransport,
  request: RestRequest,
  read: (page: JsonReader) => readonly Item[],
  options: Abortable = {},
): Promise<readonly Item[] | RestAnswer> {
  const items: Item[] = [];
  const seen = new Set<string>();
  let token = "";
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { ...request.query, pageToken: encodeURIComponent(token) };
    const answer = await transport.send({ ...request, query }, options);
    if (answer.refusal !== undefined) return answer;
    const reader = new JsonReader(parseJson(answer.text), "page");
    items.push(...read(reader));
    const next = reader.optionalText("next-page-token");
    if (next === undefined || next === "") return items;
    if (seen.has(next)) break;
    seen.add(next);
    token = next;
  }
  throw new LakeCorruptError(`Cannot ${request.what}: the catalog's pages never end. Nothing was changed`);
}
