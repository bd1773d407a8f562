import { WebSocketServer } from "ws";
import { type Clock, InvalidInputError } from "../base/index.ts";
import { createRestServer, type RestOptions } from "./rest/server.ts";
import type { HubOptions } from "./stream/hub.ts";
import { StreamHub } from "./stream/hub.ts";
import { StreamSession } from "./stream/session.ts";

export interface ApiOptions extends RestOptions, HubOptions {
  readonly mode: "simulated" | "live";
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
}

/** The API of a running K2: REST, the stream and the page, on one port. */
export interface ApiServer extends AsyncDisposable {
  /** Where it listens, such as "http://127.0.0.1:8420". */
  readonly url: string;
  /** Give it every durable event; it knows who wants which. */
  readonly hub: StreamHub;
}

const UNREAD_BYTES_MAX = 16 * 1024 * 1024;
const SUBSCRIPTIONS_MAX = 100;
const CLIENTS_MAX = 2000;

/**
 * Starts listening.
 *
 * @throws {InvalidInputError} when the port is taken or the address cannot be had
 */
export async function startApiServer(options: ApiOptions): Promise<ApiServer> {
  const hub = new StreamHub(options);
  const server = await createRestServer(options);
  const sessions = new Set<StreamSession>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false });
  server.server.on("upgrade", (request, socket, head) => {
    if (request.url?.split("?")[0] !== "/v1/stream" || sessions.size >= CLIENTS_MAX || !sameOrigin(request.headers)) {
      socket.end(
        `HTTP/1.1 ${sessions.size >= CLIENTS_MAX ? "503 Service Unavailable" : "404 Not Found"}\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      const session = new StreamSession({
        socket: client,
        hub,
        logger: options.logger.child({ part: "stream", session: crypto.randomUUID() }),
        welcome: { type: "welcome", mode: options.mode, version: options.version },
        unreadBytesMax: UNREAD_BYTES_MAX,
        subscriptionsMax: SUBSCRIPTIONS_MAX,
      });
      sessions.add(session);
      client.once("close", () => sessions.delete(session));
    });
  });
  const clients = options.metrics.gauge({ name: "k2_stream_clients", help: "WebSocket clients", labels: [] });
  options.metrics.onCollect(() => clients.set({}, sessions.size));
  const url = await listen(server, options);
  return {
    url,
    hub,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.close("shutdown");
      sockets.close();
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

async function listen(
  server: Awaited<ReturnType<typeof createRestServer>>,
  { host, port }: ApiOptions,
): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    await server.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new InvalidInputError(
        `Port ${port} on ${host} is taken, perhaps by another K2. Stop it, or choose another: k2 up --port 8421`,
        { cause: error },
      );
    }
    throw new InvalidInputError(
      `Cannot listen on ${host}:${port} (${code}). Set http.host to an address of this machine`,
      { cause: error },
    );
  }
}

/** A browser says whose page opens the socket: only our own may, so that no other site reads a local K2. */
function sameOrigin({
  origin,
  host,
}: {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}): boolean {
  return origin === undefined || origin.replace(/^https?:\/\//, "") === host;
}
