import { type Abortable, describeError } from "../base/index.ts";
import { QUALITY, TABLES, type TableDefinition } from "../domain/index.ts";
import { SqlError, type Store } from "../store/index.ts";
import { describeTables } from "./describe-tables.ts";
import type { LakeSource } from "./lake-source.ts";
import { LATENCY_ATLAS } from "./latency-atlas.ts";
import type { AsOf, SqlOptions, SqlResult } from "./query.ts";
import { sessionViews } from "./session-views.ts";
import { Sources } from "./sources.ts";

const ROWS_MAX_DEFAULT = 10_000;

/** Runs SQL over views of one consistent state; see QueryEngine.sql. */
export async function runSql(
  text: string,
  { store, lake }: { readonly store: Store; readonly lake: LakeSource },
  { asOf, rowsMax = ROWS_MAX_DEFAULT, signal }: SqlOptions = {},
): Promise<SqlResult> {
  const tables = tablesIn(text);
  const at = asOf === undefined ? undefined : await commonTime(asOf, tables, lake, { signal });
  using sources = await Sources.open({ store, lake: at?.lake ?? lake, tables, asOf }, { signal });
  await using session = await store.session({ signal });
  await session.query(await sessionViews(tables, sources, store.listings(), readIn(text)), { signal });
  try {
    return await session.query(text, { rowsMax, signal });
  } catch (error) {
    throw error instanceof SqlError ? withHelp(error) : error;
  }
}

/** Tables that a text may speak of: by name, or all where it asks what there is. */
function tablesIn(text: string): readonly TableDefinition[] {
  const asksForAll = /\b(show|describe|summarize|information_schema|pragma\w*|duckdb_\w+)\b/i.test(text);
  return asksForAll ? TABLES : namedIn(text);
}

/** Tables whose rows a text may read: who only asks what there is, reads none. Each costs the plan and, where the lake is remote, copies of its files. */
function readIn(text: string): ReadonlySet<TableDefinition> {
  return new Set(/^\s*(show|describe)\b/i.test(text) ? [] : namedIn(text));
}

function namedIn(text: string): readonly TableDefinition[] {
  const lowered = text.toLowerCase();
  const named = TABLES.filter(({ name }) => lowered.includes(name));
  return lowered.includes(LATENCY_ATLAS) && !named.includes(QUALITY) ? [...named, QUALITY] : named;
}

/**
 * A snapshot id belongs to one table; the others are asked as of the moment it was committed.
 * A table that had no state yet is empty.
 */
async function commonTime(
  asOf: AsOf,
  tables: readonly TableDefinition[],
  lake: LakeSource,
  options: Abortable,
): Promise<{ readonly lake: LakeSource }> {
  const orUndefined = async (table: TableDefinition, choice: AsOf) => {
    try {
      return await lake.snapshot(table, choice, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const named = "snapshotId" in asOf ? await Promise.all(tables.map((table) => orUndefined(table, asOf))) : [];
  const owner = named.find((snapshot) => snapshot !== undefined);
  if ("snapshotId" in asOf && owner === undefined && tables[0] !== undefined) {
    await lake.snapshot(tables[0], asOf, options); // Says why not.
  }
  const time: AsOf = "snapshotId" in asOf ? { timeUs: owner?.committedAtUs ?? 0 } : asOf;
  return {
    lake: {
      snapshot: async (table) => named[tables.indexOf(table)] ?? (await orUndefined(table, time)),
    },
  };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "K2_LAKE_NOT_FOUND";
}

function withHelp(error: SqlError): SqlError {
  const message = describeError(error);
  const isUnknown = /does not exist|not found in FROM clause/i.test(message);
  if (!isUnknown) return error;
  const tables = describeTables().map(({ name }) => name);
  return new SqlError(`${message}\nThere are: ${tables.join(", ")}; \`k2 tables\` lists their columns`, {
    cause: error,
  });
}
