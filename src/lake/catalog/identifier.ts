import { InvalidInputError } from "../../base/index.ts";

/** The levels of a namespace's name, outermost first; `[]` is above them all. */
export type Namespace = readonly string[];

/** A table's name: `silver.trades`, namespaces before the last dot. */
export interface TableIdentifier {
  readonly namespace: Namespace;
  readonly name: string;
}

/** Parts become folder names and are joined by dots in the catalog, so they hold letters, digits, `_` and `-` only. */
const PART = /^[\p{L}\p{N}_][\p{L}\p{N}_-]{0,99}$/u;

/** @throws {InvalidInputError} */
export function parseIdentifier(text: string): TableIdentifier {
  const parts = parseNamespace(text);
  const name = parts.at(-1);
  if (name === undefined || parts.length < 2) {
    throw new InvalidInputError(`Cannot name a table ${JSON.stringify(text)}: write namespace.table`);
  }
  return { namespace: parts.slice(0, -1), name };
}

export function parseNamespace(text: string): Namespace {
  const parts = text.split(".");
  const bad = parts.find((part) => !PART.test(part));
  if (bad === undefined && text.length <= 255) return parts;
  throw new InvalidInputError(
    `Cannot use the name ${JSON.stringify(text)}: each part has 1 to 100 letters, digits, "_" or "-" and the whole at most 255`,
  );
}

export function identifierText({ namespace, name }: TableIdentifier): string {
  return [...namespace, name].join(".");
}
