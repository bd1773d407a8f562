import { InvalidInputError } from "../../base/index.ts";
import { encodeValue } from "../core/single-value.ts";
import { sqlText } from "../duckdb/duckdb-sql.ts";
import type { FileIo } from "../io/file-io.ts";
import type { LakeIds } from "../io/ids.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { partitionKey } from "../scan/partition-key.ts";
import { readCopyStatistics } from "./copy-statistics.ts";
import { dataLocation } from "./data-location.ts";
import { checkPosition, countRuns, joinRuns, type PositionRun } from "./encode-roaring.ts";
import { readParquetFooter } from "./parquet-footer.ts";
import { encodeVectors } from "./puffin.ts";
import type { SqlRunner } from "./sql-runner.ts";

export interface StageDeletesInput {
  readonly run: SqlRunner["run"];
  /** A SELECT of `file_path` (VARCHAR, the data file's location as the table has it) and `pos` (BIGINT, from 0). */
  readonly positions: string;
  /** The data files that rows are deleted from. */
  readonly files: readonly DataFile[];
  /**
   * What is deleted from a data file already. A vector takes the place of all position deletes before it, so it must hold
   * them too; called for format v3 only.
   */
  readonly deletedBefore: (file: DataFile) => Promise<readonly PositionRun[]>;
}

interface DeletesTarget {
  readonly metadata: TableMetadata;
  readonly io: FileIo;
  readonly ids: LakeIds;
}

/** Reserved ids of the columns of position delete files. @see https://iceberg.apache.org/spec/#reserved-field-ids */
const FILE_PATH_ID = 2_147_483_546;
const POSITION_ID = 2_147_483_545;
const FILE_PATH = { kind: "string" } as const;
const POSITION = { kind: "long" } as const;

/**
 * Writes delete files for rows given by position: of format v2 position delete files, one a partition, sorted by file and
 * position, or one a data file with `write.delete.granularity = file`; of format v3 one Puffin file of deletion vectors.
 *
 * @returns durable files that are in nobody's table yet
 * @throws {InvalidInputError} when a position is not in any of the files
 */
export async function stagePositionDeletes(
  target: DeletesTarget,
  input: StageDeletesInput,
): Promise<readonly DataFile[]> {
  const hits = await findHits(input);
  if (hits.length === 0) return [];
  return target.metadata.formatVersion >= 3 ? writeVectors(target, input, hits) : writePositions(target, input, hits);
}

interface Hit {
  readonly file: DataFile;
  readonly lowest: number;
  readonly highest: number;
}

async function findHits({ run, positions, files }: StageDeletesInput): Promise<readonly Hit[]> {
  const byLocation = new Map(files.map((file) => [file.location, file]));
  const rows = await run(
    `SELECT file_path, CAST(min(pos) AS VARCHAR), CAST(max(pos) AS VARCHAR) FROM (${positions}) GROUP BY ALL ORDER BY ALL`,
  );
  return rows.map(([path, lowest, highest]) => {
    const file = byLocation.get(String(path));
    const hit = { file, lowest: Number(lowest), highest: Number(highest) };
    if (file !== undefined && hit.lowest >= 0 && hit.highest < file.recordCount) return { ...hit, file };
    throw new InvalidInputError(
      `Cannot delete rows ${lowest} to ${highest} of ${path}: ` +
        (file === undefined ? "it is not among the given files" : `it has ${file.recordCount} rows`),
    );
  });
}

async function writePositions(
  target: DeletesTarget,
  input: StageDeletesInput,
  hits: readonly Hit[],
): Promise<readonly DataFile[]> {
  const isPerFile = target.metadata.properties["write.delete.granularity"] === "file";
  const groups = Map.groupBy(hits, ({ file }) => (isPerFile ? file.location : partitionKey(file)));
  const stageId = target.ids.uuid();
  const written: DataFile[] = [];
  try {
    for (const group of groups.values()) {
      const name = `${String(written.length).padStart(5, "0")}-${stageId}-deletes.parquet`;
      written.push(await writePositionFile(target, input, group, name));
    }
    return written;
  } catch (error) {
    for (const { location } of written) await target.io.remove(location).catch(() => undefined);
    throw error;
  }
}

async function writePositionFile(
  { metadata, io }: DeletesTarget,
  { run, positions }: StageDeletesInput,
  group: readonly Hit[],
  name: string,
): Promise<DataFile> {
  const [first] = group;
  if (first === undefined) throw new RangeError("a delete file of no rows");
  const { specId, partition } = first.file;
  const location = dataLocation(metadata, { specId, partition }, name);
  const paths = group.map(({ file }) => sqlText(file.location)).join(", ");
  const query =
    `SELECT DISTINCT file_path, CAST(pos AS BIGINT) AS pos FROM (${positions}) WHERE file_path IN (${paths}) ` +
    "ORDER BY file_path, pos";
  const path = await io.beginFile(location);
  try {
    const options =
      `FORMAT parquet, PARQUET_VERSION v1, COMPRESSION zstd, FIELD_IDS {file_path: ${FILE_PATH_ID}, pos: ${POSITION_ID}}, ` +
      "USE_TMP_FILE false, RETURN_STATS";
    const statistics = readCopyStatistics(await run(`COPY (${query}) TO ${sqlText(path)} (${options})`));
    const footer = await readParquetFooter(io, path);
    await io.finishFile(location);
    const isOne = group.length === 1;
    return {
      ...emptyMetrics(group),
      content: "position-deletes",
      location,
      format: "parquet",
      specId,
      partition,
      recordCount: statistics.rowCount,
      byteLength: statistics.byteLength,
      splitOffsets: footer.splitOffsets,
      equalityIds: [],
      sortOrderId: undefined,
      referencedDataFile: isOne ? first.file.location : undefined,
    };
  } catch (error) {
    await io.abandonFile(location).catch(() => undefined);
    throw error;
  }
}

/** Bounds of paths are whole: by them a reader knows which data files a delete file may be of. */
function emptyMetrics(
  group: readonly Hit[],
): Pick<DataFile, "columnSizes" | "valueCounts" | "nullCounts" | "nanCounts" | "lowerBounds" | "upperBounds"> {
  const paths = group.map(({ file }) => Buffer.from(encodeValue(FILE_PATH, file.location))).toSorted(Buffer.compare);
  const lowest = group.reduce((least, hit) => Math.min(least, hit.lowest), Number.POSITIVE_INFINITY);
  const highest = group.reduce((most, hit) => Math.max(most, hit.highest), 0);
  const bounds = (path: Uint8Array | undefined, position: number): ReadonlyMap<number, Uint8Array> =>
    new Map([
      [FILE_PATH_ID, path ?? new Uint8Array()],
      [POSITION_ID, encodeValue(POSITION, BigInt(position))],
    ]);
  return {
    columnSizes: new Map(),
    valueCounts: new Map(),
    nullCounts: new Map(),
    nanCounts: new Map(),
    lowerBounds: bounds(paths[0], lowest),
    upperBounds: bounds(paths.at(-1), highest),
  };
}

async function writeVectors(
  { metadata, io, ids }: DeletesTarget,
  { run, positions, deletedBefore }: StageDeletesInput,
  hits: readonly Hit[],
): Promise<readonly DataFile[]> {
  const added = await findRuns(run, positions);
  const vectors: { readonly file: DataFile; readonly runs: readonly PositionRun[]; readonly cardinality: number }[] =
    [];
  for (const { file } of hits) {
    const before = await deletedBefore(file);
    const runs = joinRuns([...before, ...(added.get(file.location) ?? [])]);
    const cardinality = countRuns(runs);
    if (cardinality > countRuns(before)) vectors.push({ file, runs, cardinality });
  }
  const [first] = vectors;
  if (first === undefined) return [];
  const puffin = encodeVectors(vectors.map(({ file, ...rows }) => ({ ...rows, location: file.location })));
  const unpartitioned = { specId: first.file.specId, partition: first.file.partition };
  const location = dataLocation(metadata, unpartitioned, `00000-${ids.uuid()}-deletes.puffin`);
  await io.write(location, puffin.bytes);
  return vectors.map(({ file, cardinality }, index): DataFile => {
    const { offset = 0, byteLength = 0 } = puffin.blobs[index] ?? {};
    return {
      content: "position-deletes",
      location,
      format: "puffin",
      specId: file.specId,
      partition: file.partition,
      recordCount: cardinality,
      byteLength: puffin.bytes.byteLength,
      columnSizes: new Map(),
      valueCounts: new Map(),
      nullCounts: new Map(),
      nanCounts: new Map(),
      lowerBounds: new Map(),
      upperBounds: new Map(),
      splitOffsets: [],
      equalityIds: [],
      sortOrderId: undefined,
      referencedDataFile: file.location,
      contentOffset: BigInt(offset),
      contentSize: BigInt(byteLength),
    };
  });
}

/** Positions that follow one another have one difference to their rank: each group of it is a run. */
async function findRuns(
  run: SqlRunner["run"],
  positions: string,
): Promise<ReadonlyMap<string, readonly PositionRun[]>> {
  const rows = await run(
    "SELECT file_path, CAST(min(pos) AS VARCHAR), CAST(max(pos) AS VARCHAR) FROM (" +
      "SELECT file_path, pos, pos - row_number() OVER (PARTITION BY file_path ORDER BY pos) AS island FROM (" +
      `SELECT DISTINCT file_path, CAST(pos AS BIGINT) AS pos FROM (${positions}))) GROUP BY file_path, island ORDER BY file_path, min(pos)`,
  );
  const runs = new Map<string, PositionRun[]>();
  for (const [path, first, last] of rows) {
    const list = runs.get(String(path)) ?? [];
    runs.set(String(path), list);
    list.push({ start: checkPosition(Number(first)), end: Number(last) + 1 });
  }
  return runs;
}
