import { createHash } from "node:crypto";
import { recordAt } from "../../base/index.ts";
import { openEmbeddedLogReader } from "./embedded-log-reader.ts";

/** Follows a log that another process writes, up to a count of records; prints the count and a hash of them. For processes.test.ts. */
const [folder = "", topic = "", count = "0"] = process.argv.slice(2);
await using reader = await openEmbeddedLogReader({ folder });
const hash = createHash("sha256");
let seen = 0;
for await (const { firstOffset, records } of reader.read({ topic, partition: 0, offset: 0 })) {
  if (firstOffset !== seen) throw new Error(`expected offset ${seen}, got ${firstOffset}`);
  for (let index = 0; index < records.count; index += 1) hash.update(recordAt(records, index));
  seen += records.count;
  if (seen >= Number(count)) break;
}
console.log(JSON.stringify({ seen, hash: hash.digest("hex"), progress: await reader.progress("g") }));
