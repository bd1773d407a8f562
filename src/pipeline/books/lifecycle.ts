import { InternalError } from "../../base/index.ts";
import type { ConnectionClosed, FrameRecord, GapCause } from "../../domain/index.ts";

/** Why a book is not proven when its socket ends. */
export const CLOSING_CAUSES: Readonly<Record<ConnectionClosed["cause"], GapCause>> = {
  remote: "disconnect",
  stale: "stale",
  error: "error",
  crash: "crash",
  shutdown: "shutdown",
  planned: "shutdown",
};

/** What the record of a connection's opening or closing says. */
export function parseLifecycle<Body>({ kind, payload }: FrameRecord): Body {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    throw new InternalError(`A record of kind ${kind} in the raw log is not JSON; the log or its writer is broken`, {
      cause: error,
    });
  }
}
