import { describeError, InvalidInputError, K2Error } from "../../base/index.ts";
import {
  CatalogUnavailableError,
  CommitConflictError,
  CommitUnknownError,
  LakeExistsError,
  LakeNotFoundError,
  LakeUnsupportedError,
  NamespaceNotEmptyError,
  NamespaceNotFoundError,
  TableNotFoundError,
  ViewNotFoundError,
} from "../errors.ts";

/** An error as the protocol says it: clients choose their exception by `status` and `type`. */
export interface ProtocolError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** The same request would be refused the same again. */
  readonly isFinal: boolean;
}

/** What a request asks for. A commit is a change that other writers may race for. */
export type ChangeKind = "read" | "change" | "commit";

/** A request refused by the server itself, before the catalog is asked. Nothing was changed. */
export class RequestError extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

type ErrorClass = abstract new (...parameters: never[]) => Error;

/** The first that an error is an instance of. */
const KNOWN: readonly (readonly [ErrorClass, number, string])[] = [
  [NamespaceNotFoundError, 404, "NoSuchNamespaceException"],
  [TableNotFoundError, 404, "NoSuchTableException"],
  [ViewNotFoundError, 404, "NoSuchViewException"],
  [LakeNotFoundError, 404, "NotFoundException"],
  [NamespaceNotEmptyError, 409, "NamespaceNotEmptyException"],
  [LakeExistsError, 409, "AlreadyExistsException"],
  [InvalidInputError, 400, "IllegalArgumentException"],
  [LakeUnsupportedError, 406, "UnsupportedOperationException"],
];

/**
 * The protocol's words for an error. Of a change, 5xx is said in one case alone: its outcome is not known. Clients of
 * Iceberg 1.11 take 500, 502, 503 and 504 on a commit for that, and so the database being away is 429 there, "not
 * carried out, try again", and whatever else fails before anything was changed is 422.
 */
export function protocolError(error: unknown, kind: ChangeKind): ProtocolError {
  if (error instanceof RequestError) {
    return { status: error.status, type: error.type, message: error.message, isFinal: isFinal(error.status) };
  }
  for (const [type, status, name] of KNOWN) {
    if (error instanceof type) return { status, type: name, message: messageOf(error), isFinal: true };
  }
  return { ...passing(error, kind), message: messageOf(error), isFinal: false };
}

/** 401, 403 and 429 may be different tomorrow. */
function isFinal(status: number): boolean {
  return [400, 404, 406, 409, 422].includes(status);
}

/** What may end otherwise when it is tried again. */
function passing(error: unknown, kind: ChangeKind): { readonly status: number; readonly type: string } {
  if (error instanceof CommitUnknownError) return { status: 500, type: "CommitStateUnknownException" };
  if (error instanceof CommitConflictError && kind === "commit") return { status: 409, type: "CommitFailedException" };
  if (error instanceof CommitConflictError || error instanceof CatalogUnavailableError) {
    return kind === "read"
      ? { status: 503, type: "ServiceUnavailableException" }
      : { status: 429, type: "TooManyRequestsException" };
  }
  const status = httpStatus(error);
  if (status !== undefined) return { status, type: "BadRequestException" };
  return kind === "read"
    ? { status: 500, type: "InternalServerError" }
    : { status: 422, type: "UnprocessableEntityException" };
}

function messageOf(error: unknown): string {
  if (error instanceof NamespaceNotFoundError) return error.fact;
  return error instanceof K2Error ? error.message : describeError(error);
}

/** Of what the HTTP server refuses itself: a body too large, a media type it does not read, a foreign host name. */
function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode, status } = error as { readonly statusCode?: unknown; readonly status?: unknown };
  const said = Number(statusCode ?? status);
  return said >= 400 && said < 500 ? said : undefined;
}
