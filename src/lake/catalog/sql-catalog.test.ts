import { afterAll, beforeAll } from "vitest";
import { postgresProblem, startTestPostgres, type TestPostgres } from "../test-postgres.ts";
import { type CatalogUnderTest, describeCatalog } from "./catalog.contract.ts";
import { TestCatalogs } from "./test-catalog.ts";

let postgres: TestPostgres | undefined;

beforeAll(async () => {
  if (postgresProblem === undefined) postgres = await startTestPostgres();
  else console.log(`The catalog on PostgreSQL is not tested: ${postgresProblem}`);
});

afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

async function open(url: string | undefined): Promise<CatalogUnderTest> {
  const catalogs = await TestCatalogs.begin(url);
  return {
    catalog: await catalogs.open(),
    other: await catalogs.open(),
    folder: catalogs.folder,
    [Symbol.asyncDispose]: () => catalogs[Symbol.asyncDispose](),
  };
}

describeCatalog("SQLite", () => open(undefined));
describeCatalog("PostgreSQL", async () => open(await postgres?.createDatabase()), { problem: postgresProblem });
