import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { silentLogger, systemClock, systemRandom } from "../../base/index.ts";
import type { SqlCatalog } from "../catalog/sql-catalog.ts";
import { TestCatalogs } from "../catalog/test-catalog.ts";
import { formatJson, type Json, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { systemIds } from "../io/ids.ts";
import type { RestCatalogOptions } from "./rest-context.ts";
import { restCatalogServer } from "./rest-server.ts";

export interface RestReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, 64-bit integers as they were sent. */
  readonly json: JsonReader;
}

/** The server over a catalog on SQLite, on a free port, and a client that sends what it is told. For tests. */
export class TestRest implements AsyncDisposable {
  readonly url: string;
  readonly catalogs: TestCatalogs;
  readonly catalog: SqlCatalog;
  readonly #close: () => Promise<void>;

  private constructor(url: string, catalogs: TestCatalogs, catalog: SqlCatalog, close: () => Promise<void>) {
    this.url = url;
    this.catalogs = catalogs;
    this.catalog = catalog;
    this.#close = close;
  }

  static async start(options: Partial<RestCatalogOptions> = {}, postgresUrl?: string): Promise<TestRest> {
    const catalogs = await TestCatalogs.begin(postgresUrl);
    const catalog = await catalogs.open(options.clock === undefined ? {} : { clock: options.clock });
    const server = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 500 } });
    const served: RestCatalogOptions = {
      catalog,
      receipts: catalog.receipts,
      name: "test",
      warehouse: `file://${catalogs.folder}/warehouse`,
      clock: systemClock,
      random: systemRandom,
      ids: systemIds,
      logger: silentLogger,
      ...options,
    };
    await server.register(restCatalogServer(served), { prefix: "/catalog" });
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as AddressInfo;
    return new TestRest(`http://127.0.0.1:${port}/catalog`, catalogs, catalog, () => server.close());
  }

  /** `ask("POST", "/v1/namespaces", { namespace: ["a"] })`; a string is sent as it is. */
  async ask(
    method: string,
    path: string,
    body?: Json,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RestReply> {
    const text = body === undefined ? null : typeof body === "string" ? body : formatJson(body);
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const reply = await fetch(this.url + path, { method, body: text, headers: { ...type, ...headers } });
    const answer = await reply.text();
    const json = new JsonReader(answer.startsWith("{") ? parseJson(answer) : {}, "answer");
    return { status: reply.status, headers: reply.headers, text: answer, json };
  }

  /** As {@link ask}; a table of one column. */
  async makeTable(namespace: string, name: string, more: Readonly<Record<string, Json>> = {}): Promise<RestReply> {
    await this.catalog.ensureNamespace([namespace]);
    return this.ask("POST", `/v1/namespaces/${namespace}/tables`, { name, schema: SCHEMA, ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.catalogs[Symbol.asyncDispose]();
  }
}

export const SCHEMA: Json = {
  type: "struct",
  "schema-id": 0,
  fields: [{ id: 7, name: "n", required: true, type: "long" }],
};

/** `status type`, or the status alone where all is well. */
export function outcomeOf({ status, json, text }: RestReply): string {
  return text.includes('"error"') ? `${status} ${json.object("error").text("type")}` : String(status);
}
