import type { Json, JsonObject } from "./json.ts";

/**
 * One step of a schema's evolution. Columns are named as they are after the steps before it; nested ones with dots
 * (`legs.element.price`), through `element`, `key` and `value`.
 */
export type SchemaChange =
  | AddColumn
  | { readonly change: "drop"; readonly column: string }
  | { readonly change: "rename"; readonly column: string; readonly name: string }
  | { readonly change: "move"; readonly column: string; readonly to: Place }
  /** int → long, float → double, decimal to more digits; from v3 on date → timestamp(_ns), unknown → any. */
  | { readonly change: "widen"; readonly column: string; readonly type: string }
  | { readonly change: "make-optional"; readonly column: string }
  /** Only where no row can hold null; `isSure` says that the caller knows of none. */
  | { readonly change: "make-required"; readonly column: string; readonly isSure?: boolean | undefined }
  | { readonly change: "document"; readonly column: string; readonly doc: string | undefined }
  /** What writers put where they are given no value; rows there are keep theirs. Format v3. */
  | { readonly change: "set-default"; readonly column: string; readonly value: Json | undefined }
  | { readonly change: "identify-by"; readonly columns: readonly string[] };

export interface AddColumn {
  readonly change: "add";
  /** The struct it becomes a field of; also a list of structs or a map to structs. Undefined for a column of the table. */
  readonly parent?: string | undefined;
  readonly name: string;
  /** Nested types in their JSON form; whatever ids it has, the table gives its own. */
  readonly type: string | JsonObject;
  /** Only with a default, or where `isSure` says that there are no rows. */
  readonly required?: boolean | undefined;
  readonly isSure?: boolean | undefined;
  readonly doc?: string | undefined;
  /** Of the rows there are, and of those a writer gives no value. Format v3. */
  readonly defaultValue?: Json | undefined;
}

/** Among the fields of the same struct. */
export type Place = "first" | { readonly before: string } | { readonly after: string };
