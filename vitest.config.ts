import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Processes: DuckDB, SQLite and worker threads within one threads pool were seen to hang; see docs/decisions/0006.
    pool: "forks",
    isolate: false,
    maxWorkers: Math.max(2, availableParallelism() - 1), // Much of the time is waiting: for disks, sockets, child processes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } }, // How long a test waits for what must come; a busy machine takes its time.
  },
});
