import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Random, silentLogger, systemClock, systemRandom } from "../../base/index.ts";
import { TestCatalogs } from "../catalog/test-catalog.ts";
import { systemIds } from "../io/ids.ts";
import type { RestCatalogOptions } from "../rest-server/rest-context.ts";
import { restCatalogServer } from "../rest-server/rest-server.ts";

/** What becomes of a request: refused before anything is done, or done and never answered as it should. */
export type RestFault = "busy" | "error" | "cut" | "error-after" | "cut-after";

const ANY_FAULT: readonly RestFault[] = ["busy", "error", "cut", "error-after", "cut-after"];

export interface TestRestOptions extends Partial<RestCatalogOptions> {
  /** False: no receipts are kept, so a request may not be sent twice. */
  readonly keepsReceipts?: boolean;
}

/** K2's own server of the protocol over a SQLite catalog, on loopback, failing on demand and at random. For tests. */
export class TestRestServer implements AsyncDisposable {
  readonly uri: string;
  readonly catalogs: TestCatalogs;
  readonly #server: FastifyInstance;
  readonly #state: State;

  private constructor(server: FastifyInstance, catalogs: TestCatalogs, state: State) {
    this.#server = server;
    this.catalogs = catalogs;
    this.#state = state;
    this.uri = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/catalog`;
  }

  static async start({ keepsReceipts = true, ...options }: TestRestOptions = {}): Promise<TestRestServer> {
    const catalogs = await TestCatalogs.begin();
    const catalog = await catalogs.open();
    const server = Fastify({ forceCloseConnections: true });
    const state: State = { requests: [], keys: [], tokens: [], planned: [], random: undefined };
    server.addHook("onRequest", async (request, reply) => before(state, request, reply));
    server.addHook("onSend", async (request, reply, payload) => after(request, reply, payload));
    const served: RestCatalogOptions = {
      catalog,
      receipts: keepsReceipts ? catalog.receipts : undefined,
      name: "test",
      warehouse: `file://${catalogs.folder}`,
      clock: systemClock,
      random: systemRandom,
      ids: systemIds,
      logger: silentLogger,
      ...options,
    };
    await server.register(restCatalogServer(served), { prefix: "/catalog" });
    await server.listen({ port: 0, host: "127.0.0.1" });
    return new TestRestServer(server, catalogs, state);
  }

  /** `GET /catalog/v1/config`, …, in order. */
  get requests(): string[] {
    return this.#state.requests;
  }

  /** Idempotency keys of the requests that had one. */
  get keys(): string[] {
    return this.#state.keys;
  }

  /** The next request whose text contains `part` fails so. */
  failNext(fault: RestFault, part = ""): void {
    this.#state.planned.push({ fault, part });
  }

  failAtRandom(random: Random, rate: number): void {
    this.#state.random = { random, rate };
  }

  heal(): void {
    this.#state.random = undefined;
    this.#state.planned.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await this.catalogs[Symbol.asyncDispose]();
  }
}

interface State {
  readonly requests: string[];
  readonly keys: string[];
  readonly tokens: string[];
  readonly planned: { readonly fault: RestFault; readonly part: string }[];
  random: { readonly random: Random; readonly rate: number } | undefined;
}

const LATER = new WeakMap<FastifyRequest, RestFault>();

async function before(state: State, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const text = `${request.method} ${request.url}`;
  state.requests.push(text);
  const key = request.headers["idempotency-key"];
  if (typeof key === "string") state.keys.push(key);
  const fault = faultFor(state, text);
  if (fault === "cut") return void request.raw.socket.destroy();
  if (fault === "busy")
    return reply
      .code(503)
      .header("retry-after", "0")
      .send({ error: { message: "busy", type: "ServiceUnavailable", code: 503 } });
  if (fault === "error")
    return reply.code(500).send({ error: { message: "no", type: "InternalServerError", code: 500 } });
  if (fault !== undefined) LATER.set(request, fault);
  return undefined;
}

async function after(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const fault = LATER.get(request);
  if (fault === "cut-after") request.raw.socket.destroy();
  if (fault !== "error-after") return payload;
  reply.code(502).header("content-type", "text/html").removeHeader("content-length");
  return "<html>Bad Gateway</html>";
}

function faultFor(state: State, text: string): RestFault | undefined {
  const planned = state.planned.findIndex(({ part }) => text.includes(part));
  if (planned >= 0) return state.planned.splice(planned, 1)[0]?.fault;
  if (state.random === undefined) return undefined;
  const { random, rate } = state.random;
  return random.next() < rate ? ANY_FAULT[random.int(ANY_FAULT.length)] : undefined;
}
