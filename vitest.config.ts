import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Worker threads that tests start load TypeScript themselves: once for all of them, rather than each anew. */
const COMPILE_CACHE = fileURLToPath(new URL("./node_modules/.cache/k2-compile", import.meta.url));

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Processes: DuckDB, SQLite and worker threads within one threads pool were seen to hang; see docs/decisions/0006.
    pool: "forks",
    isolate: false,
    execArgv: ["--wasm-wrapper-tiering-budget=1000000000"], // Node itself would crash now and then: docs/decisions/0017.
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    maxWorkers: Math.max(2, availableParallelism() - 1), // Much of the time is waiting: for disks, sockets, child processes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } }, // How long a test waits for what must come; a busy machine takes its time.
  },
});
