import { type Abortable, abortable, backoffMs, type Clock, type Random } from "../../base/index.ts";
import type { Catalog, LoadedTable, TableCommit } from "../catalog/catalog.ts";
import { identifierText, type TableIdentifier } from "../catalog/identifier.ts";
import { ChangeConflictError, CommitConflictError, CommitUnknownError, LakeNotFoundError } from "../errors.ts";
import type { TableRequirement } from "../metadata/requirement.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { applyUpdates, type TableUpdate } from "../metadata/update.ts";

/** A change of one table that can be decided anew on whatever the table has become meanwhile. */
export interface TableChange {
  readonly identifier: TableIdentifier;
  /** Whether the table holds this very change: after a commit whose outcome was not known. */
  isIn(metadata: TableMetadata): boolean;
  /** @throws where the change may not be applied to this table: then the commit is refused */
  prepare(base: LoadedTable, nowMs: number): Promise<PreparedChange>;
  /** Removes what this attempt wrote for itself alone. */
  discardAttempt(): Promise<void>;
  /** Removes all that was written for the change; it is refused. */
  discard(): Promise<void>;
}

export interface PreparedChange {
  readonly updates: readonly TableUpdate[];
  readonly requirements: readonly TableRequirement[];
}

export interface CommitContext {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly attemptsMax: number;
}

export interface Committed {
  readonly tables: readonly LoadedTable[];
  readonly attempts: number;
}

const BACKOFF_FIRST_MS = 4;
const BACKOFF_MAX_MS = 1_000;

/**
 * Optimistic commit: decide on the tables as they are, swap if they still are, otherwise decide anew.
 * All changes take effect together or none does, and each exactly once: after a swap of unknown outcome the tables
 * are asked whether they hold it before anything is tried again.
 *
 * @throws {CommitConflictError} when others were first `attemptsMax` times
 */
export async function commitChanges(
  changes: readonly TableChange[],
  context: CommitContext,
  { signal }: Abortable = {},
): Promise<Committed> {
  const outcome = { isKnown: true };
  try {
    for (let attempts = 1; ; attempts += 1) {
      signal?.throwIfAborted();
      const tables = await tryOnce(changes, context, outcome);
      if (!(tables instanceof Error)) return { tables, attempts };
      if (attempts >= context.attemptsMax) throw exhausted(changes, attempts, tables);
      const waitMs = backoffMs(attempts - 1, {
        firstMs: BACKOFF_FIRST_MS,
        maxMs: BACKOFF_MAX_MS,
        random: context.random,
      });
      await abortable(context.clock.sleep(waitMs, { signal }), signal);
    }
  } catch (error) {
    // With the outcome unknown the files may be live: an orphan costs room, a missing file costs the table.
    if (outcome.isKnown) await Promise.all(changes.map((change) => change.discard().catch(() => undefined)));
    throw error;
  }
}

/** @returns the tables with the changes in them, or why another try may succeed */
async function tryOnce(
  changes: readonly TableChange[],
  context: CommitContext,
  outcome: { isKnown: boolean },
): Promise<readonly LoadedTable[] | CommitConflictError | CommitUnknownError> {
  const bases = await loadAll(changes, context.catalog);
  if (!outcome.isKnown && bases.every(({ metadata }, index) => changes[index]?.isIn(metadata))) return bases;
  try {
    return await attemptCommit(changes, bases, context);
  } catch (error) {
    if (error instanceof CommitUnknownError) {
      outcome.isKnown = false;
      return error;
    }
    const conflict = error instanceof LakeNotFoundError ? await asConflict(error, bases, context.catalog) : error;
    if (!(conflict instanceof CommitConflictError) || conflict instanceof ChangeConflictError) throw conflict;
    await Promise.all(changes.map((change) => change.discardAttempt().catch(() => undefined)));
    return conflict;
  }
}

/** A file of the base is gone because its snapshot has expired since it was loaded: then another try is to be made. */
async function asConflict(cause: LakeNotFoundError, bases: readonly LoadedTable[], catalog: Catalog): Promise<Error> {
  for (const { identifier, metadataLocation } of bases) {
    const now = await catalog.load(identifier);
    if (now === undefined || now.metadataLocation === metadataLocation) continue;
    return new CommitConflictError(
      `Cannot commit to ${identifierText(identifier)}: what it was decided on has expired meanwhile. Nothing was changed`,
      { cause },
    );
  }
  return cause;
}

async function loadAll(changes: readonly TableChange[], catalog: Catalog): Promise<readonly LoadedTable[]> {
  const bases: LoadedTable[] = [];
  for (const { identifier } of changes) {
    const base = await catalog.load(identifier);
    if (base === undefined) {
      throw new LakeNotFoundError(`Cannot commit to ${identifierText(identifier)}: there is no such table`);
    }
    bases.push(base);
  }
  return bases;
}

async function attemptCommit(
  changes: readonly TableChange[],
  bases: readonly LoadedTable[],
  { catalog, clock }: CommitContext,
): Promise<readonly LoadedTable[]> {
  const commits: TableCommit[] = [];
  for (const [index, base] of bases.entries()) {
    const change = changes[index];
    if (change === undefined) continue;
    const nowMs = Math.max(Number(clock.nowNs() / 1_000_000n), base.metadata.lastUpdatedMs);
    const { updates, requirements } = await change.prepare(base, nowMs);
    commits.push({
      identifier: base.identifier,
      base,
      updates,
      requirements,
      next: applyUpdates(base.metadata, updates, nowMs),
    });
  }
  if (commits.every(({ base, next }) => next === base?.metadata)) return bases; // Nothing to be done after all.
  return catalog.commit(commits);
}

function exhausted(changes: readonly TableChange[], attempts: number, cause: Error): Error {
  if (cause instanceof CommitUnknownError) return cause;
  const names = changes.map(({ identifier }) => identifierText(identifier)).join(", ");
  return new CommitConflictError(
    `Cannot commit to ${names}: others were first ${attempts} times. Nothing was committed; try again later or raise commitAttemptsMax`,
    { cause },
  );
}
