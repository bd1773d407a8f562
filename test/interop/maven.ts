import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./engines.ts";

/** Where engines are installed, outside the lock file. */
export const CACHE: string = fileURLToPath(new URL("../../node_modules/.cache/k2-referees/", import.meta.url));

const RESOLVE_MS_MAX = 300_000;
const MAVEN_ARGUMENTS = ["-B", "-q", "-Dmaven.wagon.http.retryHandler.count=2", "dependency:build-classpath"];

/**
 * The jars of a Maven project's dependencies, fetched where they are not yet.
 *
 * @param pom the project file, in which the versions are pinned
 * @returns a Java class path
 * @throws {Error} where Maven is missing or cannot fetch them
 */
export async function resolveClassPath(pom: string): Promise<string> {
  const text = await readFile(pom, "utf8");
  const folder = join(CACHE, "maven", createHash("sha256").update(text).digest("hex").slice(0, 16));
  const answer = join(folder, "class-path.txt");
  if (existsSync(answer)) {
    const classPath = await readFile(answer, "utf8");
    if (classPath.split(":").every((jar) => existsSync(jar))) return classPath;
  }
  await mkdir(folder, { recursive: true });
  const project = join(folder, "pom.xml");
  await copyFile(pom, project);
  const partial = join(folder, "class-path.partial");
  const repository = join(CACHE, "maven", "repository");
  await runProgram(
    "mvn",
    [...MAVEN_ARGUMENTS, "-f", project, `-Dmaven.repo.local=${repository}`, `-Dmdep.outputFile=${partial}`],
    { durationMsMax: RESOLVE_MS_MAX },
  );
  await writeFile(partial, (await readFile(partial, "utf8")).trim());
  await rename(partial, answer);
  return readFile(answer, "utf8");
}
