import { join } from "node:path";
import fastify from "fastify";
import { type Lake, openLake } from "../../src/lake/index.ts";

const NAME = "k2";

/** A lake in a folder, and our REST server before its catalog, on a port of 127.0.0.1. */
export interface RestLake extends AsyncDisposable {
  readonly lake: Lake;
  /** Such that `<uri>/v1/config` answers. */
  readonly uri: string;
  /** The folder of the tables, as `file://`. */
  readonly warehouse: string;
  /** The catalog's name in its database, and to its clients. */
  readonly name: string;
  /** The SQLite file; undefined in PostgreSQL. */
  readonly database: string | undefined;
}

/** @param postgresUrl of an empty database; default a SQLite file in the folder */
export async function openRestLake(folder: string, postgresUrl?: string): Promise<RestLake> {
  const warehouse = join(folder, "warehouse");
  const database = postgresUrl === undefined ? join(folder, "catalog.sqlite") : undefined;
  const lake = await openLake({
    warehouse,
    name: NAME,
    catalog:
      postgresUrl === undefined
        ? { kind: "sqlite", path: join(folder, "catalog.sqlite") }
        : { kind: "postgres", url: postgresUrl },
  });
  const server = fastify({ forceCloseConnections: true });
  // The compatibility kit puts tables in places of its own choice.
  await server.register(lake.restCatalog({ locations: ["file:///tmp"] }), { prefix: "/catalog" });
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    lake,
    uri: `${address}/catalog`,
    warehouse: `file://${warehouse}`,
    name: NAME,
    database,
    async [Symbol.asyncDispose]() {
      await server.close();
      await lake[Symbol.asyncDispose]();
    },
  };
}
