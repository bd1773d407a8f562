import { spawn } from "node:child_process";

export interface ProcessOutput {
  readonly stdout: string;
  /** Warnings, mostly. */
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly durationMsMax?: number;
}

const DURATION_MS_MAX = 180_000;

/**
 * Runs a program to its end.
 *
 * @throws {Error} with what it printed, when it fails or takes too long
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, input = "", durationMsMax = DURATION_MS_MAX }: ProcessOptions = {},
): Promise<ProcessOutput> {
  const child = spawn(program, args, {
    cwd,
    stdio: ["pipe", "pipe", "pipe"],
    signal: AbortSignal.timeout(durationMsMax),
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("close", resolve);
  child.stdin.on("error", () => {}); // One that ends without reading its input says so by its exit code.
  child.stdin.end(input);
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString("utf8");
  }) as [() => string, () => string];
  const status = await promise;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${(stderr() || stdout()).slice(-2_000)}`);
  return { stdout: stdout(), stderr: stderr() };
}

/** Python ≥ 3.10 with the engine's packages; every warning is shown. */
export function runPython(
  executable: string,
  code: string,
  { args = [], ...options }: ProcessOptions & { readonly args?: readonly string[] } = {},
): Promise<ProcessOutput> {
  return runProgram(executable, ["-W", "default", "-c", code, ...args], options);
}

const CLICKHOUSE = `
  const { query } = require(require.resolve("chdb", { paths: [process.argv[1]] }));
  const queries = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const lines = (text) => text.trim() === "" ? [] : text.trim().split("\\n").map((line) => JSON.parse(line));
  process.stdout.write(JSON.stringify(queries.map((text) => lines(query(text, "JSONCompactEachRow")))));`;

/**
 * ClickHouse in a process of its own, because it reads local tables under its working directory only.
 *
 * @param chdb folder in which `chdb` is installed
 * @param folder the working directory
 * @returns the rows of each query
 */
export async function runClickHouse<Value = unknown>(
  { chdb, folder }: { readonly chdb: string; readonly folder: string },
  queries: readonly string[],
): Promise<readonly (readonly (readonly Value[])[])[]> {
  const { stdout } = await runProgram(process.execPath, ["-e", CLICKHOUSE, chdb], {
    cwd: folder,
    input: JSON.stringify(queries),
  });
  return JSON.parse(stdout);
}
