import { mkdir, rm } from "node:fs/promises";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { DuckDBInstance } from "@duckdb/node-api";
import { describeError } from "../../base/index.ts";
import { TOPICS } from "../../domain/index.ts";
import { HOT, LISTINGS_TABLE } from "./layout.ts";
import type { Answer, AnswerMessage, Request, RequestMessage, WorkerOptions } from "./protocol.ts";
import { Statements } from "./statements.ts";
import { BULK_GROUPS, LIVE_GROUPS, Writer } from "./writer.ts";

/*
 * The store's worker: it alone owns the DuckDB instance, since an instance cannot be shared between threads of Node.
 * Appends block this thread for some milliseconds each, statements run on DuckDB's own threads.
 */

async function open({ memoryBytes, threads, isBulk, spillFolder }: WorkerOptions): Promise<[Writer, Statements]> {
  await rm(spillFolder, { recursive: true, force: true }); // Left by a process that was killed.
  await mkdir(spillFolder, { recursive: true });
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${Math.round(memoryBytes / 1_048_576)}MiB`,
    threads: String(threads),
    temp_directory: spillFolder,
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run(`ATTACH ':memory:' AS ${HOT} (COMPRESS); ${LISTINGS_TABLE}`);
  await connection.run("SET GLOBAL parquet_metadata_cache = true");
  const writer = new Writer(connection, await instance.connect(), isBulk ? BULK_GROUPS : LIVE_GROUPS);
  await writer.write({ kind: "create", topic: TOPICS.listings, segment: "listings" });
  return [writer, new Statements(instance)];
}

async function serve(port: MessagePort): Promise<void> {
  const opened = open(workerData as WorkerOptions);
  opened.catch(() => undefined); // Each request reports it.
  const answer = async (id: number, request: Request): Promise<Answer> => {
    const [writer, statements] = await opened;
    switch (request.kind) {
      case "run":
        return await statements.run(id, request);
      case "openSession":
        return void (await statements.openSession(request.session));
      case "closeSession":
        return void (await statements.closeSession(request.session));
      case "close":
        await statements.close();
        return void (await writer.close());
      default:
        return await writer.write(request);
    }
  };
  port.on("message", ({ id, request, interrupt }: RequestMessage) => {
    if (interrupt === true) return void opened.then(([, statements]) => statements.interrupt(id));
    if (request === undefined) return;
    answer(id, request).then(
      (value) => {
        port.postMessage({ id, ...(value === undefined ? {} : { answer: value }) } satisfies AnswerMessage);
        if (request.kind === "close") port.close();
      },
      (error: unknown) => {
        const message: AnswerMessage = { id, error: { message: describeError(error), sql: request.kind === "run" } };
        port.postMessage(message);
        if (request.kind === "close") port.close();
      },
    );
  });
}

if (parentPort !== null) await serve(parentPort);
