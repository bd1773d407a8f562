import { type Kysely, sql, type Transaction } from "kysely";
import { type Clock, describeError, K2Error } from "../../base/index.ts";
import { CatalogUnavailableError, CommitConflictError, CommitUnknownError } from "../errors.ts";
import type { ChangeOptions, Receipt } from "./change-options.ts";
import { ReceiptTakenError } from "./receipts.ts";
import type { SqlFlavour } from "./sql-flavour.ts";
import { type CatalogTables, ensureLayout, isLaidOut } from "./sql-layout.ts";

export type Reader = Kysely<CatalogTables>;
export type Writer = Transaction<CatalogTables>;

export interface SqlDatabaseOptions {
  readonly catalog: string;
  readonly flavour: SqlFlavour;
  readonly clock: Clock;
}

/** The catalog's database: says of every failure whether something was changed. */
export class SqlDatabase implements AsyncDisposable {
  /** Whose rows these are: several catalogs may share one database. */
  readonly catalog: string;
  readonly flavour: SqlFlavour;
  readonly #kysely: Kysely<CatalogTables>;
  readonly #clock: Clock;

  constructor(kysely: Kysely<CatalogTables>, options: SqlDatabaseOptions) {
    this.#kysely = kysely;
    this.catalog = options.catalog;
    this.flavour = options.flavour;
    this.#clock = options.clock;
  }

  get nowMs(): number {
    return Number(this.#clock.nowNs() / 1_000_000n);
  }

  /** Makes the tables where they are not there. */
  async prepare(): Promise<void> {
    if (await isLaidOut(this.#kysely)) return; // Neither a lock nor the right to make tables is needed then.
    await this.change("prepare the catalog's tables", async (writer) => {
      // Two processes that start at once would otherwise both find nothing.
      if (this.flavour.name === "postgres") await sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(writer);
      await ensureLayout(writer, this.flavour);
    });
  }

  /** @throws {CatalogUnavailableError} when the database cannot be asked */
  async read<Result>(what: string, work: (reader: Reader) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.#kysely);
    } catch (error) {
      throw error instanceof K2Error ? error : unavailable(what, error);
    }
  }

  /**
   * Makes a change in one transaction, with its receipt where one is given.
   *
   * @throws what `work` throws, after rolling back
   * @throws {CommitConflictError} when another was in the way: nothing was changed
   * @throws {CatalogUnavailableError} when the database failed before the end: nothing was changed
   * @throws {CommitUnknownError} when it failed in committing
   */
  async change<Result>(
    what: string,
    work: (writer: Writer) => Promise<Result>,
    receipt?: ChangeOptions<Result>["receipt"],
  ): Promise<Result> {
    const progress: { isCommitting: boolean; failure?: unknown } = { isCommitting: false };
    try {
      return await this.#kysely.transaction().execute(async (writer) => {
        try {
          const result = await work(writer);
          const written = receipt?.(result);
          if (written !== undefined) await this.#writeReceipt(writer, written);
          progress.isCommitting = true;
          return result;
        } catch (error) {
          progress.failure = error; // Rolling back may fail too, and says less.
          throw error;
        }
      });
    } catch (seen) {
      throw this.#explain(what, progress.failure ?? seen, progress.isCommitting);
    }
  }

  #explain(what: string, error: unknown, wasCommitting: boolean): unknown {
    if (error instanceof K2Error || error instanceof ReceiptTakenError) return error;
    const { flavour } = this;
    if (wasCommitting ? flavour.isRolledBack(error) : flavour.isContention(error)) {
      return new CommitConflictError(
        `Cannot ${what}: another process holds the catalog's lock (${describeError(error)}). Nothing was changed`,
        { cause: error },
      );
    }
    if (!wasCommitting) return unavailable(what, error);
    return new CommitUnknownError(
      `The catalog failed while it was to ${what}: ${describeError(error)}. Whether it took effect is not known; load the table to see`,
      { cause: error },
    );
  }

  async #writeReceipt(writer: Writer, receipt: Receipt): Promise<void> {
    if (await this.insertReceipt(writer, receipt)) return;
    throw new ReceiptTakenError(`The key ${receipt.key} has its answer already`);
  }

  /** @returns false where the key has an answer that has not expired */
  async insertReceipt(writer: Writer, { key, request, answer, expiresMs }: Receipt): Promise<boolean> {
    await writer
      .deleteFrom("k2_idempotency")
      .where("catalog_name", "=", this.catalog)
      .where("idempotency_key", "=", key)
      .where("expires_ms", "<=", this.nowMs)
      .execute();
    const { numInsertedOrUpdatedRows } = await writer
      .insertInto("k2_idempotency")
      .values({ catalog_name: this.catalog, idempotency_key: key, request, answer, expires_ms: expiresMs })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kysely.destroy();
  }
}

/** Any number that nobody else locks; these are the letters "K2IC". */
const ADVISORY_LOCK = 0x4b324943;

function unavailable(what: string, cause: unknown): CatalogUnavailableError {
  return new CatalogUnavailableError(
    `Cannot ${what}: the catalog's database failed, ${describeError(cause)}. Nothing was changed; try again when it is back`,
    { cause },
  );
}
