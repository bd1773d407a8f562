import type { FastifyInstance } from "fastify";
import { type Clock, InvalidInputError } from "../base/index.ts";
import { createRestServer, type RestOptions } from "./rest/server.ts";
import { type HubOptions, StreamHub } from "./stream/hub.ts";
import { type StreamLimits, StreamServer } from "./stream/stream-server.ts";

export interface ApiOptions extends Omit<RestOptions, "stream">, Omit<HubOptions, "query" | "metrics" | "clock"> {
  readonly mode: "simulated" | "live";
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  /** Where they differ from STREAM_LIMITS. */
  readonly streamLimits?: Partial<StreamLimits>;
}

/** The API of a running K2: REST, the stream and the page, on one port. */
export interface ApiServer extends AsyncDisposable {
  /** Where it listens, such as "http://127.0.0.1:8420". */
  readonly url: string;
  /** Give it every durable event; it knows who wants which. */
  readonly hub: Pick<StreamHub, "publishTrades" | "publishBars" | "publishQuotes" | "publishBooks" | "publishHealth">;
}

/** How long requests under way may take to end when the server stops. */
const DRAIN_MS_MAX = 5000;

/**
 * Starts listening. Disposing of it takes no more requests, tells the stream's clients, and waits for the answers
 * under way.
 *
 * @throws {InvalidInputError} when the port is taken or the address cannot be had
 */
export async function startApiServer(options: ApiOptions): Promise<ApiServer> {
  const { streamLimits: limits } = options;
  const hub = new StreamHub(options);
  const stream = new StreamServer({ ...options, hub, ...(limits === undefined ? {} : { limits }) });
  const server = await createRestServer({ ...options, stream });
  const stop = async (): Promise<void> => {
    hub[Symbol.dispose]();
    await Promise.all([stream[Symbol.asyncDispose](), drain(server, options.clock)]);
  };
  try {
    return { url: await listen(server, options), hub, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Stops listening and closes idle connections at once, the others when their answer is out. */
async function drain(server: FastifyInstance, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const closing = server.close().then(() => closed.abort());
  await clock.sleep(DRAIN_MS_MAX, { signal: closed.signal }).catch(() => {});
  server.server.closeAllConnections();
  await closing;
}

async function listen(server: FastifyInstance, { host, port }: ApiOptions): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new InvalidInputError(
        `Port ${port} on ${host} is taken, perhaps by another K2. Stop it, or choose another: k2 up --port ${port + 1}`,
        { cause: error },
      );
    }
    if (code === "EACCES") {
      throw new InvalidInputError(`Port ${port} on ${host} needs rights that this user has not. Take one above 1023`, {
        cause: error,
      });
    }
    throw new InvalidInputError(
      `Cannot listen on ${host}:${port} (${code}). Set http.host to an address of this machine`,
      { cause: error },
    );
  }
}
