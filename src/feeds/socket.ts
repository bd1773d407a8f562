import type { IncomingMessage } from "node:http";
import { type ClientOptions, WebSocket } from "ws";
import { describeFailure } from "./socket-failure.ts";

/**
 * The seam through which a connection reaches the network, so that a test can be the network.
 *
 * The adapter calls `opened` at most once, then `frame` and `heard` in the order of arrival, and `ended`
 * exactly once, last, whatever happened. It calls none of them before `OpenSocket` has returned.
 */
export interface Socket {
  /** Queues a text frame. Dropped silently once the socket is ending: `ended` then tells why. */
  send(frame: string): void;
  /** Sends a ping of the protocol; the venue's pong is `heard`. Absent where the network has no such thing. */
  ping?(): void;
  /** Stops reading, so that the sender is slowed by its full buffers. A few frames already read may follow. */
  pause(): void;
  resume(): void;
  /** Starts the closing handshake with code 1000; frames may arrive until `ended`. */
  close(): void;
  /** Ends at once, also while opening. `ended` follows. */
  terminate(): void;
}

export interface SocketHandlers {
  /** The venue accepted the connection. */
  opened(): void;
  /** One whole message, untouched. A view that is valid during the call only. */
  frame(payload: Uint8Array, isText: boolean): void;
  /** A ping or pong of the protocol: a sign of life without data. Pings are answered by the adapter. */
  heard(): void;
  ended(end: SocketEnd): void;
}

/**
 * How a socket ended.
 *
 * - unreachable: never opened: name, route, port, TLS or the protocol's handshake.
 * - refused: the venue answered the opening request with an HTTP status other than 101.
 * - closed: opened, then ended by a closing handshake; `code` as in RFC 6455 section 7.4.
 * - broken: opened, then lost: no handshake, or a frame that breaks the protocol or a limit.
 */
export type SocketEnd =
  | { readonly kind: "unreachable"; readonly detail: string }
  | {
      readonly kind: "refused";
      readonly status: number;
      /** The header as sent: seconds or a date. */
      readonly retryAfter: string | undefined;
      readonly detail: string;
    }
  | { readonly kind: "closed"; readonly code: number; readonly detail: string }
  | { readonly kind: "broken"; readonly detail: string };

export interface SocketOptions {
  /** A larger message ends the socket as broken. */
  readonly payloadBytesMax: number;
  /** Offers permessage-deflate: less traffic, several times the processor time. */
  readonly compress: boolean;
}

/**
 * Opens a socket.
 *
 * @param url of ws: or wss:, without a fragment; whatever else is wrong with it comes through `ended`
 */
export type OpenSocket = (url: string, handlers: SocketHandlers, options: SocketOptions) => Socket;

/** How long the `ws` package waits for the other side to hang up after a closing handshake. */
const HANG_UP_MS_MAX = 2_000;
const CODE_NONE = 1005;
const CODE_ABNORMAL = 1006;

/** The network: a client of the `ws` package. */
export const openWebSocket: OpenSocket = (url, handlers, { payloadBytesMax, compress }) => {
  const options: ClientOptions & { readonly closeTimeout: number } = {
    perMessageDeflate: compress,
    maxPayload: payloadBytesMax,
    closeTimeout: HANG_UP_MS_MAX,
    // Text that is not UTF-8 is the decoder's to refuse; the bytes are kept, and the connection too.
    skipUTF8Validation: true,
    headers: { "User-Agent": "k2-market-data" },
  };
  const socket = new WebSocket(url, options);
  let isOpen = false;
  let end: SocketEnd | undefined;

  socket.on("open", () => {
    isOpen = true;
    handlers.opened();
  });
  // With the default binaryType the package delivers a Buffer, for text and binary alike.
  socket.on("message", (data, isBinary) => handlers.frame(data as Buffer, !isBinary));
  socket.on("ping", () => handlers.heard());
  socket.on("pong", () => handlers.heard());
  socket.on("unexpected-response", (_request, response) => {
    end = refusal(response);
    socket.terminate();
  });
  socket.on("error", (error) => {
    end ??= { kind: isOpen ? "broken" : "unreachable", detail: describeFailure(error, url) };
    if (isOpen) socket.terminate(); // The package reads nothing more after an error; do not wait for the other side.
  });
  socket.on("close", (code, reason) => handlers.ended(end ?? closing(code, reason.toString("utf8"))));

  return {
    send: (frame) => socket.send(frame, ignoreError),
    ping: () => socket.ping(undefined, undefined, ignoreError),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
};

function refusal(response: IncomingMessage): SocketEnd {
  const status = response.statusCode ?? 0;
  return {
    kind: "refused",
    status,
    retryAfter: response.headers["retry-after"],
    detail: `The venue answered the opening request with HTTP ${status} ${response.statusMessage ?? ""}`.trimEnd(),
  };
}

function closing(code: number, reason: string): SocketEnd {
  if (code === CODE_ABNORMAL) return { kind: "broken", detail: "The connection was lost without a closing handshake" };
  const text = code === CODE_NONE ? "no code" : `code ${code}`;
  return { kind: "closed", code, detail: `Closed with ${text}${reason === "" ? "" : `: ${reason}`}` };
}

/** A frame that could not be sent is followed by the socket's end, which says more. */
const ignoreError = (): void => {};
