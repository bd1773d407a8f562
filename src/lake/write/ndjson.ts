import { type Field, isPrimitive, type PrimitiveType, typeText } from "../core/types.ts";
import { sqlName, sqlText, sqlType } from "../duckdb/duckdb-sql.ts";
import { LakeUnsupportedError } from "../errors.ts";

/** Bytes of one line at most; longer ones are refused. */
const LINE_BYTES_MAX_DEFAULT = 16 * 1024 * 1024;

/**
 * A relation to stage of files with one JSON object a line, such as a spool of raw frames: DuckDB parses them, off the
 * JavaScript thread. Members are named as the columns; absent ones are null. Whatever a double does not hold, decimals and
 * bytes (base64) above all, is text; a decimal or a time with more digits than its column is refused when it is read, and
 * so is a decimal that is a JSON number with a fraction, since it has been a double by then.
 *
 * @throws {LakeUnsupportedError} for nested columns
 */
export function ndjsonRelation(
  fields: readonly Field[],
  paths: readonly string[],
  lineBytesMax: number = LINE_BYTES_MAX_DEFAULT,
): string {
  const columns = fields.map(({ name }) => `${sqlName(name)}: 'JSON'`).join(", ");
  const select = fields.map(({ name, type }) => {
    if (!isPrimitive(type)) {
      throw new LakeUnsupportedError(`Cannot read column ${name} from lines of JSON: ${typeText(type)} is nested`);
    }
    return `${memberSql(sqlName(name), name, type)} AS ${sqlName(name)}`;
  });
  const from = `read_json([${paths.map(sqlText).join(", ")}], format = 'newline_delimited', columns = {${columns}}, maximum_object_size = ${lineBytesMax})`;
  return `SELECT ${select.join(", ")} FROM ${from}`;
}

function memberSql(json: string, name: string, type: PrimitiveType): string {
  const text = `(${json} ->> '$')`;
  const refuse = (why: string): string => `error(${sqlText(`column ${name}: ${why}: `)} || ${text})`;
  switch (type.kind) {
    case "string":
      return text;
    case "binary":
    case "fixed":
      return `from_base64(${text})`;
    case "decimal": {
      const exact = `regexp_full_match(${text}, '[-+]?[0-9]*([.][0-9]{0,${type.scale}}0*)?')`;
      return (
        `CASE WHEN json_type(${json}) = 'DOUBLE' THEN ${refuse("a fraction must be text")} ` +
        `WHEN ${text} IS NULL OR ${exact} THEN CAST(${text} AS ${sqlType(type)}) ELSE ${refuse(`more than ${type.scale} digits`)} END`
      );
    }
    case "time":
    case "timestamp":
    case "timestamptz":
    case "timestamp_ns": {
      const digits = type.kind === "timestamp_ns" ? 9 : 6;
      const exact = `regexp_full_match(${text}, '[^.]*([.][0-9]{0,${digits}}0*([^0-9.].*)?)?')`;
      return `CASE WHEN ${text} IS NULL OR ${exact} THEN CAST(${text} AS ${sqlType(type)}) ELSE ${refuse(`more than ${digits} digits`)} END`;
    }
    default:
      return `CAST(${text} AS ${sqlType(type)})`;
  }
}
