import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

/** A benchmark prints its own lines; each compares with a floor or a peer of the same run. */
interface Benchmark {
  readonly name: string;
  readonly load: () => Promise<{ run(options?: object): Promise<void> }>;
}

const BENCHMARKS: readonly Benchmark[] = [
  { name: "records", load: () => import("../src/domain/records.bench.ts") },
  { name: "book", load: () => import("../src/domain/book/book.bench.ts") },
  { name: "book-peers", load: () => import("./book-peers.bench.ts") },
  { name: "book-at", load: () => import("./book-at.bench.ts") },
  { name: "book-latency", load: () => import("./book-latency.bench.ts") },
  { name: "order-logs", load: () => import("../src/imports/order-logs.bench.ts") },
  { name: "decode", load: () => import("../src/feeds/decode/decode.bench.ts") },
  { name: "book-decode", load: () => import("../src/feeds/decode/book-decode.bench.ts") },
  { name: "connection", load: () => import("../src/feeds/connection.bench.ts") },
  { name: "isolation", load: () => import("../src/feeds/isolation/isolation.bench.ts") },
  { name: "venue-server", load: () => import("../src/venue-server/venue-server.bench.ts") },
  { name: "log", load: () => import("../src/log/log.bench.ts") },
  { name: "pipeline", load: () => import("../src/pipeline/pipeline.bench.ts") },
  { name: "books", load: () => import("../src/pipeline/books/books.bench.ts") },
  { name: "store", load: () => import("../src/store/store.bench.ts") },
  { name: "import", load: () => import("../src/app/import/import.bench.ts") },
  { name: "lake", load: () => import("../src/lake/lake.bench.ts") },
  { name: "scan", load: () => import("../src/lake/scan/scan.bench.ts") },
  { name: "maintenance", load: () => import("../src/lake/maintenance/maintenance.bench.ts") },
  { name: "query", load: () => import("../src/query/query.bench.ts") },
  { name: "stream", load: () => import("../src/api/stream/stream.bench.ts") },
  { name: "whole-path", load: () => import("./whole-path.bench.ts") },
];

const { positionals } = parseArgs({ allowPositionals: true });
const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0) {
  console.error(`No such benchmark. There are: ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB. Trust the ratios.`,
);
for (const { name, load } of chosen) {
  console.log(`\n== ${name}`);
  await (await load()).run();
}
