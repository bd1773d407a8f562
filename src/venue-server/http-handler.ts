import type { IncomingMessage, ServerResponse } from "node:http";
import { describeError, InvalidInputError, K2Error } from "../base/index.ts";
import { type ControlRequest, parseControlRequest } from "./control-request.ts";
import type { LedgerReport } from "./ledger/index.ts";
import type { RestReply } from "./rest/rest-desk.ts";

const BODY_BYTES_MAX = 1_048_576;

export interface HttpActions {
  ledger(): LedgerReport;
  /** Feed → WebSocket URL. */
  urls(): Readonly<Record<string, string>>;
  control(request: ControlRequest): void;
  /** A venue's own request; undefined where none is meant. */
  rest(url: URL): Promise<RestReply | undefined>;
}

/**
 * `GET /` lists the feeds, `GET /ledger` tells what was sent, `POST /control` takes a `ControlRequest`.
 * Pages of other origins are refused: the server listens on loopback only, but so does a browser.
 */
export async function handleHttp(
  request: IncomingMessage,
  response: ServerResponse,
  actions: HttpActions,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const { pathname } = url;
  try {
    if (!isLocal(request)) throw new InvalidInputError("Only requests from this machine are answered");
    if (request.method === "GET" && pathname === "/ledger") reply(response, 200, actions.ledger());
    else if (request.method === "GET" && pathname === "/") reply(response, 200, { feeds: actions.urls() });
    else if (request.method === "POST" && pathname === "/control") {
      actions.control(parseControlRequest(await readJson(request)));
      reply(response, 200, { done: true });
    } else if (request.method === "GET" && told(response, await actions.rest(url))) {
      return;
    } else {
      reply(response, 404, {
        error: `Nothing at ${request.method} ${pathname}; there are GET /, GET /ledger and POST /control`,
      });
    }
  } catch (error) {
    const isInput = error instanceof InvalidInputError;
    const code = error instanceof K2Error ? error.code : "K2_INTERNAL";
    reply(response, isInput ? 400 : 500, { code, error: describeError(error) });
  }
}

/** @returns whether there was something to tell */
function told(response: ServerResponse, answer: RestReply | undefined): boolean {
  if (answer === undefined) return false;
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(answer.body);
  return true;
}

function isLocal(request: IncomingMessage): boolean {
  const { host = "", origin } = request.headers;
  return isLocalHost(host) && (origin === undefined || isLocalHost(origin.replace(/^https?:\/\//, "")));
}

function isLocalHost(host: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    throw new InvalidInputError("The content type is not application/json; nothing was changed");
  }
  const pieces: Buffer[] = [];
  let byteLength = 0;
  for await (const piece of request) {
    pieces.push(piece as Buffer);
    byteLength += (piece as Buffer).byteLength;
    if (byteLength > BODY_BYTES_MAX) throw new InvalidInputError(`The request exceeds ${BODY_BYTES_MAX} bytes`);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8")) as unknown;
  } catch (error) {
    throw new InvalidInputError(`The request is not JSON: ${describeError(error)}; nothing was changed`);
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}
