import { STATUS_CODES } from "node:http";
import { K2Error } from "../../base/index.ts";

/** An error over HTTP, as RFC 9457 has it. `code` and `remedy` are K2's own and stable. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code?: string;
  readonly remedy?: string;
  /** Ties the answer to the server's log line. */
  readonly requestId: string;
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** What to tell a client about an error: of K2's own errors everything, of any other nothing but that it happened. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof K2Error) {
    return { ...base(statusOf(error), error.message, requestId), code: error.code, remedy: error.remedy };
  }
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { ...base(statusCode, message ?? "", requestId), code: "K2_INVALID_INPUT", remedy: "fix-input" };
  }
  const detail = "K2 failed to answer. The server's log has the cause under this request id.";
  return { ...base(500, detail, requestId), code: "K2_INTERNAL", remedy: "report" };
}

function base(status: number, detail: string, requestId: string): Problem {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, requestId };
}

function statusOf({ remedy }: K2Error): number {
  switch (remedy) {
    case "fix-input":
      return 400;
    case "retry":
    case "resync":
      return 503;
    case "report":
      return 500;
  }
}
