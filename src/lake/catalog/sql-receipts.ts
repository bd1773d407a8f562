import type { Receipt } from "./change-options.ts";
import type { Receipts } from "./receipts.ts";
import type { SqlDatabase } from "./sql-database.ts";

/** Receipts in the table `k2_idempotency`, beside the rows that they are about. */
export class SqlReceipts implements Receipts {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async find(key: string): Promise<Receipt | undefined> {
    const row = await this.#database.read("look for an idempotency key", (reader) =>
      reader
        .selectFrom("k2_idempotency")
        .selectAll()
        .where("catalog_name", "=", this.#database.catalog)
        .where("idempotency_key", "=", key)
        .executeTakeFirst(),
    );
    if (row === undefined || Number(row.expires_ms) <= this.#database.nowMs) return undefined;
    return { key, request: row.request, answer: row.answer, expiresMs: Number(row.expires_ms) };
  }

  async save(receipt: Receipt): Promise<boolean> {
    return this.#database.change("keep an idempotency key", (writer) => this.#database.insertReceipt(writer, receipt));
  }

  async forgetExpired(): Promise<number> {
    return this.#database.change("forget idempotency keys", async (writer) => {
      const { numDeletedRows } = await writer
        .deleteFrom("k2_idempotency")
        .where("catalog_name", "=", this.#database.catalog)
        .where("expires_ms", "<=", this.#database.nowMs)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    });
  }
}
