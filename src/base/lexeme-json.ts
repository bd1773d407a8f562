/** A JSON number as it was written: its text is exact where a double is not. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The reviver of ECMAScript's "JSON.parse source text access" (in Node from 21 on), which TypeScript's library lacks. */
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown;

/**
 * JSON.parse, but numbers come as JsonNumber.
 *
 * @throws {SyntaxError} when the text is not JSON; {RangeError} when it is nested deeper than the stack
 */
export function parseLexemes(text: string): unknown {
  return parseWithSource(text, (_key, value, context) =>
    typeof value === "number" ? new JsonNumber(context.source ?? "") : value,
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The value where it is a string; undefined otherwise. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The text of a JSON number; undefined for anything else, also for a number in quotes. */
export function numberTextOf(value: unknown): string | undefined {
  return value instanceof JsonNumber ? value.text : undefined;
}
