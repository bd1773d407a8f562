import { recordBatchOf } from "../../base/index.ts";
import { openEmbeddedLog } from "./embedded-log.ts";

/**
 * Appends numbered records at full rate until it is killed, and says on standard output what was acknowledged.
 * Each append puts one number into both partitions and into the progress of a group. For kill.test.ts.
 */
const [folder = ""] = process.argv.slice(2);
const log = await openEmbeddedLog({ folder, segmentBytesMax: 200_000, growStepBytes: 32_768 });
await log.ensureTopic({ topic: "raw.numbers", partitions: 2 });
let next = (await log.bounds("raw.numbers"))[0]?.endOffset ?? 0;

async function appendForever(): Promise<never> {
  for (;;) {
    const number = next;
    next += 1;
    const text = `${number} `.padEnd(20 + ((number * 7_919) % 900), "·");
    const records = recordBatchOf([new TextEncoder().encode(text)]);
    await log.append(
      [
        { topic: "raw.numbers", partition: 0, records },
        { topic: "raw.numbers", partition: 1, records },
      ],
      { group: "numbers", positions: [{ topic: "raw.numbers", partition: 0, offset: number + 1 }] },
    );
    process.stdout.write(`${number}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, appendForever));
