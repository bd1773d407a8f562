import type { Schema } from "../core/schema.ts";
import { type Field, isPrimitive, type Type } from "../core/types.ts";
import { defaultText, sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import { RowsMismatchError } from "../errors.ts";

const WIDENED: Readonly<Record<string, readonly string[]>> = {
  INTEGER: ["TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"],
  BIGINT: ["TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"],
  DOUBLE: ["FLOAT"],
};
const DECIMAL = /^DECIMAL\((\d+),(\d+)\)$/;

/**
 * The columns of the table, selected from rows of `columns` (name and DuckDB type) without any loss: a narrower integer or
 * decimal is widened and an ENUM becomes its text; nothing is rounded, parsed or guessed.
 *
 * @throws {RowsMismatchError} naming every column that is absent, unknown or of another type
 */
export function selectSql(schema: Schema, columns: ReadonlyMap<string, string>): string {
  const wrong: string[] = [];
  const select = schema.fields.map((field) => {
    const given = columns.get(field.name);
    if (given === undefined && hasDefault(field)) return `${defaultSql(field)} AS ${sqlName(field.name)}`;
    if (given === undefined) wrong.push(`${field.name} is absent`);
    else if (!fits(given, field.type)) wrong.push(`${field.name} is ${given}, not ${readType(field.type)}`);
    return columnSql(field, given);
  });
  const known = new Set(schema.fields.map(({ name }) => name));
  wrong.push(...[...columns.keys()].filter((name) => !known.has(name)).map((name) => `${name} is not in the table`));
  if (wrong.length === 0) return select.join(", ");
  throw new RowsMismatchError(
    `Cannot stage the rows: ${wrong.join("; ")}. Nothing was written; cast the columns in the relation`,
  );
}

/** A column that is left out has its write default or, where it may be null, null. */
function hasDefault({ required, writeDefault }: Field): boolean {
  return !required || (writeDefault !== undefined && writeDefault !== null);
}

function defaultSql({ type, writeDefault }: Field): string {
  if (writeDefault === undefined || writeDefault === null) return `NULL::${readType(type)}`;
  return `CAST(${sqlText(defaultText(type, writeDefault))} AS ${readType(type)})`;
}

function columnSql({ name, type }: Field, given: string | undefined): string {
  const quoted = sqlName(name);
  return given === readType(type) || !isPrimitive(type) ? quoted : `CAST(${quoted} AS ${readType(type)}) AS ${quoted}`;
}

function fits(given: string, type: Type): boolean {
  const expected = readType(type);
  if (given === expected) return true;
  if (!isPrimitive(type)) return normalised(given) === normalised(expected);
  if (type.kind === "string") return given.startsWith("ENUM(");
  if (type.kind === "decimal") {
    const [, precision, scale] = DECIMAL.exec(given) ?? [];
    return Number(scale) === type.scale && Number(precision) <= type.precision;
  }
  return WIDENED[expected]?.includes(given) ?? false;
}

function normalised(type: string): string {
  return type.replaceAll('"', "").replaceAll(" ", "").toUpperCase();
}

/** DuckDB's FIELD_IDS option: every column and nested field with its id. */
export function fieldIdsSql(fields: readonly Field[]): string {
  return `{${fields.map(({ name, id, type }) => `${sqlName(name)}: ${fieldIdSql(id, type)}`).join(", ")}}`;
}

function fieldIdSql(id: number, type: Type): string {
  switch (type.kind) {
    case "struct":
      return `{__duckdb_field_id: ${id}, ${type.fields.map((each) => `${sqlName(each.name)}: ${fieldIdSql(each.id, each.type)}`).join(", ")}}`;
    case "list":
      return `{__duckdb_field_id: ${id}, element: ${fieldIdSql(type.elementId, type.element)}}`;
    case "map":
      return `{__duckdb_field_id: ${id}, key: ${fieldIdSql(type.keyId, type.key)}, value: ${fieldIdSql(type.valueId, type.value)}}`;
    default:
      return String(id);
  }
}
