import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "../base/index.ts";
import { TABLES } from "../domain/index.ts";
import type { Lake } from "../lake/index.ts";
import { type LogReader, openLogReader } from "../log/index.ts";
import { lakeSource, openQueryEngine, type QueryEngine } from "../query/index.ts";
import { openStore, type Store } from "../store/index.ts";
import type { Config } from "./config.ts";
import { type DataFolder, existingDataFolder } from "./data-folder.ts";
import { fillStore } from "./follow-store.ts";
import { LANDING_WRITER, lakePositions, openLakeTables } from "./lake-tables.ts";
import { Owned } from "./owned.ts";
import { Positions } from "./positions.ts";

/** K2's data opened for questions only, beside a running K2 or when none runs. */
export interface Offline extends AsyncDisposable {
  readonly query: QueryEngine;
  readonly log: LogReader;
  readonly lake: Lake;
  readonly folder: DataFolder;
  /** Reads the live tail anew. */
  refresh(): Promise<void>;
}

/**
 * History from the Iceberg tables, and what they do not have yet straight from the log.
 *
 * @throws {InvalidInputError} when there is no data yet
 */
export async function openOffline(config: Config): Promise<Offline> {
  const owned = new Owned();
  try {
    const folder = existingDataFolder(config);
    const log = owned.add(await openLogReader({ folder: folder.log }));
    const lake = owned.add(await openLakeTables({ folder, clock: systemClock, logger: silentLogger }));
    const scratch = mkdtempSync(join(tmpdir(), "k2-query-"));
    owned.add({ [Symbol.asyncDispose]: async () => rmSync(scratch, { recursive: true, force: true }) });
    const store = owned.add(await openStore({ folder: scratch, memoryBytes: config.store.memoryBytes }));
    const source = lakeSource(lake, { writer: LANDING_WRITER, readPositions: (text) => Positions.fromText(text) });
    const query = owned.add(openQueryEngine({ store, lake: source, openBars: () => [] }));
    const refresh = (): Promise<void> => fill({ log, lake, store });
    await refresh();
    return { query, log, lake, folder, refresh, [Symbol.asyncDispose]: () => owned.dispose() };
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

async function fill({
  log,
  lake,
  store,
}: {
  readonly log: LogReader;
  readonly lake: Lake;
  readonly store: Store;
}): Promise<void> {
  const lakeHas = await lakePositions(lake, TABLES);
  await fillStore({ log, store, lakePositions: lakeHas, signal: new AbortController().signal });
}
