import type { Config, HealthReport } from "../app/index.ts";
import { K2Error, type Remedy } from "../base/index.ts";

const HEALTH_MS_MAX = 1_000;
const ANSWER_MS_MAX = 10_000;

/** What a running K2 refused, in its own words. */
class RefusedByRunningError extends K2Error {
  readonly code: K2Error["code"];
  readonly remedy: Remedy;

  constructor({ code, remedy, detail }: Pick<K2Error, "code" | "remedy"> & { readonly detail: string }) {
    super(detail);
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * Asks the K2 that runs with this configuration's data.
 *
 * @returns undefined where none runs, or it cannot answer now
 * @throws {K2Error} what it refuses, as it says it
 */
export async function askRunning<Answer>({ http, folder }: Config, path: string): Promise<Answer | undefined> {
  const url = `http://${http.host}:${http.port}`;
  const health = await get(`${url}/v1/health`, HEALTH_MS_MAX);
  // Another K2 may have the port, with other data.
  if (((await health?.json()) as HealthReport | undefined)?.process?.folder !== folder) return undefined;
  const response = await get(url + path, ANSWER_MS_MAX);
  if (response?.status === 409 || response?.status === 404)
    throw new RefusedByRunningError((await response.json()) as ConstructorParameters<typeof RefusedByRunningError>[0]);
  return response?.ok === true ? ((await response.json()) as Answer) : undefined;
}

async function get(url: string, timeoutMs: number): Promise<Response | undefined> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    return undefined;
  }
}
