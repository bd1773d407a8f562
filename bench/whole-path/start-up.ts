import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { residentBytes } from "./process-usage.ts";
import { megabytes } from "./quantiles.ts";
import { freePort, sleep, startK2Process, stopped } from "./scene.ts";

const POLL_EVERY_MS = 5;
const GIVE_UP_MS = 60_000;

export interface StartUp {
  /** From the command to the first answer with a row in it. */
  readonly rowMs: number;
  /** The same to the first answer at all. */
  readonly answerMs: number;
}

/** `k2 up` on an empty folder, again and again, with the market that it brings. */
export async function measureStartUps(rounds: number): Promise<readonly StartUp[]> {
  const found: StartUp[] = [];
  for (let round = 0; round < rounds; round += 1) found.push(await startOnce());
  return found;
}

async function startOnce(): Promise<StartUp> {
  const folder = mkdtempSync(join(tmpdir(), "k2-start-"));
  const port = await freePort();
  const startMs = performance.now();
  const child = startK2Process(["up", "--data", folder, "--port", String(port)], { folder, nodeOptions: [] });
  try {
    let answerMs: number | undefined;
    for (; performance.now() - startMs < GIVE_UP_MS; await sleep(POLL_EVERY_MS)) {
      const rows = await newestRows(port);
      if (rows !== undefined) answerMs ??= performance.now() - startMs;
      if (answerMs !== undefined && rows !== undefined && rows > 0) {
        return { answerMs, rowMs: performance.now() - startMs };
      }
    }
    throw new Error("K2 answered no trade within a minute");
  } finally {
    await stopped(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function newestRows(port: number): Promise<number | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/trades?limit=1`);
    return ((await response.json()) as { readonly rows?: readonly unknown[] }).rows?.length;
  } catch {
    return undefined; // Not listening yet.
  }
}

/** Resident memory of `k2 up` with its own market at 40 trades a second. */
export async function measureIdle(seconds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "k2-idle-"));
  const port = await freePort();
  const child = startK2Process(["up", "--data", folder, "--port", String(port)], { folder, nodeOptions: [] });
  try {
    await sleep(seconds * 1000);
    const { now, peak } = residentBytes(child.pid ?? 0);
    return `${megabytes(now)} (at most ${megabytes(peak)})`;
  } finally {
    await stopped(child);
    rmSync(folder, { recursive: true, force: true });
  }
}
