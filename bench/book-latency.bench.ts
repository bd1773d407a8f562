import { fileURLToPath } from "node:url";
import { type Latency, measureAnswers, measureQuotes, measureStream } from "./books/book-latency.ts";
import { quantilesText, whole } from "./whole-path/quantiles.ts";

export interface BookLatencyBenchOptions {
  readonly rates?: readonly number[];
  /** Of each measurement. */
  readonly seconds?: number;
}

/**
 * How old a best bid is when it is seen: from the venue's send of a depth frame of ten levels to a follower of the durable
 * quotes, to an answer of `GET /v1/book`, and to subscribers of `/v1/stream`. The commit of the frame to disk is in all of
 * them, that of what follows from it in all but the answer.
 */
export async function run({ rates = [1_000, 10_000], seconds = 10 }: BookLatencyBenchOptions = {}): Promise<void> {
  for (const updatesPerSecond of rates) {
    const options = { updatesPerSecond, seconds };
    print(`${whole(updatesPerSecond)} updates/s → durable quote → follower`, await measureQuotes(options), seconds);
    print(`${whole(updatesPerSecond)} updates/s → GET /v1/book`, await measureAnswers(options), undefined);
    for (const channel of ["book", "book_changes"] as const) {
      const name = `${whole(updatesPerSecond)} updates/s → /v1/stream, ${channel}`;
      print(name, await measureStream(options, channel), undefined);
    }
  }
}

function print(name: string, { agesMs, cores, problem }: Latency, seconds: number | undefined): void {
  if (problem !== undefined) {
    console.log(`${name}: nothing was measured; ${problem}`);
    return;
  }
  const rate = seconds === undefined ? "" : `, ${whole(agesMs.length / seconds)} quotes/s`;
  const cpu = cores === undefined ? "" : `, ${cores.toFixed(2)} of a core`;
  console.log(`${name}: ${quantilesText(agesMs)}${rate}${cpu}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
