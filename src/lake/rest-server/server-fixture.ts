/*
 * A process that serves a catalog, for tests that kill it: `node server-fixture.ts <folder>` prints its URL.
 */
import fastify from "fastify";
import { openSqlite, silentLogger, systemClock, systemFiles, systemRandom } from "../../base/index.ts";
import { openSqlCatalog } from "../catalog/sql-catalog.ts";
import { systemIds } from "../io/ids.ts";
import { LocalFileIo } from "../io/local-file-io.ts";
import { MetadataStore } from "../metadata/metadata-store.ts";
import { restCatalogServer } from "./rest-server.ts";

const folder = process.argv[2] ?? "";
const metadata = new MetadataStore(new LocalFileIo(systemFiles), systemIds, 1 << 24);
const dialect = openSqlite(`${folder}/catalog.sqlite`);
const catalog = await openSqlCatalog({ dialect, name: "test", metadata, logger: silentLogger });
const server = fastify();
await server.register(
  restCatalogServer({
    catalog,
    receipts: catalog.receipts,
    name: "test",
    warehouse: `file://${folder}/warehouse`,
    clock: systemClock,
    random: systemRandom,
    ids: systemIds,
    logger: silentLogger,
  }),
  { prefix: "/catalog" },
);
console.log(await server.listen({ host: "127.0.0.1", port: 0 }));
