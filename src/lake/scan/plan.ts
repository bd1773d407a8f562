import { type ColumnFacts, mayMatch } from "../core/evaluate.ts";
import { partitionFieldType } from "../core/partition-spec.ts";
import type { BoundPredicate } from "../core/predicate.ts";
import { projectPredicate } from "../core/projection.ts";
import { decodeValue } from "../core/single-value.ts";
import type { PrimitiveType } from "../core/types.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { FieldSummary, ManifestFile } from "../manifest/manifest-list.ts";
import { type LoadedManifest, type ManifestStore, manifestContext } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

export interface ScanPlan {
  readonly files: readonly DataFile[];
  readonly counts: PlanCounts;
}

/** All files of the snapshot: files = planned + prunedByPartition + prunedByBounds + those of pruned manifests. */
export interface PlanCounts {
  readonly manifests: number;
  readonly manifestsPruned: number;
  readonly filesPlanned: number;
  readonly filesPrunedByPartition: number;
  readonly filesPrunedByBounds: number;
  readonly rowsPlanned: number;
  readonly bytesPlanned: number;
}

/**
 * Which files may hold a row that matches: by the manifests' partition summaries, the files' partitions, and the bounds
 * and counts of their columns. Never leaves out a file with a matching row.
 */
export async function planFiles(
  metadata: TableMetadata,
  snapshot: Snapshot | undefined,
  predicate: BoundPredicate,
  store: ManifestStore,
): Promise<ScanPlan> {
  const listed = await store.list(snapshot);
  refuseDeletes(metadata, listed);
  const files: DataFile[] = [];
  const counts = { manifestsPruned: 0, filesPrunedByPartition: 0, filesPrunedByBounds: 0 };
  const projections = new Map<number, Projection>();
  for (const manifest of listed) {
    if (manifest.content !== "data" || holdsNothing(manifest)) continue;
    const projection = projections.get(manifest.specId) ?? project(metadata, manifest.specId, predicate);
    projections.set(manifest.specId, projection);
    if (!manifestMayMatch(manifest, projection)) {
      counts.manifestsPruned += 1;
      continue;
    }
    planManifest(await store.load(metadata, manifest), projection, predicate, files, counts);
  }
  return {
    files,
    counts: {
      ...counts,
      manifests: listed.length,
      filesPlanned: files.length,
      rowsPlanned: files.reduce((rows, file) => rows + file.recordCount, 0),
      bytesPlanned: files.reduce((bytes, file) => bytes + file.byteLength, 0),
    },
  };
}

function refuseDeletes(metadata: TableMetadata, manifests: readonly ManifestFile[]): void {
  const deletes = manifests.find((manifest) => manifest.content === "deletes" && !holdsNothing(manifest));
  if (deletes === undefined) return;
  throw new LakeUnsupportedError(
    `Cannot read ${metadata.location}: rows are deleted by delete files (manifest ${deletes.location}), which are not applied yet. ` +
      "Nothing was read, rather than rows that are deleted; compact the table with the engine that wrote it",
  );
}

/** Counts that an old writer left out may be anything. */
function holdsNothing({ addedFiles, existingFiles }: ManifestFile): boolean {
  return addedFiles === 0 && existingFiles === 0;
}

interface Projection {
  readonly predicate: BoundPredicate;
  /** By position: the partition field's id and type. */
  readonly fields: readonly { readonly id: number; readonly type: PrimitiveType }[];
  readonly positions: ReadonlyMap<number, number>;
}

function project(metadata: TableMetadata, specId: number, predicate: BoundPredicate): Projection {
  const { schema, spec } = manifestContext(metadata, specId);
  const fields = spec.fields.map((field) => ({ id: field.fieldId, type: partitionFieldType(schema, field) }));
  return {
    predicate: projectPredicate(spec, predicate),
    fields,
    positions: new Map(fields.map(({ id }, position) => [id, position])),
  };
}

function manifestMayMatch(manifest: ManifestFile, { predicate, positions, fields }: Projection): boolean {
  return mayMatch(predicate, (id) => {
    const position = positions.get(id) ?? -1;
    const [summary, field] = [manifest.partitions?.[position], fields[position]];
    return summary === undefined || field === undefined ? undefined : summaryFacts(summary, field.type);
  });
}

function summaryFacts(summary: FieldSummary, type: PrimitiveType): ColumnFacts {
  const { lower, upper, containsNull, containsNan } = summary;
  const hasBounds = lower !== undefined && upper !== undefined;
  return {
    lower: lower === undefined ? undefined : decodeValue(type, lower),
    upper: upper === undefined ? undefined : decodeValue(type, upper),
    nulls: !containsNull ? "none" : hasBounds || containsNan !== false ? "unknown" : "all",
    mayHoldNan: containsNan !== false,
  };
}

interface PruneCounts {
  filesPrunedByPartition: number;
  filesPrunedByBounds: number;
}

function planManifest(
  manifest: LoadedManifest,
  projection: Projection,
  predicate: BoundPredicate,
  files: DataFile[],
  counts: PruneCounts,
): void {
  const columns = new Map([...typesIn(predicate)].map(([id, type]) => [id, manifest.columnFacts(id, type)]));
  const partitions = new Map(
    [...typesIn(projection.predicate)].map(([id]) => [id, manifest.partitionFacts(projection.positions.get(id) ?? -1)]),
  );
  let index = 0;
  const columnFacts = (id: number): ColumnFacts | undefined => columns.get(id)?.[index];
  const partitionFacts = (id: number): ColumnFacts | undefined => partitions.get(id)?.[index];
  for (; index < manifest.entries.length; index += 1) {
    const entry = manifest.entries[index];
    if (entry === undefined || entry.status === "deleted") continue;
    if (!mayMatch(projection.predicate, partitionFacts)) counts.filesPrunedByPartition += 1;
    else if (entry.file.recordCount === 0 || !mayMatch(predicate, columnFacts)) counts.filesPrunedByBounds += 1;
    else files.push(entry.file);
  }
}

function* typesIn(predicate: BoundPredicate): Generator<[number, PrimitiveType]> {
  if (predicate.op === "and" || predicate.op === "or") {
    for (const each of predicate.of) yield* typesIn(each);
  } else if ("id" in predicate) {
    yield [predicate.id, predicate.type];
  }
}
