import { InvalidInputError } from "../../base/index.ts";
import type { Namespace } from "./identifier.ts";

/**
 * A namespace as the JDBC catalog's layout writes it: its levels joined by dots. That layout has no spelling for a dot
 * within a level; here it is `%2E` (and `%` is `%25`), which other engines see as that name.
 *
 * @throws {InvalidInputError} when it is empty, a level is, or it does not fit the column
 */
export function namespaceText(namespace: Namespace): string {
  const text = namespace.map((level) => level.replaceAll("%", "%25").replaceAll(".", "%2E")).join(".");
  if (namespace.length > 0 && namespace.every((level) => level !== "") && [...text].length <= LENGTH_MAX) return text;
  throw new InvalidInputError(
    `Cannot use the namespace ${JSON.stringify(namespace)}: it has one level or more, none empty, and at most ${LENGTH_MAX} characters. Nothing was changed`,
  );
}

export function namespaceOfText(text: string): Namespace {
  return text.split(".").map((level) => level.replaceAll("%2E", ".").replaceAll("%25", "%"));
}

/** The column is varchar(255). */
export const LENGTH_MAX = 255;
