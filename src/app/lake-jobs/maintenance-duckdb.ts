import { rm } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { SqlRunner } from "../../lake/index.ts";

export interface MaintenanceDuckDbOptions {
  /** What does not fit into memory is written here; emptied before and after. */
  readonly spillFolder: string;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Interrupts the statement that runs. */
  readonly signal?: AbortSignal | undefined;
}

/** A DuckDB for one job: its memory goes when the job ends. */
export interface MaintenanceDuckDb extends AsyncDisposable {
  readonly run: SqlRunner["run"];
}

export async function openMaintenanceDuckDb(options: MaintenanceDuckDbOptions): Promise<MaintenanceDuckDb> {
  const { spillFolder, memoryBytes, threads, signal } = options;
  await rm(spillFolder, { recursive: true, force: true });
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${Math.max(64, Math.round(memoryBytes / 1_048_576))}MiB`,
    threads: String(threads),
    temp_directory: spillFolder,
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  return {
    run: async (sql) => {
      signal?.throwIfAborted();
      try {
        return (await connection.runAndReadAll(sql)).getRowsJson();
      } catch (error) {
        signal?.throwIfAborted(); // Our own interruption is not the statement's fault.
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener("abort", interrupt);
      connection.closeSync();
      instance.closeSync();
      await rm(spillFolder, { recursive: true, force: true });
    },
  };
}
