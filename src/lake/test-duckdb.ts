import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { SqlRunner } from "./index.ts";

/** A DuckDB in memory for tests and benchmarks of the lake. */
export class TestDuckDb implements SqlRunner, Disposable {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(): Promise<TestDuckDb> {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new TestDuckDb(instance, connection);
  }

  readonly run: SqlRunner["run"] = async (sql) => (await this.connection.runAndReadAll(sql)).getRows();

  /** Rows as JSON values: decimals, 64-bit integers and times are text. */
  async rows(sql: string): Promise<readonly (readonly unknown[])[]> {
    return (await this.connection.runAndReadAll(sql)).getRowsJson();
  }

  async types(sql: string): Promise<readonly string[]> {
    return (await this.connection.runAndReadAll(sql)).columnTypes().map(String);
  }

  [Symbol.dispose](): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}
