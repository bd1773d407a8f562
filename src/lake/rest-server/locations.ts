import type { Namespace, TableIdentifier } from "../catalog/identifier.ts";
import { RequestError } from "./rest-errors.ts";

/** Letters of every script, digits and what no file system or URL minds. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u;

/**
 * Where a table or view is put that asks for no place: a folder for each level. A name that is no folder's has the rest
 * of it replaced, and a few random letters, so that two such names never meet.
 *
 * @param root the warehouse, or the `location` of the namespace, in which case only the table's own name follows
 */
export function defaultLocation(root: string, levels: Namespace | TableIdentifier, uuid: string): string {
  const names = "name" in levels ? [...levels.namespace, levels.name] : levels;
  const folders = names.map((name) =>
    PLAIN.test(name) ? name : `${name.replaceAll(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 80)}-${uuid.slice(0, 8)}`,
  );
  return [root.replace(/\/+$/, ""), ...folders].join("/");
}

/** The folder of a namespace's tables, where it has no location of its own; undefined where a name is no folder's. */
export function namespaceLocation(root: string, namespace: Namespace): string | undefined {
  return namespace.every((level) => PLAIN.test(level)) ? defaultLocation(root, namespace, "") : undefined;
}

/** Which locations clients may name: the server writes metadata there, on their behalf. */
export class AllowedLocations {
  readonly #prefixes: readonly string[];

  constructor(locations: readonly string[]) {
    this.#prefixes = locations.map((location) => `${normal(location)}/`);
  }

  /** @throws {RequestError} 403 */
  check(location: string): void {
    const isWalking = location.split("/").some((part) => part === ".." || part === ".");
    if (!isWalking && this.#prefixes.some((prefix) => `${normal(location)}/`.startsWith(prefix))) return;
    throw new RequestError(
      403,
      "ForbiddenException",
      `Cannot use the location ${location}: this catalog keeps tables under ${this.#prefixes.join(", ")} only. Nothing was changed`,
    );
  }
}

/** `file:///a`, `file:/a` and `/a` are one place. */
function normal(location: string): string {
  return location.replace(/^file:\/*/, "/").replace(/\/+$/, "");
}
