import type { WebSocket } from "ws";
import { describeError, type Logger } from "../../base/index.ts";
import type { StreamHub } from "./hub.ts";
import { readRequest, type StreamMessage, type StreamRequest, type SubscribeRequest } from "./protocol.ts";

export interface SessionOptions {
  readonly socket: WebSocket;
  readonly hub: StreamHub;
  readonly logger: Logger;
  readonly welcome: StreamMessage;
  /** A client that leaves more than this unread is told so and cut off. */
  readonly unreadBytesMax: number;
  readonly subscriptionsMax: number;
}

const CLOSE_SLOW = 1013; // "Try again later"
const CLOSE_POLICY = 1008;

/** One client's WebSocket, from welcome to close. */
export class StreamSession {
  readonly #options: SessionOptions;
  /** By the client's own id; undefined while a subscription waits for its snapshot. */
  readonly #subscriptions = new Map<number, (() => void) | undefined>();
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.on("message", (data, isBinary) => this.#receive(isBinary ? "" : String(data)));
    socket.on("close", () => this.#end());
    socket.on("error", () => this.#end());
    this.#send(JSON.stringify(options.welcome));
  }

  #receive(text: string): void {
    const request = readRequest(text);
    if (typeof request === "string") {
      this.#fail(undefined, "K2_INVALID_INPUT", request);
      return;
    }
    this.#handle(request).catch((error: unknown) => {
      this.#options.logger.warn({ error: describeError(error) }, "stream request failed");
      this.#subscriptions.delete(request.id);
      this.#fail(request.id, "K2_INTERNAL", describeError(error));
    });
  }

  async #handle(request: StreamRequest): Promise<void> {
    switch (request.op) {
      case "ping":
        return this.#send(JSON.stringify({ type: "pong", id: request.id }));
      case "unsubscribe":
        this.#subscriptions.get(request.id)?.();
        this.#subscriptions.delete(request.id);
        return this.#send(JSON.stringify({ type: "unsubscribed", id: request.id }));
      case "subscribe":
        return await this.#subscribe(request);
    }
  }

  async #subscribe(request: SubscribeRequest): Promise<void> {
    const { id } = request;
    if (this.#subscriptions.has(id))
      return this.#fail(id, "K2_INVALID_INPUT", `Subscription ${id} is there already; choose another id`);
    if (this.#subscriptions.size >= this.#options.subscriptionsMax) {
      return this.#fail(
        id,
        "K2_INVALID_INPUT",
        `A client may hold ${this.#options.subscriptionsMax} subscriptions; end one first`,
      );
    }
    this.#subscriptions.set(id, undefined);
    let sequence = 0;
    const message = (type: string, rows: string): void => {
      if (!this.#subscriptions.has(id)) return;
      this.#send(`{"type":"${type}","id":${id},"sequence":${sequence},"rows":${rows}}`);
      sequence += 1;
    };
    const leave = await this.#options.hub.subscribe(request, {
      snapshot: (rows) => message("snapshot", rows),
      update: (rows) => message("update", rows),
    });
    if (this.#closed || !this.#subscriptions.has(id))
      leave(); // The client went, or changed its mind, meanwhile.
    else this.#subscriptions.set(id, leave);
  }

  #send(text: string): void {
    const { socket, unreadBytesMax, logger } = this.#options;
    if (this.#closed || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > unreadBytesMax) {
      logger.warn({ unreadBytes: socket.bufferedAmount }, "stream client too slow, cut off");
      this.#end();
      const detail = `More than ${unreadBytesMax} bytes wait unread. Subscribe to less, read faster, or ask /v1/trades for what was missed`;
      socket.send(JSON.stringify({ type: "error", code: "K2_SLOW_CONSUMER", detail }));
      socket.close(CLOSE_SLOW, "too slow");
      return;
    }
    socket.send(text);
  }

  #fail(id: number | undefined, code: string, detail: string): void {
    this.#send(JSON.stringify({ type: "error", id, code, detail }));
  }

  /** Ends the session from our side. */
  close(reason: string): void {
    this.#end();
    this.#options.socket.close(reason === "shutdown" ? 1001 : CLOSE_POLICY, reason);
  }

  #end(): void {
    this.#closed = true;
    for (const leave of this.#subscriptions.values()) leave?.();
    this.#subscriptions.clear();
  }
}
