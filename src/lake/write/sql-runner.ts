/**
 * A DuckDB connection, as little of it as staging needs: `{ run: async (sql) => (await connection.runAndReadAll(sql)).getRows() }`.
 * The connection must be free for the while, see what `relation` names, and keep `preserve_insertion_order` (the default).
 */
export interface SqlRunner {
  run(sql: string): Promise<readonly (readonly unknown[])[]>;
}
