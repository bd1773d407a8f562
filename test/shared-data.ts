import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../shared/data/", import.meta.url);

/**
 * Recorded market data that lies beside the project on some machines and is not part of it.
 *
 * @returns the file's path; undefined where it is absent, with the reason printed once a path
 */
export function sharedData(path: string): string | undefined {
  const file = fileURLToPath(new URL(path, root));
  if (existsSync(file)) return file;
  if (!reported.has(path)) console.info(`skipped: recorded data ${path} is not on this machine`);
  reported.add(path);
  return undefined;
}

const reported = new Set<string>();
