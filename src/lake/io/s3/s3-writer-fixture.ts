/**
 * A process that lands its own range of rows in a lake on S3, whatever fails on the way.
 * Arguments: folder, the server's address, from, to, step.
 */
import { join } from "node:path";
import { K2Error } from "../../../base/index.ts";
import { openLake } from "../../index.ts";
import { TestDuckDb } from "../../test-duckdb.ts";
import { counted } from "../../test-lake.ts";
import { s3LakeConfig } from "./test-s3-lake.ts";

const [folder = "", url = "", fromText = "0", toText = "0", stepText = "1"] = process.argv.slice(2);
const [to, step] = [Number(toText), Number(stepText)];

using db = await TestDuckDb.open();
await using lake = await openLake(s3LakeConfig(folder, { url }, join(folder, `cache-${fromText}`)));
const writer = `writer-${fromText}`;
for (let failures = 0; ; ) {
  try {
    const claimed = await lake.claimWriter("a.b", writer, fromText);
    for (let from = Number(claimed.positions); from < to; from += step) {
      const { files } = await lake.stageFiles(await lake.table("a.b"), {
        run: db.run,
        relation: counted(from, from + step),
      });
      const progress = { writer, epoch: claimed.epoch, continuesFrom: String(from), positions: String(from + step) };
      await lake.append("a.b", { files, progress });
    }
    process.stdout.write(`done after ${failures} failures\n`);
    break;
  } catch (error) {
    failures += 1;
    if (!(error instanceof K2Error) || failures > 500) throw error;
  }
}
