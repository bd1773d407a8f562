/**
 * A process that lands or keeps rows, for the tests that run several at once or kill them.
 * Arguments: folder, mode, from, to, step, and a PostgreSQL URL where the catalog is there.
 * Modes: `own`: lands a range of rows of its own; `claim`: continues as the one writer; `keep`: compacts and expires over
 * and over until its standard input ends.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Lake, openLake } from "../index.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { counted, lakeConfig } from "../test-lake.ts";

const [folder = "", mode = "own", fromText = "0", toText = "0", stepText = "1", url] = process.argv.slice(2);
const [to, step] = [Number(toText), Number(stepText)];
const FILES_MIN = 12;

using db = await TestDuckDb.open();
const config = lakeConfig(folder);
await using lake = await openLake({
  ...config,
  catalog: url === undefined ? config.catalog : { kind: "postgres", url },
  commitAttemptsMax: 10_000,
});
if (mode === "keep") await keep(lake);
else await land(lake);

async function land(into: Lake): Promise<void> {
  const writer = mode === "own" ? `writer-${fromText}` : "land";
  const claimed = await into.claimWriter("a.b", writer, fromText);
  process.stdout.write("writing\n");
  for (let from = Number(claimed.positions); from < to; from += step) {
    const relation = counted(from, from + step);
    const { files } = await into.stageFiles(await into.table("a.b"), { run: db.run, relation });
    const progress = { writer, epoch: claimed.epoch, continuesFrom: String(from), positions: String(from + step) };
    await into.append("a.b", { files, progress });
    process.stdout.write("committed\n");
  }
}

/** Tells how often it compacted and how many snapshots it expired. */
async function keep(into: Lake): Promise<void> {
  let isAsked = true;
  process.stdin.once("close", () => (isAsked = false)).resume();
  process.stdout.write("keeping\n");
  const done = { compactions: 0, expired: 0 };
  while (isAsked) {
    done.compactions += Number(await compact(into));
    const { snapshots } = await into.expireSnapshots("a.b", { olderThanMs: Date.now() + 60_000, keepAtLeast: 3 });
    done.expired += snapshots;
    await sleep(40); // A commit without a pause would leave the others none.
  }
  process.stdout.write(`${JSON.stringify(done)}\n`);
}

async function compact(into: Lake): Promise<boolean> {
  const table = await into.table("a.b");
  const { files } = await table.scan().plan();
  const small = files.filter(({ recordCount }) => recordCount < 400);
  if (table.snapshot === undefined || small.length < FILES_MIN) return false;
  using scan = table.scan({ files: new Set(small.map(({ location }) => location)) });
  const staged = await into.stageFiles(table, { run: db.run, relation: `SELECT * FROM ${await scan.sql()}` });
  const startingSnapshotId = table.snapshot.snapshotId;
  await into.rewriteFiles("a.b", { remove: small, add: staged.files, startingSnapshotId });
  return true;
}
