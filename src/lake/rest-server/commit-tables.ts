import { backoffMs } from "../../base/index.ts";
import type { LoadedTable, TableCommit } from "../catalog/catalog.ts";
import type { ChangeOptions } from "../catalog/change-options.ts";
import { identifierText, type TableIdentifier } from "../catalog/identifier.ts";
import { CommitConflictError, TableNotFoundError } from "../errors.ts";
import { tableFromUpdates } from "../metadata/new-table.ts";
import { checkRequirements, type TableRequirement } from "../metadata/requirement.ts";
import { applyUpdates, type TableUpdate } from "../metadata/update.ts";
import type { RestContext } from "./rest-context.ts";

/** What a client wants of one table. */
export interface TableChange {
  readonly identifier: TableIdentifier;
  readonly requirements: readonly TableRequirement[];
  readonly updates: readonly TableUpdate[];
}

const ATTEMPTS_MAX = 10;
const BACKOFF = { firstMs: 4, maxMs: 250 };

/**
 * Applies clients' changes, all or none. Where another writer is first, they are applied to what the tables have become,
 * as long as what the client requires still holds.
 *
 * @throws {CommitConflictError} when a requirement does not hold, or others were first too many times
 */
export async function commitTables(
  context: RestContext,
  changes: readonly TableChange[],
  options: ChangeOptions<readonly LoadedTable[]>,
): Promise<readonly LoadedTable[]> {
  const { clock, random } = context.options;
  for (let attempt = 1; ; attempt += 1) {
    const commits: TableCommit[] = [];
    for (const change of changes) commits.push(await decide(context, change)); // May refuse for good.
    try {
      return await commitDecided(context, commits, options);
    } catch (error) {
      if (!(error instanceof CommitConflictError) || attempt >= ATTEMPTS_MAX) throw error;
    }
    await clock.sleep(backoffMs(attempt - 1, { ...BACKOFF, random }));
  }
}

async function decide(context: RestContext, { identifier, requirements, updates }: TableChange): Promise<TableCommit> {
  const base = await context.catalog.load(identifier);
  const isCreation = requirements.some(({ type }) => type === "assert-create");
  if (base === undefined && !isCreation) throw new TableNotFoundError(identifierText(identifier));
  checkRequirements(base?.metadata, requirements);
  if (base !== undefined) {
    const next = applyUpdates(base.metadata, updates, context.nowMs);
    context.checkLocations(next, base.metadata);
    return { identifier, base, requirements, updates, next };
  }
  const tableUuid = context.options.ids.uuid();
  const location = await context.locationFor(identifier);
  const next = tableFromUpdates(updates, { tableUuid, location, nowMs: context.nowMs });
  context.checkLocations(next);
  return { identifier, base, requirements, updates, next };
}

/** A table that its updates leave as it is stays at its version. */
async function commitDecided(
  { catalog }: RestContext,
  commits: readonly TableCommit[],
  options: ChangeOptions<readonly LoadedTable[]>,
): Promise<readonly LoadedTable[]> {
  const changed = commits.filter(({ base, next }) => next !== base?.metadata);
  const merged = (committed: readonly LoadedTable[]): readonly LoadedTable[] => {
    const after = new Map(committed.map((table) => [identifierText(table.identifier), table]));
    return commits.flatMap(({ identifier, base }) => after.get(identifierText(identifier)) ?? base ?? []);
  };
  if (changed.length === 0) return merged([]);
  const { receipt } = options;
  return merged(await catalog.commit(changed, receipt && { receipt: (committed) => receipt(merged(committed)) }));
}
