import { join } from "node:path";
import { openLake, type Table } from "../../src/lake/index.ts";

/** One commit of trades. */
export interface Commit {
  readonly rows: number;
  readonly bytes: number;
  /** From the newest row's receive time to the commit: what landing took. */
  readonly newestMs: number;
  /** From the oldest row's: with the time that rows wait for the next commit. */
  readonly oldestMs: number;
}

/** How old rows were when the lake had them, from the snapshots of a K2 that has stopped. */
export async function commitsOfTrades(folder: string): Promise<readonly Commit[]> {
  await using lake = await openLake({
    warehouse: join(folder, "live/lake"),
    catalog: { kind: "sqlite", path: join(folder, "live/catalog.sqlite") },
    name: "k2",
  });
  const table = await lake.table("silver.trades");
  const receiveTime = table.schema.fields.find(({ name }) => name === "ts_recv")?.id ?? 0;
  const known = new Set<string>();
  const commits: Commit[] = [];
  for (const { snapshotId, timestampMs } of table.history()) {
    const { files } = await table.scan({ snapshotId }).plan();
    const added = files.filter(({ location }) => !known.has(location));
    for (const { location } of added) known.add(location);
    const times = added.flatMap(({ lowerBounds, upperBounds }) =>
      [lowerBounds.get(receiveTime), upperBounds.get(receiveTime)].map(milliseconds),
    );
    if (times.length === 0) continue;
    commits.push({
      rows: sum(added, ({ recordCount }) => recordCount),
      bytes: sum(added, ({ byteLength }) => byteLength),
      newestMs: timestampMs - Math.max(...times),
      oldestMs: timestampMs - Math.min(...times),
    });
  }
  return commits;
}

/** A bound is the time in microseconds, 8 bytes little-endian: https://iceberg.apache.org/spec/#appendix-d-single-value-serialization */
function milliseconds(bound: Uint8Array | undefined): number {
  if (bound === undefined) return Number.NaN;
  return Number(new DataView(bound.buffer, bound.byteOffset, 8).getBigInt64(0, true)) / 1000;
}

type Files = Awaited<ReturnType<ReturnType<Table["scan"]>["plan"]>>["files"];

function sum(files: Files, of: (file: Files[number]) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
