import { type ColumnFacts, mayMatch } from "../core/evaluate.ts";
import type { BoundPredicate } from "../core/predicate.ts";
import { projectPredicate } from "../core/projection.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { LoadedManifest, manifestContext } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

/** False only where no row of the file can match, by its partition and, of a data file, its bounds. */
export function fileMayMatch(metadata: TableMetadata, file: DataFile, predicate: BoundPredicate): boolean {
  const { spec } = manifestContext(metadata, file.specId);
  const facts = factsOf(file);
  const positions = new Map(spec.fields.map(({ fieldId }, position) => [fieldId, position]));
  const inPartition = mayMatch(projectPredicate(spec, predicate), (id) => facts.partition(positions.get(id) ?? -1));
  if (!inPartition) return false;
  if (file.content !== "data") return true; // Bounds of position deletes are of paths; of equality deletes, too narrow a question.
  const types = new Map(typesIn(predicate));
  return mayMatch(predicate, (id) => {
    const type = types.get(id);
    return type === undefined ? undefined : facts.column(id, type);
  });
}

/** What the file's metrics and partition tell, as planning reads them. */
function factsOf(file: DataFile): {
  column(id: number, type: PrimitiveType): ColumnFacts | undefined;
  partition(position: number): ColumnFacts | undefined;
} {
  const one = new LoadedManifest([
    { status: "existing", snapshotId: undefined, sequenceNumber: undefined, fileSequenceNumber: undefined, file },
  ]);
  return {
    column: (id, type) => one.columnFacts(id, type)[0],
    partition: (position) => (position < 0 ? undefined : one.partitionFacts(position)[0]),
  };
}

function* typesIn(predicate: BoundPredicate): Generator<[number, PrimitiveType]> {
  if (predicate.op === "and" || predicate.op === "or") {
    for (const each of predicate.of) yield* typesIn(each);
  } else if ("id" in predicate) {
    yield [predicate.id, predicate.type];
  }
}
