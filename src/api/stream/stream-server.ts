import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { type Clock, type K2Error, type Logger, type Metrics, systemClock } from "../../base/index.ts";
import { isOwnOrigin } from "../admission.ts";
import { RequestRefusedError, TooManyClientsError } from "../errors.ts";
import type { StreamHub } from "./hub.ts";
import { StreamSession } from "./session.ts";

export const STREAM_PATH = "/v1/stream";

export interface StreamLimits {
  readonly clientsMax: number;
  readonly subscriptionsPerClientMax: number;
  /** What one client may leave unread. */
  readonly unreadBytesMax: number;
  /** What all clients together may; shared evenly, so that many slow ones cannot exhaust the memory. */
  readonly unreadBytesTotalMax: number;
  /** A client that does not answer a ping until the next is gone. */
  readonly pingEveryMs: number;
  /** How long a client may take to answer the close of its connection. */
  readonly closeMsMax: number;
}

export const STREAM_LIMITS: StreamLimits = {
  clientsMax: 2000,
  subscriptionsPerClientMax: 100,
  unreadBytesMax: 16 * 1024 * 1024,
  unreadBytesTotalMax: 512 * 1024 * 1024,
  pingEveryMs: 30_000,
  closeMsMax: 2000,
};

export interface StreamServerOptions {
  readonly hub: StreamHub;
  readonly mode: "simulated" | "live";
  readonly version: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
}

/** A request is a few hundred bytes. */
const REQUEST_BYTES_MAX = 64 * 1024;

/** The WebSockets at `/v1/stream`. The HTTP server asks whether a client may come in, and hands it over. */
export class StreamServer implements AsyncDisposable {
  readonly #options: StreamServerOptions;
  readonly #limits: StreamLimits;
  readonly #clock: Clock;
  readonly #sockets: WebSocketServer;
  readonly #sessions = new Set<StreamSession>();
  readonly #stop = new AbortController();
  readonly #sent = { messages: 0, bytes: 0, cutOff: 0 };

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#limits = { ...STREAM_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    // closeTimeout: see https://github.com/websockets/ws/blob/master/doc/ws.md#new-websocketserveroptions-callback
    const socketOptions: ServerOptions & { readonly closeTimeout: number } = {
      noServer: true,
      maxPayload: REQUEST_BYTES_MAX,
      perMessageDeflate: false,
      clientTracking: false,
      closeTimeout: this.#limits.closeMsMax,
    };
    this.#sockets = new WebSocketServer(socketOptions);
    this.#expose();
    void this.#probe();
  }

  /** Why a request to STREAM_PATH is not let in; undefined when it is. */
  refusal({ headers }: Pick<IncomingMessage, "headers">): K2Error | undefined {
    const { clientsMax } = this.#limits;
    if (!isWebSocketUpgrade(headers)) {
      return new RequestRefusedError(
        426,
        `${STREAM_PATH} is a WebSocket; open it as one, such as ws://${headers.host ?? "127.0.0.1"}${STREAM_PATH}`,
        { upgrade: "websocket", connection: "upgrade" },
      );
    }
    if (!isOwnOrigin(headers.origin, headers.host)) {
      return new RequestRefusedError(
        403,
        `A page of ${headers.origin} may not open this stream, only K2's own page and programs may`,
      );
    }
    return this.#sessions.size < clientsMax ? undefined : new TooManyClientsError(clientsMax);
  }

  /** Takes a request over that was let in. */
  accept(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, connection, head, (socket) => this.#open(socket, connection));
  }

  #open(socket: WebSocket, connection: Duplex): void {
    const { hub, logger, mode, version } = this.#options;
    const { unreadBytesMax, unreadBytesTotalMax, subscriptionsPerClientMax } = this.#limits;
    const session = new StreamSession({
      socket,
      connection,
      hub,
      logger: logger.child({ part: "stream", session: crypto.randomUUID() }),
      welcome: { type: "welcome", mode, version },
      unreadBytesMax: () => Math.min(unreadBytesMax, Math.floor(unreadBytesTotalMax / this.#sessions.size)),
      subscriptionsMax: subscriptionsPerClientMax,
      count: ({ messages, bytes }) => {
        this.#sent.messages += messages;
        this.#sent.bytes += bytes;
      },
      onCutOff: () => {
        this.#sent.cutOff += 1;
      },
    });
    this.#sessions.add(session);
    socket.once("close", () => this.#sessions.delete(session));
  }

  async #probe(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#clock.sleep(this.#limits.pingEveryMs, { signal }).catch(() => {});
      if (!signal.aborted) for (const session of this.#sessions) session.probe();
    }
  }

  #expose(): void {
    const { metrics } = this.#options;
    const clients = metrics.gauge({ name: "k2_stream_clients", help: "WebSocket clients", labels: [] });
    const counters = {
      messages: metrics.counter({
        name: "k2_stream_messages_total",
        help: "Messages sent to WebSocket clients",
        labels: [],
      }),
      bytes: metrics.counter({ name: "k2_stream_bytes_total", help: "Bytes of those messages", labels: [] }),
      cutOff: metrics.counter({
        name: "k2_stream_clients_cut_off_total",
        help: "WebSocket clients cut off because they read too slowly",
        labels: [],
      }),
    };
    metrics.onCollect(() => {
      clients.set({}, this.#sessions.size);
      for (const name of ["messages", "bytes", "cutOff"] as const) {
        counters[name].add({}, this.#sent[name]);
        this.#sent[name] = 0;
      }
    });
  }

  /** Tells every client, and waits for their answers as long as they may take. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const waited = new AbortController();
    for (const session of this.#sessions) session.shutDown();
    const allClosed = this.#allClosed().finally(() => waited.abort());
    await Promise.race([
      allClosed,
      this.#clock.sleep(this.#limits.closeMsMax, { signal: waited.signal }).catch(() => {}),
    ]);
    for (const session of this.#sessions) session.terminate();
    this.#sockets.close();
  }

  async #allClosed(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.closed));
  }
}

function isWebSocketUpgrade({ connection, upgrade }: IncomingMessage["headers"]): boolean {
  return /(^|,)\s*upgrade\s*(,|$)/i.test(connection ?? "") && upgrade?.toLowerCase() === "websocket";
}
