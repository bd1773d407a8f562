import { formatJson, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { ProgressMismatchError, WriterFencedError } from "../errors.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

/** How far one writer has come in one table; committed with the rows it accounts for, so the two never disagree. */
export interface WriterProgress {
  /** Of the process that writes as this writer; a newer one fences the older. */
  readonly epoch: number;
  /** The writer's own words, such as log offsets: kept and compared, never interpreted. */
  readonly positions: string;
}

/** What a commit says of its writer. */
export interface ProgressInput extends WriterProgress {
  readonly writer: string;
  /** The positions these rows continue from; undefined for the writer's first commit to the table. */
  readonly continuesFrom: string | undefined;
}

const PREFIX = "k2.progress.";

/**
 * Kept as a table property: unlike a snapshot's summary it survives the expiry of snapshots, after which other sinks have
 * lost their place and committed twice (apache/iceberg#5846).
 */
export function progressOf(
  metadata: TableMetadata,
  writer: string,
): (WriterProgress & { readonly commitId: string }) | undefined {
  const text = metadata.properties[PREFIX + writer];
  if (text === undefined) return undefined;
  const reader = new JsonReader(parseJson(text), `property ${PREFIX}${writer}`);
  return { epoch: reader.integer("epoch"), positions: reader.text("positions"), commitId: reader.text("commit") };
}

export function progressProperties(progress: ProgressInput, commitId: string): Readonly<Record<string, string>> {
  const { writer, epoch, positions } = progress;
  return { [PREFIX + writer]: formatJson({ epoch, positions, commit: commitId }) };
}

export function progressSummary(progress: ProgressInput): Readonly<Record<string, string>> {
  return { "k2.writer": progress.writer, "k2.epoch": String(progress.epoch), "k2.positions": progress.positions };
}

/** A snapshot that moves no writer on contains what its parent does: a compaction, a delete. */
export function inheritedProgress(
  parent: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const names = ["k2.writer", "k2.epoch", "k2.positions"];
  return Object.fromEntries(Object.entries(parent ?? {}).filter(([name]) => names.includes(name)));
}

/**
 * @throws {WriterFencedError} when a newer epoch has written
 * @throws {ProgressMismatchError} when the table is not where the writer continues from
 */
export function checkProgress(metadata: TableMetadata, progress: ProgressInput): void {
  const held = progressOf(metadata, progress.writer);
  const where = `Cannot commit to ${metadata.location} as writer ${progress.writer}, epoch ${progress.epoch}`;
  if (held !== undefined && held.epoch > progress.epoch) {
    throw new WriterFencedError(
      `${where}: epoch ${held.epoch} has taken over. Nothing was committed; stop this process's writer`,
    );
  }
  if (held?.positions !== progress.continuesFrom) {
    throw new ProgressMismatchError(
      `${where}: the rows continue from ${show(progress.continuesFrom)}, the table holds ${show(held?.positions)}. ` +
        "Nothing was committed; read the table's progress and stage again from there",
    );
  }
}

function show(positions: string | undefined): string {
  return positions === undefined ? "the beginning" : JSON.stringify(positions.slice(0, 200));
}
