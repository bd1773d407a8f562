/**
 * A process that lands rows, for the tests that run several at once or kill them.
 * Arguments: folder, mode (`own`: each process its own range of rows; `claim`: continue as the one writer), from, to, step.
 */
import { openLake } from "../index.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { counted, lakeConfig } from "../test-lake.ts";

const [folder = "", mode = "own", fromText = "0", toText = "0", stepText = "1"] = process.argv.slice(2);
const [to, step] = [Number(toText), Number(stepText)];

using db = await TestDuckDb.open();
await using lake = await openLake(lakeConfig(folder));
const writer = mode === "own" ? `writer-${fromText}` : "land";
const claimed = await lake.claimWriter("a.b", writer, fromText);
process.stdout.write("writing\n");
for (let from = Number(claimed.positions); from < to; from += step) {
  const relation = counted(from, from + step);
  const { files } = await lake.stageFiles(await lake.table("a.b"), { run: db.run, relation });
  const progress = { writer, epoch: claimed.epoch, continuesFrom: String(from), positions: String(from + step) };
  await lake.append("a.b", { files, progress });
  process.stdout.write("committed\n");
}
