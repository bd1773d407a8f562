import { afterAll, beforeAll, test } from "vitest";
import { postgresProblem, startTestPostgres, type TestPostgres } from "../test-postgres.ts";
import { TestCatalogs } from "./test-catalog.ts";

/** What a test of SQL catalogs runs against. */
export interface TestDatabase {
  readonly catalogs: TestCatalogs;
  /** Undefined on SQLite. */
  readonly postgres: TestPostgres | undefined;
  /** A file's path, or a URL. */
  readonly place: string;
}

/** Registers tests that run on SQLite and on PostgreSQL, which is started once for the file. */
export function onBothDatabases(): (title: string, run: (database: TestDatabase) => Promise<void>) => void {
  let postgres: TestPostgres | undefined;
  beforeAll(async () => {
    if (postgresProblem === undefined) postgres = await startTestPostgres();
    else console.log(`Not tested on PostgreSQL: ${postgresProblem}`);
  });
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]();
  });
  return (title, run) => {
    test(`SQLite: ${title}`, async () => {
      await using catalogs = await TestCatalogs.begin();
      await run({ catalogs, postgres: undefined, place: catalogs.place });
    });
    test.skipIf(postgresProblem !== undefined)(`PostgreSQL: ${title}`, async () => {
      await using catalogs = await TestCatalogs.begin(await postgres?.createDatabase());
      await run({ catalogs, postgres, place: catalogs.place });
    });
  };
}
