import { type Dialect, PostgresDialect } from "kysely";
import { Pool } from "pg";
import { describeError, InvalidInputError, type Logger } from "../../base/index.ts";
import type { SqlFlavour } from "./sql-flavour.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the settings of libpq that node-postgres knows. */
  readonly url: string;
  readonly logger: Logger;
  /** Default 8. */
  readonly connectionsMax?: number | undefined;
  /** How long a statement may take, or wait for a lock. Default 15,000. */
  readonly statementMsMax?: number | undefined;
}

const CONNECT_MS_MAX = 10_000;

/**
 * A PostgreSQL database for Kysely. Connects at the first query, and again after a connection is lost.
 *
 * @throws {InvalidInputError} when the URL is not one of PostgreSQL's
 */
export function openPostgres({ url, logger, connectionsMax = 8, statementMsMax = 15_000 }: PostgresOptions): Dialect {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new InvalidInputError("Cannot open the catalog: its URL must be postgres://user:password@host:port/database");
  }
  const pool = new Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    // Enforced by the server, which then says that the statement had no effect.
    statement_timeout: statementMsMax,
    lock_timeout: statementMsMax,
    idle_in_transaction_session_timeout: 2 * statementMsMax,
    // For a server that answers no more at all: then the outcome is unknown.
    query_timeout: 2 * statementMsMax,
    keepAlive: true,
    application_name: "k2",
  });
  // A connection that breaks, idle or between two statements of a transaction, is replaced at its next use, and a
  // statement that meets it fails. Without a listener it would end the process.
  const told = (error: Error): void =>
    logger.warn({ error: describeError(error) }, "A connection to the catalog was lost");
  pool.on("error", told);
  pool.on("connect", (client) => client.on("error", told));
  return new PostgresDialect({ pool });
}

/** https://www.postgresql.org/docs/15/errcodes-appendix.html: serialization_failure, deadlock_detected, lock_not_available, query_canceled. */
const CONTENTION: ReadonlySet<unknown> = new Set(["40001", "40P01", "55P03", "57014"]);

export const postgresFlavour: SqlFlavour = {
  name: "postgres",
  locksRows: true,
  isContention: (error) => CONTENTION.has(sqlState(error)),
  // Class 40 is "transaction rollback", class 23 a constraint that is checked at the end.
  isRolledBack: (error) => /^(40|23)/.test(sqlState(error) ?? ""),
};

/** Undefined for an error of the connection rather than of the server. */
function sqlState(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && "severity" in error ? String(error.code) : undefined;
}
