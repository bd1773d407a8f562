import { InvalidInputError } from "../../base/index.ts";
import type { Lease, Leases } from "./leases.ts";
import { LENGTH_MAX } from "./namespace-text.ts";
import type { Reader, SqlDatabase, Writer } from "./sql-database.ts";

/** Leases in the table `k2_leases`: a row stays when its lease ends, so that no epoch comes twice. */
export class SqlLeases implements Leases {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async acquire(name: string, holder: string, durationMs: number): Promise<Lease | undefined> {
    checkNames(name, holder);
    return this.#database.change(`take lease ${name}`, async (writer) => {
      // Makes the row first, so that there is one to lock.
      await writer
        .insertInto("k2_leases")
        .values({ catalog_name: this.#database.catalog, lease_name: name, holder, epoch: 0, until_ms: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const found = await this.#row(writer, name, { isLocking: true });
      if (found === undefined || (found.holder !== holder && found.untilMs > this.#database.nowMs)) return undefined;
      return this.#put(writer, { name, holder, epoch: found.epoch + 1, untilMs: this.#database.nowMs + durationMs });
    });
  }

  async renew(lease: Lease, durationMs: number): Promise<Lease | undefined> {
    return this.#database.change(`renew lease ${lease.name}`, async (writer) => {
      const found = await this.#row(writer, lease.name, { isLocking: true });
      if (found?.epoch !== lease.epoch || found.holder !== lease.holder) return undefined;
      return this.#put(writer, { ...lease, untilMs: this.#database.nowMs + durationMs });
    });
  }

  async release(lease: Lease): Promise<void> {
    await this.#database.change(`release lease ${lease.name}`, async (writer) => {
      const found = await this.#row(writer, lease.name, { isLocking: true });
      if (found?.epoch === lease.epoch && found.holder === lease.holder)
        await this.#put(writer, { ...lease, untilMs: 0 });
    });
  }

  async current(name: string): Promise<Lease | undefined> {
    const found = await this.#database.read(`look at lease ${name}`, (reader) =>
      this.#row(reader, name, { isLocking: false }),
    );
    return found !== undefined && found.untilMs > this.#database.nowMs ? found : undefined;
  }

  async #row(reader: Reader, name: string, { isLocking }: { readonly isLocking: boolean }): Promise<Lease | undefined> {
    const query = reader
      .selectFrom("k2_leases")
      .select(["holder", "epoch", "until_ms"])
      .where("catalog_name", "=", this.#database.catalog)
      .where("lease_name", "=", name);
    const row = await (isLocking && this.#database.flavour.locksRows ? query.forUpdate() : query).executeTakeFirst();
    return row && { name, holder: row.holder, epoch: Number(row.epoch), untilMs: Number(row.until_ms) };
  }

  async #put(writer: Writer, lease: Lease): Promise<Lease> {
    await writer
      .updateTable("k2_leases")
      .set({ holder: lease.holder, epoch: lease.epoch, until_ms: lease.untilMs })
      .where("catalog_name", "=", this.#database.catalog)
      .where("lease_name", "=", lease.name)
      .execute();
    return lease;
  }
}

function checkNames(...names: readonly string[]): void {
  if (names.every((name) => name !== "" && name.length <= LENGTH_MAX)) return;
  throw new InvalidInputError(
    `A lease and its holder have names of 1 to ${LENGTH_MAX} characters: ${names.join(", ")}`,
  );
}
