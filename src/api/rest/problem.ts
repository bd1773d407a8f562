import { STATUS_CODES } from "node:http";
import { K2Error } from "../../base/index.ts";
import { BookNotFoundError, BookNotProvenError } from "../../query/index.ts";
import { type InputProblem, InvalidRequestError, RequestRefusedError } from "../errors.ts";

/** An error over HTTP, as RFC 9457 has it. `code` and `remedy` are K2's own and stable. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly remedy: string;
  /** Ties the answer to the server's log line. */
  readonly requestId: string;
  /** Where parameters are wrong: each of them. */
  readonly errors?: readonly InputProblem[];
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** What to tell a client about an error: of K2's own errors everything, of any other nothing but that it happened. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof K2Error) {
    const { code, remedy, message } = error;
    const problem = { ...base(statusOf(error), message), code, remedy, requestId };
    return error instanceof InvalidRequestError ? { ...problem, errors: error.problems } : problem;
  }
  const { statusCode, message = "" } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    // Said by the HTTP server: a body that is too large, of another type, or not JSON.
    return { ...base(statusCode, message), code: "K2_INVALID_INPUT", remedy: "fix-input", requestId };
  }
  const detail = "K2 failed to answer. The server's log has the cause under this request id";
  return { ...base(500, detail), code: "K2_INTERNAL", remedy: "report", requestId };
}

function base(status: number, detail: string): Pick<Problem, "type" | "title" | "status" | "detail"> {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail };
}

function statusOf(error: K2Error): number {
  if (error instanceof RequestRefusedError) return error.status;
  if (error instanceof BookNotFoundError) return 404;
  if (error instanceof BookNotProvenError) return 409; // Of that time, however often it is asked.
  switch (error.remedy) {
    case "fix-input":
      return 400;
    case "retry":
    case "resync":
      return 503; // The state that is out of date is the server's own.
    case "report":
      return 500;
  }
}
