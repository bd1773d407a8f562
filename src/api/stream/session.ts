import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { describeError, InternalError, K2Error, type Logger } from "../../base/index.ts";
import { InvalidRequestError, SlowConsumerError } from "../errors.ts";
import type { StreamHub } from "./hub.ts";
import { readRequest, requestId, type StreamMessage, type StreamRequest, type SubscribeRequest } from "./protocol.ts";
import type { Leave, Subscriber } from "./subscriber.ts";
import { textFrameStart } from "./text-frame.ts";

export interface SessionOptions {
  readonly socket: WebSocket;
  /** What `socket` stands on. */
  readonly connection: Duplex;
  readonly hub: StreamHub;
  readonly logger: Logger;
  readonly welcome: StreamMessage;
  /** A client that leaves more than this unread is told so and cut off. */
  readonly unreadBytesMax: () => number;
  readonly subscriptionsMax: number;
  readonly count: (sent: { readonly messages: number; readonly bytes: number }) => void;
  readonly onCutOff: () => void;
}

const CLOSE_GOING_AWAY = 1001;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_TRY_AGAIN_LATER = 1013;

/** One client's WebSocket, from welcome to close. */
export class StreamSession {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #options: SessionOptions;
  /** By the client's own id. */
  readonly #subscriptions = new Map<number, Subscription>();
  #isOver = false;
  #hasAnswered = true;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.on("message", (data, isBinary) => (isBinary ? this.#refuseBinary() : this.#receive(String(data))));
    socket.on("pong", () => {
      this.#hasAnswered = true;
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("close", () => {
      this.#end();
      resolve();
    });
    socket.on("error", () => this.#end()); // The peer broke the protocol or the line; `close` follows.
    this.#send(options.welcome);
  }

  /**
   * Asks whether the client is still there; ends the connection when it has not answered the question before. While it
   * has something unread, the question may stand behind that: then the bound of what is unread decides.
   */
  probe(): void {
    const { socket } = this.#options;
    if (!this.#hasAnswered && socket.bufferedAmount === 0) {
      socket.terminate();
      return;
    }
    this.#hasAnswered = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }

  /** Ends the session because the server stops. */
  shutDown(): void {
    this.#end();
    this.#options.socket.close(CLOSE_GOING_AWAY, "shutdown");
  }

  /** Ends the connection at once, whatever the client does. */
  terminate(): void {
    this.#end();
    this.#options.socket.terminate();
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    try {
      this.#handle(readRequest(text));
    } catch (error) {
      this.#fail(requestId(text), error);
    }
  }

  #refuseBinary(): void {
    if (this.#isOver) return;
    this.#fail(undefined, new InvalidRequestError([{ detail: "A binary frame came; requests are JSON text frames" }]));
    this.#end();
    this.#options.socket.close(CLOSE_UNSUPPORTED_DATA, "text frames only");
  }

  #handle(request: StreamRequest): void {
    const { op, id } = request;
    if (op === "subscribe") {
      this.#subscribe(request);
    } else if (op === "unsubscribe") {
      this.#subscriptions.get(id)?.end();
      this.#subscriptions.delete(id);
      this.#send({ type: "unsubscribed", id });
    } else {
      this.#send({ type: "pong", id });
    }
  }

  #subscribe(request: SubscribeRequest): void {
    const { id } = request;
    const { hub, subscriptionsMax } = this.#options;
    if (this.#subscriptions.has(id)) {
      const detail = `Subscription ${id} is there already and goes on; choose another id, or unsubscribe it first`;
      throw new InvalidRequestError([{ name: "id", detail }]);
    }
    if (this.#subscriptions.size >= subscriptionsMax) {
      const detail = `A client may hold ${subscriptionsMax} subscriptions; unsubscribe one first, or leave out symbol or venue to get all`;
      throw new InvalidRequestError([{ detail }]);
    }
    const subscription = new Subscription(
      id,
      (head, tail) => this.#sendRows(head, tail),
      (error) => {
        this.#subscriptions.delete(id);
        this.#fail(id, error);
      },
    );
    this.#subscriptions.set(id, subscription);
    subscription.begin(hub.subscribe(request, subscription));
  }

  #send(message: StreamMessage): void {
    if (this.#isOver || this.#isTooSlow()) return;
    const text = JSON.stringify(message);
    this.#options.count({ messages: 1, bytes: text.length });
    this.#options.socket.send(text);
  }

  /**
   * One message in one frame, its tail from memory that other clients share. Without compression the WebSocket writes
   * its own frames to the connection at once too, so that the two never mix.
   */
  #sendRows(head: string, tail: Buffer): void {
    const { socket, connection, count } = this.#options;
    if (this.#isOver || socket.readyState !== socket.OPEN || this.#isTooSlow()) return;
    count({ messages: 1, bytes: head.length + tail.length });
    connection.cork();
    connection.write(textFrameStart(head, tail.length));
    connection.write(tail);
    connection.uncork();
  }

  #isTooSlow(): boolean {
    const { socket, logger, unreadBytesMax, onCutOff } = this.#options;
    const [unreadBytes, bytesMax] = [socket.bufferedAmount, unreadBytesMax()];
    if (unreadBytes <= bytesMax) return false;
    logger.warn({ unreadBytes, bytesMax }, "stream client too slow, cut off");
    onCutOff();
    this.#end();
    socket.send(JSON.stringify(errorMessage(undefined, new SlowConsumerError(unreadBytes, bytesMax))));
    socket.close(CLOSE_TRY_AGAIN_LATER, "too slow");
    return true;
  }

  /** Of K2's own errors the client is told everything, of any other that it happened. */
  #fail(id: number | undefined, error: unknown): void {
    if (!(error instanceof K2Error)) {
      this.#options.logger.error({ error: describeError(error), id }, "stream request failed");
    }
    const known =
      error instanceof K2Error ? error : new InternalError("K2 failed to answer. The server's log has the cause");
    this.#send(errorMessage(id, known));
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }
}

function errorMessage(id: number | undefined, { code, remedy, message }: K2Error): StreamMessage {
  return { type: "error", id, code, remedy, detail: message };
}

/** Numbers the messages of one subscription. */
class Subscription implements Subscriber {
  readonly #id: number;
  readonly #send: (head: string, tail: Buffer) => void;
  readonly #onFailure: (error: unknown) => void;
  #leave: Leave | undefined;
  #sequence = 0;
  #hasEnded = false;

  constructor(id: number, send: (head: string, tail: Buffer) => void, onFailure: (error: unknown) => void) {
    this.#id = id;
    this.#send = send;
    this.#onFailure = onFailure;
  }

  /** @param leave ends it at the hub; the snapshot may be out already, and the client gone with it */
  begin(leave: Leave): void {
    this.#leave = leave;
    if (this.#hasEnded) leave();
  }

  end(): void {
    this.#hasEnded = true;
    this.#leave?.();
  }

  snapshot(tail: Buffer): void {
    this.#message("snapshot", tail);
  }

  update(tail: Buffer): void {
    this.#message("update", tail);
  }

  failed(error: unknown): void {
    if (this.#hasEnded) return;
    this.end();
    this.#onFailure(error);
  }

  #message(type: "snapshot" | "update", tail: Buffer): void {
    if (this.#hasEnded) return;
    this.#send(`{"type":"${type}","id":${this.#id},"sequence":${this.#sequence},"rows":`, tail);
    this.#sequence += 1;
  }
}
