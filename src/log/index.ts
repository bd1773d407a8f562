import type { EmbeddedLogConfig } from "./embedded/embedded-log.ts";
import type { EmbeddedLogReaderConfig } from "./embedded/embedded-log-reader.ts";
import type { Log, LogReader } from "./log.ts";

export type { EmbeddedLogConfig } from "./embedded/embedded-log.ts";
export type { EmbeddedLogReaderConfig } from "./embedded/embedded-log-reader.ts";
export {
  LogClosedError,
  LogCorruptError,
  LogFailedError,
  LogFullError,
  LogLockedError,
  OffsetOutOfRangeError,
  TopicUnknownError,
} from "./errors.ts";
export type {
  GroupProgress,
  Log,
  LogChunk,
  LogEntry,
  LogReader,
  PartitionBounds,
  ReadOptions,
  RetentionOptions,
  RetentionReport,
  TopicDescription,
  TopicOptions,
  TopicPosition,
} from "./log.ts";
export { partitionOf } from "./log.ts";
export {
  openSchemaRegistry,
  REGISTRY_CONTENT_TYPE,
  registerOwnSchemas,
  registryRoutes,
  type SchemaRegistry,
} from "./registry/index.ts";

/** Opens the log for writing and reading; one at a time. Its adapter loads only now. */
export async function openLog(config: LogConfig): Promise<Log> {
  return (await import("./embedded/embedded-log.ts")).openEmbeddedLog(config);
}

/** Opens the log for reading alone, in another thread or process than its writer's, while that one writes. */
export async function openLogReader(config: LogReaderConfig): Promise<LogReader> {
  return (await import("./embedded/embedded-log-reader.ts")).openEmbeddedLogReader(config);
}

/** Which adapter keeps the log, and how. */
export type LogConfig = EmbeddedLogConfig;
export type LogReaderConfig = EmbeddedLogReaderConfig;
