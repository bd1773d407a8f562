import { indexSchema } from "../core/schema-index.ts";
import type { Field } from "../core/types.ts";
import { sqlText } from "../duckdb/duckdb-sql.ts";
import { LakeCorruptError } from "../errors.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

/** Columns of a delete file by equality, over the data file's rows and over its own. */
export interface EqualityColumn {
  readonly id: number;
  /** The top-level field that it is, or is in. */
  readonly top: Field;
  readonly field: Field;
  /** From SQL of the top-level field. */
  readonly within: (sql: string) => string;
}

/** The columns named by equality ids; a column dropped since still deletes rows of the files that hold it. */
export function equalityColumns(metadata: TableMetadata, ids: Iterable<number>): readonly EqualityColumn[] {
  const current = metadata.schemas.filter(({ schemaId }) => schemaId === metadata.currentSchemaId);
  const schemas = [...current, ...metadata.schemas.toReversed()];
  return [...new Set(ids)]
    .toSorted((one, other) => one - other)
    .map((id) => {
      const indexed = schemas.map((schema) => indexSchema(schema).byId.get(id)).find((each) => each !== undefined);
      if (indexed === undefined) {
        throw new LakeCorruptError(`Rows of ${metadata.location} are deleted by field ${id}, which no schema has`);
      }
      const path = [...indexed.parents, indexed.field];
      const names = path.slice(1).map(({ name }) => name);
      return {
        id,
        top: path[0] ?? indexed.field,
        field: indexed.field,
        within: (sql) => names.reduce((outer, name) => `struct_extract(${outer}, ${sqlText(name)})`, sql),
      };
    });
}
