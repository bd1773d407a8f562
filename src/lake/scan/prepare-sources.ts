import type { Abortable } from "../../base/index.ts";
import { NAME_MAPPING_PROPERTY } from "../core/name-mapping.ts";
import { type Field, sameType } from "../core/types.ts";
import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";
import type { FileIo, FileLease } from "../io/file-io.ts";
import { inParallel } from "../io/in-parallel.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { FILES_HOLD_PARTITION_COLUMNS } from "../metadata/new-table.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { DeleteIndex, type ListedFile } from "./delete-index.ts";
import { readDeletionVector } from "./deletion-vector.ts";
import { holdsUtcNanoseconds, leaseCopies, withoutUtcMarks } from "./nanosecond-copies.ts";
import { type PhysicalSchema, physicalSchemaOf } from "./physical-schema.ts";
import { deletesOf, type FileTask } from "./plan.ts";
import type { RelationSources } from "./relation-sql.ts";
import type { Run } from "./roaring-bitmap.ts";

/** Footers and deletion vectors read at one time. */
const PARALLEL_MAX = 8;

export interface SourcesInput {
  readonly metadata: TableMetadata;
  readonly tasks: readonly FileTask[];
  /** Columns that are read. */
  readonly fields: readonly Field[];
  readonly io: FileIo;
}

/** The relation's files, where DuckDB finds them, and what had to be read of them beforehand. */
export interface PreparedSources {
  readonly sources: RelationSources;
  readonly lease: FileLease;
}

/**
 * Fetches what the SQL of a relation cannot find out itself: the layout of files that may be of another making, and the
 * deletion vectors.
 *
 * @throws {LakeCorruptError} naming the file that is gone, cut or other than its manifest says
 * @throws {LakeUnsupportedError} for data that is not Parquet, or encrypted
 */
export async function prepareSources(
  { metadata, tasks, fields, io }: SourcesInput,
  { signal }: Abortable = {},
): Promise<PreparedSources> {
  const deletes = [...new Set(tasks.flatMap((task) => deletesOf(task.deletes)))];
  const vectors = deletes.filter(({ file }) => file.format === "puffin");
  const deleteFiles = deletes.filter(({ file }) => file.format !== "puffin").map(({ file }) => file);
  const dataFiles = tasks.map(({ file }) => file);
  for (const file of [...dataFiles, ...deleteFiles]) refuseUnreadable(metadata, file);
  const looked = [...(mayDiffer(metadata, fields) ? dataFiles : []), ...deleteFiles];
  const physical = new Map<DataFile, PhysicalSchema>();
  await inParallel(looked, { parallelMax: PARALLEL_MAX, signal }, async (file) => {
    physical.set(file, await physicalSchemaOf(io, file));
  });
  const runs = await readVectors(vectors, io, signal);
  const index = new DeleteIndex(metadata, []);
  const marked = [...physical].filter(([, schema]) => schema.fields.some(({ type }) => holdsUtcNanoseconds(type)));
  for (const [file, schema] of marked) physical.set(file, { ...schema, fields: withoutUtcMarks(schema.fields) });
  const held = await io.lease([...dataFiles, ...deleteFiles], { signal });
  const lease =
    marked.length === 0
      ? held
      : await leaseCopies(
          held,
          marked.map(([{ location }]) => location),
        );
  const sources: RelationSources = {
    pathOf: (location) => lease.pathOf(location),
    physicalOf: (file) => physical.get(file),
    vector: (listed) => runs.get(listed) ?? [],
    isGlobal: (listed) => index.isGlobal(listed),
  };
  return { sources, lease };
}

async function readVectors(
  vectors: readonly ListedFile[],
  io: FileIo,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<ListedFile, readonly Run[]>> {
  const runs = new Map<ListedFile, readonly Run[]>();
  const byLocation = [...Map.groupBy(vectors, ({ file }) => file.location)];
  await inParallel(byLocation, { parallelMax: PARALLEL_MAX, signal }, async ([location, listed]) => {
    const puffin = await io.read(location, { signal }).catch((cause: unknown) => {
      throw new LakeCorruptError(`Cannot read ${location}, which holds deletes of the table`, { cause });
    });
    for (const each of listed) runs.set(each, readDeletionVector(each.file, puffin));
  });
  return runs;
}

function refuseUnreadable({ location }: TableMetadata, file: DataFile): void {
  if (file.format !== "parquet") {
    throw new LakeUnsupportedError(
      `Cannot read ${location}: ${file.location} is ${file.format}, and only Parquet is read. Nothing was read; ` +
        "rewrite the table as Parquet with the engine that wrote it",
    );
  }
  if (file.keyMetadata !== undefined && file.keyMetadata.byteLength > 0) {
    throw new LakeUnsupportedError(`Cannot read ${location}: ${file.location} is encrypted`);
  }
}

/**
 * Files of another making may lack field ids, or columns by which they are partitioned; those made here hold all columns
 * by their ids. Of these, fields within nested columns, which DuckDB finds by name, may have changed; and where a column's
 * type was widened so that DuckDB must not do it as it reads, the file's own type must be known.
 */
function mayDiffer(metadata: TableMetadata, fields: readonly Field[]): boolean {
  if (metadata.properties[FILES_HOLD_PARTITION_COLUMNS] !== "true") return true;
  if (metadata.properties[NAME_MAPPING_PROPERTY] !== undefined) return true;
  return fields.some(({ id, type }) => {
    if (holdsUtcNanoseconds(type)) return true;
    const versions = metadata.schemas.flatMap((schema) => schema.fields.filter((field) => field.id === id));
    return versions.some((version) => !sameType(version.type, type) && !WIDENED_AS_READ.has(version.type.kind));
  });
}

const WIDENED_AS_READ: ReadonlySet<string> = new Set(["int", "decimal"]);
