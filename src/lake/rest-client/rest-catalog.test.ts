import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type Clock, seededRandom, systemClock } from "../../base/index.ts";
import { type CatalogUnderTest, describeCatalog } from "../catalog/catalog.contract.ts";
import type { LoadedTable, TableCommit } from "../catalog/catalog.ts";
import { newTable } from "../catalog/catalog-fixture.ts";
import { parseIdentifier } from "../catalog/identifier.ts";
import { formatJson, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import {
  CatalogRefusedError,
  CatalogUnavailableError,
  CommitConflictError,
  CommitUnknownError,
  LakeUnsupportedError,
} from "../errors.ts";
import { TEST_KEYS } from "../io/s3/test-s3-server.ts";
import { TestS3Storage } from "../io/s3/test-s3-storage.ts";
import { newTableMetadata } from "../metadata/new-table.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { applyUpdates } from "../metadata/update.ts";
import { openRestCatalog } from "./rest-catalog.ts";
import type { RestCatalogConfig } from "./rest-config.ts";
import { type TestRestOptions, TestRestServer } from "./test-rest-server.ts";
import { grantAccess, vendedAccess } from "./vended.ts";

async function open(
  options: TestRestOptions = {},
  config: Partial<RestCatalogConfig> = {},
  failureRate = 0,
): Promise<CatalogUnderTest & { readonly server: TestRestServer }> {
  const server = await TestRestServer.start(options);
  const all = { uri: server.uri, backoffFirstMs: 1, silenceMsMax: 2_000, ...config };
  const [catalog, other] = [await openRestCatalog(all), await openRestCatalog(all)];
  if (failureRate > 0) server.failAtRandom(seededRandom(5), failureRate);
  return {
    server,
    catalog,
    other,
    folder: server.catalogs.folder,
    async [Symbol.asyncDispose]() {
      await catalog[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describeCatalog("RestCatalog on K2's server", () => open());
describeCatalog("RestCatalog with a namespace separator and a token", () =>
  open({ namespaceSeparator: "‖", tokens: ["secret"] }, { token: "secret" }),
);
describeCatalog("RestCatalog while 30 % of requests fail", () => open({}, { attemptsMax: 25 }, 0.3));

const T = parseIdentifier("a.t");

function setting(base: LoadedTable, properties: Readonly<Record<string, string>>): TableCommit {
  const updates = [{ action: "set-properties", updates: properties }] as const;
  const requirements = [{ type: "assert-table-uuid", uuid: base.metadata.tableUuid }] as const;
  return { identifier: base.identifier, base, requirements, updates, next: applyUpdates(base.metadata, updates, 1) };
}

async function withTable(
  options: TestRestOptions = {},
  config: Partial<RestCatalogConfig> = {},
): Promise<Awaited<ReturnType<typeof open>> & { readonly table: LoadedTable }> {
  const t = await open(options, config);
  await t.catalog.createNamespace(["a"]);
  const table = await t.catalog.create(T, newTable(t.folder, "a.t"));
  t.server.requests.length = 0;
  return { ...t, table };
}

test("a commit whose answer is lost is sent again under its key, and is made once", async () => {
  await using t = await withTable();
  t.server.keys.length = 0;
  t.server.failNext("cut-after", "POST");
  const [committed] = await t.catalog.commit([setting(t.table, { step: "1" })]);
  expect(committed?.metadata.properties["step"]).toBe("1");
  expect(t.server.requests.length).toBe(2);
  expect(t.server.keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(t.server.keys).size).toBe(1);
  expect((await t.other.load(T))?.metadata.metadataLog.length).toBe(1);
});

test("without keys, a lost answer is CommitUnknownError and nothing is sent twice", async () => {
  for (const fault of ["cut-after", "error-after", "cut", "error"] as const) {
    await using t = await withTable({ keepsReceipts: false });
    t.server.failNext(fault, "POST");
    const commit = t.catalog.commit([setting(t.table, { step: fault })]);
    await expect(commit).rejects.toBeInstanceOf(CommitUnknownError);
    expect(t.server.requests.length).toBe(1);
    expect((await t.other.load(T))?.metadata.properties["step"]).toBe(fault.endsWith("after") ? fault : undefined);
  }
});

test("a refusal after a lost try is not taken for a conflict: the try may be what it met", async () => {
  await using t = await withTable();
  t.server.failNext("error", "POST");
  const commit = {
    ...setting(t.table, { step: "1" }),
    requirements: [{ type: "assert-last-assigned-field-id", lastAssignedFieldId: 99 }] as const,
  };
  await expect(t.catalog.commit([commit])).rejects.toBeInstanceOf(CommitUnknownError);
  await expect(t.catalog.commit([commit])).rejects.toBeInstanceOf(CommitConflictError);
});

test("a table that did not change is not sent again", async () => {
  await using t = await withTable();
  const first = await t.catalog.load(T);
  const second = await t.catalog.load(T);
  expect(second).toBe(first);
  await t.other.commit([setting(t.table, { step: "1" })]);
  expect((await t.catalog.load(T))?.metadata.properties["step"]).toBe("1");
});

test("a lost creation is known by its table's id", async () => {
  await using t = await open({ keepsReceipts: false });
  await t.catalog.createNamespace(["a"]);
  t.server.failNext("cut-after", "POST /catalog/v1/namespaces/a/tables/t");
  const made = await t.catalog.create(T, newTable(t.folder, "a.t"));
  expect((await t.other.load(T))?.metadata.tableUuid).toBe(made.metadata.tableUuid);
  t.server.failNext("error", "POST /catalog/v1/namespaces/a/tables/u");
  await expect(t.catalog.create(parseIdentifier("a.u"), newTable(t.folder, "a.u"))).rejects.toBeInstanceOf(
    CommitUnknownError,
  );
});

test("column ids stay as the table was given them, and large ids as they are", async () => {
  await using t = await open();
  await t.catalog.createNamespace(["a"]);
  const metadata = newTableMetadata(
    {
      schema: [
        { id: 7, name: "x", type: "long", required: true },
        { id: 3, name: "y", type: "string", required: false },
      ],
    },
    { tableUuid: "10000000-0000-4000-8000-00000000abcd", location: `file://${t.folder}/own`, nowMs: 1_700_000_000_000 },
  );
  const made = await t.catalog.create(T, metadata);
  expect(made.metadata.schemas[0]?.fields.map(({ id, name }) => [id, name])).toEqual([
    [7, "x"],
    [3, "y"],
  ]);
  expect(made.metadata.location).toBe(`file://${t.folder}/own`);
  const snapshotId = 9_223_372_036_854_775_807n;
  const snapshot: Snapshot = {
    snapshotId,
    parentSnapshotId: undefined,
    sequenceNumber: 1,
    timestampMs: Date.now(),
    manifestList: `file://${t.folder}/own/metadata/snap.avro`,
    manifests: [],
    operation: "append",
    summary: { operation: "append" },
    schemaId: 0,
    extra: {},
  };
  const updates = [
    { action: "add-snapshot", snapshot },
    { action: "set-snapshot-ref", refName: "main", ref: { snapshotId, type: "branch" } },
  ] as const;
  const requirements = [{ type: "assert-ref-snapshot-id", ref: "main", snapshotId: undefined }] as const;
  await t.catalog.commit([
    { identifier: T, base: made, requirements, updates, next: applyUpdates(made.metadata, updates, Date.now()) },
  ]);
  expect((await t.other.load(T))?.metadata.currentSnapshotId).toBe(snapshotId);
});

test("lists are read page by page", async () => {
  await using t = await open();
  for (const name of ["a", "b", "c"]) await t.catalog.createNamespace([name]);
  const page = (namespaces: readonly string[], next: string | null): string =>
    JSON.stringify({ namespaces: namespaces.map((each) => [each]), "next-page-token": next });
  const pages = [page(["a"], "t 1&"), page(["b"], "t2"), page(["c"], null)];
  await using fixed = await FixedServer.start((url) =>
    url.startsWith("/v1/config")
      ? { body: '{"defaults":{},"overrides":{}}' }
      : { body: pages[["", "t 1&", "t2"].indexOf(new URL(url, "http://x").searchParams.get("pageToken") ?? "")] ?? "" },
  );
  await using catalog = await openRestCatalog({ uri: fixed.url });
  expect(await catalog.listNamespaces()).toEqual([["a"], ["b"], ["c"]]);
  await using endless = await FixedServer.start((url) => ({
    body: url.startsWith("/v1/config") ? "{}" : page(["a"], "same"),
  }));
  await using other = await openRestCatalog({ uri: endless.url });
  await expect(other.listNamespaces()).rejects.toThrow(/never end/);
});

test("tokens are got by client credentials, renewed before they end and when the server calls them invalid", async () => {
  let [given, valid] = [0, "t1"];
  await using fixed = await FixedServer.start((url, { headers, body }) => {
    if (url === "/v1/oauth/tokens") {
      given += 1;
      const form = new URLSearchParams(body);
      const isRight =
        form.get("client_id") === "me" && form.get("client_secret") === "s:cret" && form.get("scope") === "PRINCIPAL";
      return isRight
        ? { body: `{"access_token":"t${given}","token_type":"bearer","expires_in":3600}` }
        : { status: 401, body: "{}" };
    }
    if (headers["authorization"] !== `Bearer ${valid}`)
      return { status: 401, body: '{"error":{"message":"expired","type":"NotAuthorizedException","code":401}}' };
    return {
      body: url.startsWith("/v1/config")
        ? '{"overrides":{"prefix":"w/1"},"endpoints":["GET /v1/{prefix}/namespaces"]}'
        : '{"namespaces":[]}',
    };
  });
  let nowMs = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };
  const config = { uri: fixed.url, credential: "me:s:cret", scope: "PRINCIPAL", warehouse: "my lake" };
  await using catalog = await openRestCatalog(config, { clock });
  expect(fixed.asked).toEqual(["POST /v1/oauth/tokens", "GET /v1/config?warehouse=my%20lake"]);
  valid = "t2";
  await catalog.listNamespaces();
  expect(fixed.asked.at(-1)).toBe("GET /v1/w/1/namespaces?pageToken=");
  nowMs += 3_500_000;
  valid = "t3";
  await catalog.listNamespaces();
  expect(given).toBe(3);
  await expect(catalog.commit([])).rejects.toBeInstanceOf(LakeUnsupportedError);
  await expect(openRestCatalog({ ...config, credential: "me:wrong" })).rejects.toBeInstanceOf(CatalogRefusedError);
});

test("a wrong token, a server that is away and a wrong address say what to do", async () => {
  await using server = await TestRestServer.start({ tokens: ["right"] });
  await expect(openRestCatalog({ uri: server.uri, token: "wrong" })).rejects.toThrow(/correct the catalog's token/);
  await expect(openRestCatalog({ uri: "http://127.0.0.1:1/x", backoffFirstMs: 1 })).rejects.toBeInstanceOf(
    CatalogUnavailableError,
  );
  await expect(openRestCatalog({ uri: "polaris" })).rejects.toThrow(/write its address/);
});

test("vended credentials reach the files of their table alone, and are renewed", async () => {
  await using s3 = await TestS3Storage.open({ credentials: { accessKeyId: "NOBODY", secretAccessKey: "x" } });
  let vended = 0;
  const session = (): string => `session-${vended}`;
  await using server = await TestRestServer.start({
    locations: [s3.root],
    credentials: async ({ location }) => {
      vended += 1;
      s3.server.credentials = { ...TEST_KEYS, sessionToken: session() };
      return {
        config: { "s3.endpoint": s3.server.url, "client.region": "us-east-1", "s3.path-style-access": "true" },
        credentials: [
          {
            prefix: location,
            config: {
              "s3.access-key-id": TEST_KEYS.accessKeyId,
              "s3.secret-access-key": TEST_KEYS.secretAccessKey,
              "s3.session-token": session(),
              "s3.session-token-expires-at-ms": String(Date.now() + 3_600_000),
            },
          },
        ],
      };
    },
  });
  await using catalog = await openRestCatalog({ uri: server.uri }, { s3: s3.storage.s3 });
  await catalog.createNamespace(["a"]);
  const metadata = { ...newTable(server.catalogs.folder, "a.t"), location: `file://${server.catalogs.folder}/t` };
  await catalog.create(T, metadata);
  const { s3: clients } = s3.storage;
  if (clients === undefined) throw new Error("no clients");
  grantAccess(clients, `${s3.root}/a/t`, { config: {}, credentials: [] }, async () => undefined);
  await expect(s3.io.read(`${s3.root}/a/t/x`)).rejects.toThrow(/does not know the access key/);
  const answer = new JsonReader(
    parseJson(
      formatJson({
        config: { "s3.endpoint": s3.server.url, "client.region": "us-east-1" },
        "storage-credentials": [
          {
            prefix: `${s3.root}/a/t`,
            config: {
              "s3.access-key-id": TEST_KEYS.accessKeyId,
              "s3.secret-access-key": TEST_KEYS.secretAccessKey,
              "s3.session-token": "old",
            },
          },
        ],
      }),
    ),
    "table",
  );
  s3.server.credentials = { ...TEST_KEYS, sessionToken: "old" };
  let renewals = 0;
  grantAccess(clients, `${s3.root}/a/t`, vendedAccess(answer, {}), async () => {
    renewals += 1;
    return {
      "s3.access-key-id": TEST_KEYS.accessKeyId,
      "s3.secret-access-key": TEST_KEYS.secretAccessKey,
      "s3.session-token": "new",
    };
  });
  await s3.io.write(`${s3.root}/a/t/x`, Buffer.from("1"));
  await expect(s3.io.read(`${s3.root}/a/t10/x`)).rejects.toThrow(/does not know the access key/);
  s3.server.credentials = { ...TEST_KEYS, sessionToken: "new" };
  expect(Buffer.from(await s3.io.read(`${s3.root}/a/t/x`)).toString()).toBe("1");
  expect(renewals).toBe(1);
});

/** Answers as it is told, for what K2's own server would not do. */
class FixedServer implements AsyncDisposable {
  readonly url: string;
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(
    answer: (
      url: string,
      request: { readonly headers: IncomingMessage["headers"]; readonly body: string },
    ) => { readonly status?: number; readonly body: string },
  ): Promise<FixedServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fixed = new FixedServer(server);
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      fixed.asked.push(`${request.method} ${request.url}`);
      const { status = 200, body: text } = answer(request.url ?? "", { headers: request.headers, body });
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    });
    return fixed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
