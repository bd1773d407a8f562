import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, readConfig } from "../../src/app/config.ts";
import type { FeedConfig } from "../../src/app/default-feeds.ts";
import { Owned } from "../../src/app/owned.ts";
import { type K2, startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { type FaultPlan, startVenueServer, type VenueServer } from "../../src/venue-server/index.ts";

export interface Scene extends AsyncDisposable {
  readonly config: Config;
  readonly k2: K2;
  readonly server: VenueServer;
}

export interface SceneOptions {
  readonly captures: readonly {
    readonly feed: string;
    readonly paths: readonly string[];
    readonly symbols: readonly string[];
    readonly channels?: readonly string[];
  }[];
  readonly faults?: FaultPlan;
  /** Goes on in this folder and leaves it; default: a new one, removed afterwards. */
  readonly folder?: string;
}

/** A temporary folder that goes with the test. */
export function temporaryFolder(): Disposable & { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "k2-test-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  return { path, remove, [Symbol.dispose]: remove };
}

/** A configuration for a test: its own folder, a free port, one thread for all feeds, nothing from the environment. */
export function testConfig(folder: string, overrides: Readonly<Record<string, unknown>>): Config {
  const own = { data: folder, http: { port: 0 }, capture: { isolation: "none" } };
  return readConfig({ environment: {}, overrides: { ...own, ...overrides } });
}

/**
 * Recordings served by the venue server to the unmodified feeds of a whole K2, frame by frame, so that K2's
 * receive clock is the recorder's.
 */
export async function playCaptures(options: SceneOptions): Promise<Scene> {
  const owned = new Owned();
  try {
    return await play(options, owned);
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

async function play({ captures, faults, folder }: SceneOptions, owned: Owned): Promise<Scene> {
  const path = folder ?? ownedFolder(owned);
  const server = owned.add(
    await startVenueServer({
      source: { kind: "captures", captures: captures.map(({ feed, paths }) => ({ feed, paths })) },
      speed: "max",
      paused: true,
      lockstep: true,
      ...(faults === undefined ? {} : { faults }),
    }),
  );
  const feeds: readonly FeedConfig[] = captures.map(({ feed, symbols, channels }) => ({
    feed,
    symbols,
    ...(channels === undefined ? {} : { channels }),
    url: server.url(feed),
    source: "replay",
  }));
  const config = testConfig(path, { mode: "live", feeds });
  const k2 = owned.add(await startK2(config, { logger: silentLogger, receiveClock: server.recordedClock }));
  await untilSubscribed(k2);
  server.resume();
  await server.finished;
  await k2.settled();
  return { config, k2, server, [Symbol.asyncDispose]: () => owned.dispose() };
}

function ownedFolder(owned: Owned): string {
  const folder = temporaryFolder();
  owned.add({ [Symbol.asyncDispose]: async () => folder[Symbol.dispose]() });
  return folder.path;
}

async function untilSubscribed(k2: K2): Promise<void> {
  for (;;) {
    const response = await fetch(`${k2.url}/v1/health`);
    const { feeds } = (await response.json()) as { readonly feeds: readonly { readonly state: string }[] };
    if (feeds.length > 0 && feeds.every(({ state }) => state === "live")) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The rows of a SQL answer as objects. */
export async function rowsOf(
  k2: Pick<K2, "query">,
  sql: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { columns, rows } = await k2.query.sql(sql, { rowsMax: 1_000_000 });
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}
