import { DuckDBInstance } from "@duckdb/node-api";
import { InvalidInputError } from "../../base/index.ts";
import type { TableFormat, TextSource } from "../../imports/index.ts";

/** How values of each type become text that means exactly the same. */
const EXACT: readonly (readonly [type: RegExp, text: (column: string) => string])[] = [
  [
    /^(?:VARCHAR|BOOLEAN|UUID|(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?)|DECIMAL\(\d+,\d+\))$/,
    (column) => `${column}::VARCHAR`,
  ],
  [/^ENUM/, (column) => `${column}::VARCHAR`],
  [/^TIMESTAMP(?: WITH TIME ZONE|_S|_MS|_NS)?$/, (column) => `epoch_ns(${column})::VARCHAR`],
  [/^DATE$/, (column) => `${column}::VARCHAR`],
];
const CHUNK_ROWS_TEXT = 256 * 1024;

/**
 * A Parquet file as CSV with a header, the columns that the mapping names: what the raw log keeps of it. Row order is the
 * file's; the same file always gives the same text.
 *
 * @throws {InvalidInputError} when a column is missing, or is a float: such a price or size is not exact
 */
export async function parquetText(path: string, name: string, table: TableFormat): Promise<TextSource> {
  const types = await columnTypes(path);
  const columns = table.columns.map(({ names: [wanted = ""] }) => wanted);
  const selected = columns.map((wanted) => {
    const found = types.find(([column]) => column.toLowerCase() === wanted);
    if (found === undefined)
      throw new InvalidInputError(
        `${path} has no column "${wanted}"; it has ${types.map(([column]) => column).join(", ")}. Nothing was imported of it`,
      );
    const text = EXACT.find(([pattern]) => pattern.test(found[1]))?.[1];
    if (text === undefined)
      throw new InvalidInputError(
        `Column "${wanted}" of ${path} is ${found[1]}, which does not hold prices and sizes exactly. Nothing was imported ` +
          "of it; write the file with DECIMAL, integers or text instead",
      );
    return `coalesce(${text(quoted(found[0]))}, '') AS ${quoted(wanted)}`;
  });
  const read = (): AsyncIterable<Uint8Array> => readCsv(path, columns, selected);
  return { name, read };
}

async function columnTypes(path: string): Promise<readonly (readonly [name: string, type: string])[]> {
  const instance = await DuckDBInstance.create(":memory:", { autoinstall_known_extensions: "false" });
  const connection = await instance.connect();
  try {
    const rows = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${literal(path)})`);
    return rows.getRows().map(([name, type]) => [String(name), String(type)] as const);
  } catch (error) {
    throw new InvalidInputError(`Cannot read ${path} as Parquet. Nothing was imported of it`, { cause: error });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* readCsv(
  path: string,
  columns: readonly string[],
  selected: readonly string[],
): AsyncGenerator<Uint8Array> {
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    threads: "1",
    preserve_insertion_order: "true",
  });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const result = await connection.stream(`SELECT ${selected.join(", ")} FROM read_parquet(${literal(path)})`);
    let text = `${columns.map(csvField).join(",")}\n`;
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      for (const row of chunk.getRows()) text += `${row.map((value) => csvField(String(value))).join(",")}\n`;
      if (text.length < CHUNK_ROWS_TEXT) continue;
      yield Buffer.from(text);
      text = "";
    }
    yield Buffer.from(text);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""').replaceAll(/[\r\n]+/g, " ")}"` : text;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
