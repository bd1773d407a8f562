import { describeError, type K2Error } from "../../base/index.ts";
import { parseJson } from "../core/json.ts";
import { isObject } from "../core/json-object.ts";
import { CatalogRefusedError, CatalogUnavailableError, LakeUnsupportedError } from "../errors.ts";
import type { HttpResponse } from "../io/http/http-client.ts";

/** What a server's answer says that is no success. Servers and proxies differ: whatever is absent is empty. */
export interface RestRefusal {
  readonly status: number;
  /** `NoSuchTableException`, … */
  readonly type: string;
  readonly message: string;
}

export function restRefusal({ status, bytes }: HttpResponse): RestRefusal {
  const text = Buffer.from(bytes.subarray(0, 65_536)).toString("utf8");
  try {
    const json = parseJson(text);
    const error = isObject(json) ? (isObject(json["error"]) ? json["error"] : json) : {};
    const { type, message } = error;
    return {
      status,
      type: typeof type === "string" ? type : "",
      message: typeof message === "string" ? message : text.slice(0, 200),
    };
  } catch {
    return { status, type: "", message: text.slice(0, 200) };
  }
}

export function describeRefusal({ status, type, message }: RestRefusal): string {
  return [String(status), type, message].filter((part) => part !== "").join(" ");
}

/** The error for an answer that no caller expected. */
export function unexpectedRefusal(what: string, refusal: RestRefusal): K2Error {
  const { status } = refusal;
  const seen = `Cannot ${what}: the catalog answered ${describeRefusal(refusal)}`;
  if (status === 401 || status === 419)
    return new CatalogRefusedError(`${seen}. Nothing was changed; correct the catalog's token or credential`);
  if (status === 403)
    return new CatalogRefusedError(`${seen}. Nothing was changed; these credentials are not allowed to`);
  if (status === 405 || status === 406 || status === 501)
    return new LakeUnsupportedError(`${seen}. Nothing was changed; this server does not do that`);
  if (status === 429 || status >= 500) return new CatalogUnavailableError(`${seen}. Try again later`);
  return new CatalogRefusedError(`${seen}. Nothing was changed`);
}

export function unreachable(what: string, cause: unknown): CatalogUnavailableError {
  return new CatalogUnavailableError(
    `Cannot ${what}: the catalog could not be reached (${describeError(cause)}). Try again later`,
    { cause },
  );
}
