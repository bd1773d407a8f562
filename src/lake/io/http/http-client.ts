import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as requestPlain } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import type { Abortable } from "../../../base/index.ts";

export interface HttpRequest {
  readonly method: string;
  /** Scheme, host and port: `https://minio:9000`. */
  readonly origin: string;
  /** Percent-encoded, with its query; sent as it is, so that a signature over it holds. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

export interface HttpClientOptions {
  /** Connections to one origin at most; further requests wait for one. */
  readonly socketsMax?: number;
  /** An exchange in which nothing moves for so long has failed. */
  readonly silenceMsMax?: number;
}

const SOCKETS_MAX_DEFAULT = 32;
const SILENCE_MS_MAX_DEFAULT = 30_000;
const RESPONSE_BYTES_MAX = 1_073_741_824;

/** Why an exchange failed: `unsent` when the server never had the request, else the outcome is not known. */
export class HttpFailure extends Error {
  readonly isUnsent: boolean;

  constructor(message: string, { isUnsent, cause }: { readonly isUnsent: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.isUnsent = isUnsent;
  }
}

/** HTTP with connections kept open. One exchange a call: who calls decides what may be tried again. */
export class HttpClient implements AsyncDisposable {
  readonly #plain: PlainAgent;
  readonly #tls: TlsAgent;
  readonly #silenceMsMax: number;

  constructor({ socketsMax = SOCKETS_MAX_DEFAULT, silenceMsMax = SILENCE_MS_MAX_DEFAULT }: HttpClientOptions = {}) {
    const options = { keepAlive: true, maxSockets: socketsMax, keepAliveMsecs: 5_000 };
    this.#plain = new PlainAgent(options);
    this.#tls = new TlsAgent(options);
    this.#silenceMsMax = silenceMsMax;
  }

  /** @throws {HttpFailure} when there is no whole answer; any status is an answer */
  async send(request: HttpRequest, { signal }: Abortable = {}): Promise<HttpResponse> {
    signal?.throwIfAborted();
    try {
      return await this.#exchange(request, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error;
    }
  }

  #exchange(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const { method, origin, target, body } = request;
    const what = `${method} ${origin}${target.split("?")[0]}`;
    return new Promise((resolve, reject) => {
      let isConnected = false;
      const fail = (cause: unknown): void => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        reject(new HttpFailure(`${what}: ${reason}`, { isUnsent: !isConnected, cause }));
      };
      let sent: ClientRequest;
      try {
        sent = this.#open(request, signal);
      } catch (error) {
        fail(error); // A header or a target that HTTP does not allow.
        return;
      }
      sent.on("error", fail);
      sent.on("socket", (socket) => {
        if (!socket.connecting) isConnected = true;
        else socket.once(origin.startsWith("https:") ? "secureConnect" : "connect", () => (isConnected = true));
      });
      sent.setTimeout(this.#silenceMsMax, () =>
        sent.destroy(new Error(`nothing was heard for ${this.#silenceMsMax} ms`)),
      );
      sent.on("response", (response) => collect(response, method, resolve, fail));
      sent.end(body);
    });
  }

  #open({ method, origin, target, headers, body }: HttpRequest, signal: AbortSignal | undefined): ClientRequest {
    const { protocol, hostname, port } = new URL(origin);
    const isTls = protocol === "https:";
    const length =
      body === undefined && !["PUT", "POST"].includes(method) ? {} : { "content-length": body?.byteLength ?? 0 };
    const options = {
      method,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      ...(port === "" ? {} : { port }),
      path: target,
      headers: { ...headers, ...length },
      ...(signal === undefined ? {} : { signal }),
    };
    return isTls ? requestTls({ ...options, agent: this.#tls }) : requestPlain({ ...options, agent: this.#plain });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#plain.destroy();
    this.#tls.destroy();
  }
}

function collect(
  response: IncomingMessage,
  method: string,
  resolve: (response: HttpResponse) => void,
  fail: (cause: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    byteLength += chunk.byteLength;
    if (byteLength > RESPONSE_BYTES_MAX) response.destroy(new Error(`the answer is over ${RESPONSE_BYTES_MAX} bytes`));
  });
  response.on("error", fail);
  response.on("end", () => {
    const announced = response.headers["content-length"];
    if (
      method !== "HEAD" &&
      announced !== undefined &&
      response.statusCode !== 304 &&
      Number(announced) !== byteLength
    ) {
      fail(new Error(`the answer has ${byteLength} bytes where ${announced} were announced`));
      return;
    }
    resolve({ status: response.statusCode ?? 0, headers: plainHeaders(response), bytes: Buffer.concat(chunks) });
  });
}

function plainHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

/** What `Retry-After` asks for, seconds or a date; undefined where it is absent or not understood. */
export function retryAfterMs(response: HttpResponse, nowMs: number): number | undefined {
  const text = response.headers["retry-after"];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
