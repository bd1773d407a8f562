import { FIELDS_MAX, type RowFields, type RowReader } from "./row-fields.ts";

/** The reviver of ECMAScript's "JSON.parse source text access", which TypeScript's library lacks. */
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown;
const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** A JSON object a line; its members by name are the fields. Numbers are taken as they are written, never as doubles. */
export class JsonRows implements RowReader, RowFields {
  bytes: Uint8Array = new Uint8Array(4096);
  readonly starts: Int32Array = new Int32Array(FIELDS_MAX);
  readonly ends: Int32Array = new Int32Array(FIELDS_MAX);
  readonly count: number;
  readonly #names: readonly string[];

  /** @param names of the members, in the order of the fields */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.count = names.length;
  }

  get fields(): RowFields {
    return this;
  }

  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    let row: unknown;
    try {
      row = parseWithSource(decoder.decode(bytes.subarray(start, end)), (_key, value, context) =>
        typeof value === "number" ? (context.source ?? String(value)) : value,
      );
    } catch {
      return "it is not JSON";
    }
    if (typeof row !== "object" || row === null || Array.isArray(row)) return "it is not a JSON object";
    if (this.bytes.byteLength < 3 * (end - start)) this.bytes = new Uint8Array(6 * (end - start));
    let length = 0;
    for (const [index, name] of this.#names.entries()) {
      const value = (row as Readonly<Record<string, unknown>>)[name];
      this.starts[index] = length;
      // An absent member is an empty field, as in CSV.
      if (typeof value === "string") length += encoder.encodeInto(value, this.bytes.subarray(length)).written;
      else if (typeof value === "boolean")
        length += encoder.encodeInto(String(value), this.bytes.subarray(length)).written;
      else if (value !== undefined && value !== null) return `"${name}" is neither a text, a number nor a truth`;
      this.ends[index] = length;
    }
    return undefined;
  }
}
