import { expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { TABLES } from "../../src/domain/index.ts";
import { openLake } from "../../src/lake/index.ts";
import { temporaryFolder, testConfig } from "./harness.ts";

const TOKEN = "a-token-of-sixteen-or-more";

async function statusOf(url: string, method: string, body?: unknown, token?: string): Promise<number> {
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  const reply = await fetch(url, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  await reply.arrayBuffer();
  return reply.status;
}

test("a running K2 serves its lake as an Iceberg REST catalog, to which a client adds tables of its own", async () => {
  using folder = temporaryFolder();
  await using k2 = await startK2(testConfig(folder.path, { simulation: { tradesPerSecond: 5 } }), {
    logger: silentLogger,
  });
  await using lake = await openLake({
    warehouse: "",
    name: "k2",
    catalog: { kind: "rest", uri: `${k2.url}/catalog` },
  });
  expect(await lake.listTables()).toEqual(TABLES.map(({ namespace, name }) => `${namespace}.${name}`).sort());
  expect((await lake.table("silver.trades")).schema.fields.map(({ name }) => name)).toContain("trade_id");
  const made = await lake.createTable("mine.notes", {
    schema: [{ id: 1, name: "text", type: "string", required: false }],
  });
  expect(made.metadata.location).toContain(`${folder.path}/simulated/lake/mine/notes`);
  expect(await lake.dropTable("mine.notes")).toBe(true);
  const catalog = `${k2.url}/catalog/v1/namespaces`;
  expect(await statusOf(`${catalog}/silver/tables/trades`, "POST", { updates: [] })).toBe(403);
  expect(await statusOf(`${catalog}/silver/tables/trades`, "DELETE")).toBe(403);
  expect(await statusOf(`${catalog}/silver`, "DELETE")).toBe(409);
  expect(await statusOf(`${catalog}/nowhere`, "GET")).toBe(404);
  expect(await statusOf(`${k2.url}/catalog/v1/no/such/endpoint`, "GET")).toBe(404);
  expect(await statusOf(`${k2.url}/openapi.json`, "GET")).toBe(200);
});

test("with tokens configured a client shows one, and may then commit to K2's tables but not drop them", async () => {
  using folder = temporaryFolder();
  const config = testConfig(folder.path, { simulation: { tradesPerSecond: 5 }, lake: { rest: { tokens: [TOKEN] } } });
  await using k2 = await startK2(config, { logger: silentLogger });
  const trades = `${k2.url}/catalog/v1/namespaces/silver/tables/trades`;
  expect(await statusOf(trades, "GET")).toBe(401);
  expect(await statusOf(trades, "GET", undefined, TOKEN)).toBe(200);
  const comment = { updates: [{ action: "set-properties", updates: { comment: "Trades of all venues" } }] };
  expect(await statusOf(trades, "POST", comment, TOKEN)).toBe(200);
  expect(await statusOf(trades, "DELETE", undefined, TOKEN)).toBe(403);
  const rename = {
    source: { namespace: ["silver"], name: "trades" },
    destination: { namespace: ["silver"], name: "x" },
  };
  expect(await statusOf(`${k2.url}/catalog/v1/tables/rename`, "POST", rename, TOKEN)).toBe(403);
});
