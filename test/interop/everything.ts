import type { ColumnInput, Lake, Predicate, Table, TableInput } from "../../src/lake/index.ts";
import type { TestDuckDb } from "../../src/lake/test-duckdb.ts";

/** Every type that engines share, with the values at which engines differ: see {@link everythingSql}. */
const COLUMNS: readonly (readonly [name: string, type: ColumnInput["type"], required: boolean])[] = [
  ["id", "int", true],
  ["venue", "string", true],
  ["flag", "boolean", false],
  ["big", "long", true],
  ["single", "float", true],
  ["real", "double", false],
  ["cents", "decimal(9,2)", true],
  ["price", "decimal(18,8)", true],
  ["wide", "decimal(38,18)", true],
  ["day", "date", true],
  ["wall", "timestamp", true],
  ["at", "timestamptz", true],
  ["note", "string", false],
  ["uid", "uuid", true],
  ["payload", "binary", true],
];

const NESTED: readonly ColumnInput[] = [
  {
    id: 16,
    name: "spot",
    required: false,
    type: {
      type: "struct",
      fields: [
        { id: 19, name: "x", type: "int", required: false },
        { id: 20, name: "y", type: "string", required: false },
      ],
    },
  },
  {
    id: 17,
    name: "tags",
    required: false,
    type: { type: "list", "element-id": 21, element: "string", "element-required": false },
  },
  {
    id: 18,
    name: "marks",
    required: false,
    type: { type: "map", "key-id": 22, key: "string", "value-id": 23, value: "long", "value-required": false },
  },
];

/** Partitioned by day and venue, sorted by text with nulls. */
export const EVERYTHING: TableInput = {
  schema: [...COLUMNS.map(([name, type, required], index) => ({ id: index + 1, name, type, required })), ...NESTED],
  partitionSpec: [
    { column: "at", transform: "day" },
    { column: "venue", transform: "identity" },
  ],
  sortOrder: [{ column: "note" }, { column: "id", direction: "desc" }],
  properties: { "commit.manifest.min-count-to-merge": "4" },
};

/**
 * Rows with `from <= id < to`, an arbitrary but fixed choice: long text of many bytes a character and none, 64-bit integers
 * beyond doubles, NaN, infinities, −0 and null, decimals of 38 digits, dates and microseconds on both sides of 1970.
 */
export function everythingSql(from: number, to: number): string {
  return `
  SELECT range::INTEGER AS id,
    CASE range % 3 WHEN 0 THEN 'alpha' WHEN 1 THEN 'be/ta' ELSE 'gämma 𝄞' END AS venue,
    CASE WHEN range % 5 = 0 THEN NULL ELSE range % 2 = 0 END AS flag,
    (range % 1000 - 500) * 9007199254740993 AS big,
    CASE WHEN range % 13 = 0 THEN '-0'::FLOAT ELSE (range / 8)::FLOAT END AS single,
    CASE WHEN range % 11 = 0 THEN 'nan'::DOUBLE WHEN range % 7 = 0 THEN NULL WHEN range % 17 = 0 THEN '-0'::DOUBLE
      WHEN range % 19 = 0 THEN 'inf'::DOUBLE WHEN range % 23 = 0 THEN '-inf'::DOUBLE ELSE range / 7 - 20 END AS real,
    ((range - 500) * 0.01)::DECIMAL(9,2) AS cents,
    ((range * 123456789)::DECIMAL(18,0) * 0.00000001::DECIMAL(18,8))::DECIMAL(18,8) AS price,
    ((range - 3)::VARCHAR || '000000000.000000000000000001')::DECIMAL(38,18) AS wide,
    DATE '1969-12-20' + (range % 40)::INTEGER AS day,
    TIMESTAMP '1969-12-30 12:00:00' + INTERVAL (range * 977) SECOND + INTERVAL (range) MICROSECOND AS wall,
    TIMESTAMPTZ '1969-12-30 12:00:00+00' + INTERVAL (range * 977) SECOND + INTERVAL (range) MICROSECOND AS "at",
    CASE WHEN range % 4 = 0 THEN NULL WHEN range % 97 = 1 THEN repeat('long ', 2000) || range
      ELSE repeat('ü', (range % 30)::INTEGER) || range END AS note,
    md5(range::VARCHAR)::UUID AS uid,
    unhex(md5(range::VARCHAR))::BLOB AS payload,
    CASE WHEN range % 6 = 0 THEN NULL ELSE {'x': CASE WHEN range % 5 = 1 THEN NULL ELSE range::INTEGER END, 'y': 'y' || range} END AS spot,
    CASE range % 4 WHEN 0 THEN NULL WHEN 1 THEN []::VARCHAR[] ELSE ['a', NULL, 'ö' || range] END AS tags,
    CASE range % 3 WHEN 0 THEN NULL ELSE MAP {'k' || range: (range % 1000 - 500) * 9007199254740993} END AS marks
  FROM range(${from}, ${to})`;
}

/** Stages and commits those rows. */
export async function appendEverything(
  lake: Lake,
  db: TestDuckDb,
  table: string,
  from: number,
  to: number,
): Promise<void> {
  const relation = everythingSql(from, to);
  const { files } = await lake.stageFiles(await lake.table(table), { run: db.run, relation });
  await lake.append(table, { files });
}

export type TextRows = readonly (readonly (string | null)[])[];

/** The table's rows as text on which engines agree (python/session.py's `text`), by `id`; columns in the schema's order. */
export async function ourTextRows(table: Table, db: TestDuckDb, filter?: Predicate): Promise<TextRows> {
  const columns = fieldsOf(table).map(({ name, kind }) => `${textSql(name, kind)} AS "${name}"`);
  const scan = table.scan(filter === undefined ? {} : { filter });
  const order = fieldsOf(table)[0]?.name ?? "id";
  const sql = `SELECT ${columns.join(", ")} FROM (SELECT * FROM ${await scan.sql()} ORDER BY "${order}")`;
  return (await db.rows(sql)) as TextRows;
}

/** Names and kinds (`decimal`, `struct` …) of the table's columns, in order. */
export function fieldsOf(table: Table): readonly { readonly name: string; readonly kind: string }[] {
  const { currentSchemaId, schemas } = table.metadata;
  const schema = schemas.find(({ schemaId }) => schemaId === currentSchemaId);
  return (schema?.fields ?? []).map(({ name, type }) => ({ name, kind: type.kind }));
}

function textSql(name: string, kind: string): string {
  const column = `"${name}"`;
  switch (kind) {
    case "timestamp":
      return `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%f')`;
    case "timestamptz":
      return `strftime(make_timestamp(epoch_us(${column})), '%Y-%m-%dT%H:%M:%S.%f')`;
    case "date":
      return `strftime(${column}, '%Y-%m-%d')`;
    case "binary":
    case "fixed":
      return `lower(hex(${column}))`;
    case "float":
    case "double":
      return `${column}::DOUBLE::VARCHAR`;
    case "struct":
    case "list":
    case "map":
      return `to_json(${column})::VARCHAR`;
    default:
      return `${column}::VARCHAR`;
  }
}

/**
 * That both have the same rows in the same order.
 *
 * @throws {Error} naming the first value that differs
 */
export function expectSame(theirs: TextRows, ours: TextRows, table: Table): void {
  const [left, right] = [comparable(theirs, table), comparable(ours, table)];
  const names = fieldsOf(table).map(({ name }) => name);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [their = [], our = []] = [left[index], right[index]];
    const column = names.findIndex((_, at) => !Object.is(their[at], our[at]));
    if (column === -1 && their.length === our.length) continue;
    const seen = [their[column], our[column]].map((value) => String(value).slice(0, 200));
    throw new Error(
      `${left.length} rows against our ${right.length}; row ${index} (${String(their[0])}, ours ${String(our[0])}), column ${names[column]}: ${seen.join(", ours ")}`,
    );
  }
  if (right.length === 0) throw new Error("There are no rows: nothing was compared");
}

/** Floats and the noughts after decimals print differently in each engine; −0 and NaN stay what they are. */
function comparable(rows: TextRows, table: Table): readonly (readonly (string | number | null)[])[] {
  const kinds = fieldsOf(table).map(({ kind }) => kind);
  return rows.map((row) => row.map((value, index) => (value === null ? null : comparableValue(value, kinds[index]))));
}

function comparableValue(text: string, kind: string | undefined): string | number {
  if (kind === "float" || kind === "double") return numberOf(text);
  if (kind === "decimal") return text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""); // 0.50 is 0.5; no digit is lost.
  return text;
}

function numberOf(text: string): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  return Number(text);
}
