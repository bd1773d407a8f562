import { createRequire } from "node:module";
import type { pino as Pino, Logger as PinoLogger } from "pino";

/** Structured logs: one JSON object a line. A child carries its correlation fields on every line. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Writes to standard error, so that standard output stays free for a command's answer. */
export function createLogger({ level }: { readonly level: LogLevel }): Logger {
  // Loaded here, so that threads whose lines others write do not hold it.
  const { pino } = createRequire(import.meta.url)("pino") as { readonly pino: typeof Pino };
  return adapt(
    pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true })),
  );
}

function adapt(logger: PinoLogger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields)),
  };
}

const ignore = (): void => {};
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
