import { rm } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "./engines.ts";

/** The last that Maven Central has; later ones are published elsewhere. */
export const TRINO_VERSION = "476";

const INSTALL_MS_MAX = 540_000;
const LIBRARIES = `trino-server-${TRINO_VERSION}/lib/`;
const ICEBERG = `trino-server-${TRINO_VERSION}/plugin/iceberg/`;

/**
 * Trino with its Iceberg plugin and no other.
 *
 * @returns its folder
 * @throws {Error} without Maven and tar
 */
export async function installTrino(folder: string): Promise<string> {
  const archive = join(folder, `trino-server-${TRINO_VERSION}.tar.gz`);
  const repository = join(folder, "repository");
  await runProgram(
    "mvn",
    ["-B", "-q", "dependency:copy", `-Dartifact=io.trino:trino-server:${TRINO_VERSION}:tar.gz`].concat(
      `-DoutputDirectory=${folder}`,
      `-Dmaven.repo.local=${repository}`,
    ),
    { cwd: folder, durationMsMax: INSTALL_MS_MAX },
  );
  // The plugins' common jars are in the archive once, as links to the first plugin that has them.
  const { stdout } = await runProgram("tar", ["--list", "--verbose", "--gzip", "--file", archive], {
    durationMsMax: INSTALL_MS_MAX,
  });
  const links = stdout
    .split("\n")
    .filter((line) => line.includes(ICEBERG) && line.includes(" link to "))
    .map((line) => line.slice(line.indexOf(" link to ") + " link to ".length).trim())
    .filter((path) => !path.startsWith(LIBRARIES) && !path.startsWith(ICEBERG));
  await runProgram(
    "tar",
    ["--extract", "--gzip", "--file", archive, "--directory", folder, LIBRARIES, ICEBERG].concat("--files-from", "-"),
    { input: [...new Set(links)].join("\n"), durationMsMax: INSTALL_MS_MAX },
  );
  await rm(archive);
  await rm(repository, { recursive: true });
  return join(folder, `trino-server-${TRINO_VERSION}`);
}
