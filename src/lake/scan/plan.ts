import { type ColumnFacts, mayMatch } from "../core/evaluate.ts";
import { partitionFieldType } from "../core/partition-spec.ts";
import type { BoundPredicate } from "../core/predicate.ts";
import { projectPredicate } from "../core/projection.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import type { FieldSummary, ManifestFile } from "../manifest/manifest-list.ts";
import { decodeBound, type LoadedManifest, type ManifestStore, manifestContext } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { type AppliedDeletes, DeleteIndex, type ListedFile, listedFile, NO_DELETES } from "./delete-index.ts";

export interface ScanPlan {
  readonly files: readonly DataFile[];
  /** The same files, each with the deletes that apply to it. */
  readonly tasks: readonly FileTask[];
  readonly counts: PlanCounts;
}

/** A file to read. */
export interface FileTask extends ListedFile {
  readonly deletes: AppliedDeletes;
  /** In a relation of changes: the snapshot that made the change, and its place among those asked for. */
  readonly change?: { readonly ordinal: number; readonly snapshotId: bigint } | undefined;
}

/** All files of the snapshot: files = planned + prunedByPartition + prunedByBounds + those of pruned manifests. */
export interface PlanCounts {
  readonly manifests: number;
  readonly manifestsPruned: number;
  readonly filesPlanned: number;
  readonly filesPrunedByPartition: number;
  readonly filesPrunedByBounds: number;
  /** Before deletes. */
  readonly rowsPlanned: number;
  readonly bytesPlanned: number;
  /** Delete files and deletion vectors that apply to a planned file. */
  readonly deletesPlanned: number;
}

/** What of the snapshots is looked at. */
export interface PlanSource {
  readonly manifests: readonly ManifestFile[];
  /** Without it, all live entries. */
  readonly isWanted?: ((entry: ManifestEntry) => boolean) | undefined;
  /** Without it, all data files; by location. */
  readonly files?: ReadonlySet<string> | undefined;
}

/**
 * Which files may hold a row that matches: by the manifests' partition summaries, the files' partitions, and the bounds
 * and counts of their columns. Never leaves out a file with a matching row.
 */
export async function planFiles(
  metadata: TableMetadata,
  source: PlanSource,
  predicate: BoundPredicate,
  store: ManifestStore,
): Promise<ScanPlan> {
  const counts = { manifestsPruned: 0, filesPrunedByPartition: 0, filesPrunedByBounds: 0 };
  const listed: ListedFile[] = [];
  const deletes: ListedFile[] = [];
  const projectionOf = projections(metadata, predicate);
  for (const manifest of source.manifests) {
    if (holdsNothing(manifest)) continue;
    const projection = projectionOf(manifest.specId);
    if (!manifestMayMatch(manifest, projection)) {
      counts.manifestsPruned += 1;
      continue;
    }
    const loaded = await store.load(metadata, manifest);
    if (manifest.content === "data") planManifest(loaded, { projection, predicate, source }, listed, counts);
    else for (const entry of loaded.entries.filter(isLive)) deletes.push(listedFile(entry));
  }
  return planned(metadata, listed, deletes, { ...counts, manifests: source.manifests.length });
}

function projections(metadata: TableMetadata, predicate: BoundPredicate): (specId: number) => Projection {
  const known = new Map<number, Projection>();
  return (specId) => {
    const projection = known.get(specId) ?? project(metadata, specId, predicate);
    known.set(specId, projection);
    return projection;
  };
}

function planned(
  metadata: TableMetadata,
  listed: readonly ListedFile[],
  deletes: readonly ListedFile[],
  counts: Pick<PlanCounts, "manifests" | "manifestsPruned" | "filesPrunedByPartition" | "filesPrunedByBounds">,
): ScanPlan {
  const index = deletes.length === 0 ? undefined : new DeleteIndex(metadata, deletes);
  const tasks = listed.map((each): FileTask => ({ ...each, deletes: index?.of(each) ?? NO_DELETES }));
  const files = tasks.map(({ file }) => file);
  const applied = new Set(index === undefined ? [] : tasks.flatMap(({ deletes: each }) => deletesOf(each)));
  return {
    files,
    tasks,
    counts: {
      ...counts,
      filesPlanned: files.length,
      rowsPlanned: files.reduce((rows, file) => rows + file.recordCount, 0),
      bytesPlanned: files.reduce((bytes, file) => bytes + file.byteLength, 0),
      deletesPlanned: applied.size,
    },
  };
}

/** All deletes of a file, of whatever kind. */
export function deletesOf({ vector, positions, equality }: AppliedDeletes): readonly ListedFile[] {
  return vector === undefined ? [...positions, ...equality] : [vector, ...equality];
}

function isLive({ status }: ManifestEntry): boolean {
  return status !== "deleted";
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
    lower: decodeBound(type, lower),
    upper: decodeBound(type, upper),
    nulls: !containsNull ? "none" : hasBounds || containsNan !== false ? "unknown" : "all",
    mayHoldNan: containsNan !== false,
  };
}

interface PruneCounts {
  filesPrunedByPartition: number;
  filesPrunedByBounds: number;
}

interface ManifestQuestion {
  readonly projection: Projection;
  readonly predicate: BoundPredicate;
  readonly source: PlanSource;
}

function planManifest(
  manifest: LoadedManifest,
  { projection, predicate, source: { isWanted = isLive, files: only } }: ManifestQuestion,
  files: ListedFile[],
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
    if (entry === undefined || !isWanted(entry) || only?.has(entry.file.location) === false) continue;
    if (!mayMatch(projection.predicate, partitionFacts)) counts.filesPrunedByPartition += 1;
    else if (entry.file.recordCount === 0 || !mayMatch(predicate, columnFacts)) counts.filesPrunedByBounds += 1;
    else files.push(listedFile(entry));
  }
}

function* typesIn(predicate: BoundPredicate): Generator<[number, PrimitiveType]> {
  if (predicate.op === "and" || predicate.op === "or") {
    for (const each of predicate.of) yield* typesIn(each);
  } else if ("id" in predicate) {
    yield [predicate.id, predicate.type];
  }
}
