import { rm } from "node:fs/promises";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { DuckDBInstance } from "@duckdb/node-api";
import { describeError } from "../../base/index.ts";
import type { StageAnswer, StageMessage, StageWorkerOptions } from "./frame-stage.ts";
import { FrameTable } from "./frame-table.ts";

/*
 * The worker of a FrameStage: it has a DuckDB of its own, whose appends block this thread and none that has frames to receive.
 * Requests are done one after the other.
 */

async function serve(port: MessagePort, { spillFolder, memoryBytes, threads }: StageWorkerOptions): Promise<void> {
  await rm(spillFolder, { recursive: true, force: true }); // A killed process leaves its files.
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${Math.round(memoryBytes / 1_048_576)}MiB`,
    threads: String(threads),
    temp_directory: spillFolder,
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const table = await FrameTable.make(connection);

  const answer = async ({ request }: StageMessage): Promise<StageAnswer["rows"]> => {
    if (request.kind === "run") return (await connection.runAndReadAll(request.sql)).getRowsJson();
    if (request.kind === "add") await table.add({ ...request.place, records: request.records });
    else if (request.kind === "clear") await table.clear();
    else connection.closeSync();
    return undefined;
  };
  let last: Promise<void> = Promise.resolve();
  port.on("message", (message: StageMessage) => {
    last = last.then(async () => {
      const { id } = message;
      try {
        port.postMessage({ id, rows: await answer(message) } satisfies StageAnswer);
      } catch (error) {
        port.postMessage({ id, error: describeError(error) } satisfies StageAnswer);
      }
      if (message.request.kind !== "close") return;
      instance.closeSync();
      port.close();
    });
  });
}

if (parentPort !== null) await serve(parentPort, workerData as StageWorkerOptions);
