import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError } from "../../src/base/index.ts";
import { runProgram } from "./engines.ts";

/** An engine that checks K2's tables, and the variable by which the checks find it. */
interface Referee {
  readonly engine: string;
  readonly variable: string;
  /** Pins of versions; the referee is installed anew when they change. */
  readonly pins: URL;
  /** @returns what the variable names */
  install(folder: string, pins: string): Promise<string>;
  /** What the variable names once it is installed. */
  readonly at: (folder: string) => string;
}

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/k2-referees/", import.meta.url));
const INSTALL_MS_MAX = 240_000;
const PYTHONS = ["python3", "python"];
const PYTHON_VERSION = "import sys; assert sys.version_info >= (3, 10), sys.version; print(sys.version)";

const pythonIn = (folder: string): string =>
  process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");

const REFEREES: readonly Referee[] = [
  {
    engine: "PyIceberg",
    variable: "K2_PYICEBERG_PYTHON",
    pins: new URL("referees/pyiceberg.txt", import.meta.url),
    install: installPython,
    at: pythonIn,
  },
  {
    engine: "DuckDB",
    variable: "K2_DUCKDB_PYTHON",
    pins: new URL("referees/duckdb.txt", import.meta.url),
    install: installPython,
    at: pythonIn,
  },
  {
    engine: "ClickHouse",
    variable: "K2_CHDB",
    pins: new URL("referees/clickhouse.json", import.meta.url),
    install: installNpm,
    at: (folder) => folder,
  },
];

export interface Installed {
  readonly engine: string;
  readonly variable: string;
  /** What the variable is to name; undefined where the engine cannot be had here. */
  readonly value: string | undefined;
  readonly reason: string | undefined;
}

/**
 * Installs the engines into a cache of their own, outside the lock file, where they are not yet. One that the environment
 * names already is taken as it is.
 */
export function installReferees(): Promise<readonly Installed[]> {
  return Promise.all(
    REFEREES.map(async (referee) => {
      const { engine, variable } = referee;
      try {
        return { engine, variable, value: process.env[variable] ?? (await ensure(referee)), reason: undefined };
      } catch (error) {
        return { engine, variable, value: undefined, reason: describeError(error).replaceAll(/\s+/g, " ").slice(-500) };
      }
    }),
  );
}

async function ensure({ engine, pins, install, at }: Referee): Promise<string> {
  const folder = join(CACHE, engine.toLowerCase());
  const stamp = join(folder, ".installed");
  const wanted = createHash("sha256")
    .update(await readFile(pins))
    .digest("hex");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted && existsSync(at(folder))) return at(folder);
  console.log(`Installing ${engine} to check with (once) …`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const value = await install(folder, fileURLToPath(pins));
  await writeFile(stamp, wanted);
  return value;
}

async function installPython(folder: string, pins: string): Promise<string> {
  await runProgram(await findPython(), ["-m", "venv", folder], { durationMsMax: INSTALL_MS_MAX });
  const python = pythonIn(folder);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:", "--retries", "2"];
  await runProgram(python, ["-m", "pip", "install", ...quiet, "-r", pins], { durationMsMax: INSTALL_MS_MAX });
  return python;
}

async function findPython(): Promise<string> {
  const problems: string[] = [];
  for (const candidate of PYTHONS) {
    try {
      await runProgram(candidate, ["-c", PYTHON_VERSION]);
      return candidate;
    } catch (error) {
      problems.push(`${candidate}: ${describeError(error)}`);
    }
  }
  throw new Error(`There is no Python 3.10 or newer (${problems.join("; ")})`);
}

async function installNpm(folder: string, pins: string): Promise<string> {
  await copyFile(pins, join(folder, "package.json"));
  const args = ["install", "--prefix", folder, "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"];
  const npm = process.env["npm_execpath"];
  const [program, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  await runProgram(program, [...first, ...args, "--fetch-retries=2"], { cwd: folder, durationMsMax: INSTALL_MS_MAX });
  return folder;
}
