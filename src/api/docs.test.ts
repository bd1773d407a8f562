import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Schema from "typebox/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHANNELS } from "./stream/protocol.ts";
import { STREAM_LIMITS } from "./stream/stream-server.ts";
import { NO_ROWS, TestApi, TestClient, testHealth, tradeBatch } from "./test-api.ts";

/* docs/api.md says nothing that is not so. */

const text = readFileSync(fileURLToPath(new URL("../../docs/api.md", import.meta.url)), "utf8");

/** The contents of its fenced blocks of a language. */
function blocks(language: string): readonly string[] {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].flatMap(([, name, block = ""]) =>
    name === language ? [block] : [],
  );
}
const lines = (language: string): readonly string[] => blocks(language).flatMap((block) => block.trim().split("\n"));

/** The first cells of the rows of its tables, without their code marks, split at commas. */
const cells = [...text.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(", "));

type Json = Readonly<Record<string, unknown>>;

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
  api.server.hub.publishTrades(tradeBatch([{ id: 1n }]));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

test("each path is there, and each path that is there is described", async () => {
  const { paths } = await api.json<{ readonly paths: Json }>("/openapi.json");
  const described = cells.map((cell) => /^(?:GET|WS) (\/\S+)$/.exec(cell)?.[1]).filter((path) => path !== undefined);
  expect(described.sort()).toEqual(Object.keys(paths).sort());
});

test("each parameter is there, and each that is there is described", async () => {
  const { paths } = await api.json<{ readonly paths: Record<string, { get: { parameters: { name: string }[] } }> }>(
    "/openapi.json",
  );
  for (const { name } of paths["/v1/bars"]?.get.parameters ?? []) expect(cells).toContain(name);
});

test("each example of a question is answered", async () => {
  const questions = blocks("").flatMap((block) => block.trim().split("\n"));
  expect(questions.length).toBe(3);
  for (const question of questions) {
    const [method, path = ""] = question.split(" ");
    expect([method, (await api.get(path)).status], question).toEqual(["GET", 200]);
  }
});

test("the example of an error is what that request is answered", async () => {
  const [example = ""] = blocks("json problem");
  const { requestId, ...expected } = JSON.parse(example) as Json;
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(await (await api.get("/v1/trades?limit=20000&order=up")).json()).toMatchObject(expected);
});

test("each example of a request to the stream is taken", async () => {
  const client = await api.connect();
  const requests = lines("json to-server").map((line) => JSON.parse(line) as Json);
  expect(new Set(requests.map(({ op }) => op))).toEqual(new Set(["subscribe", "unsubscribe", "ping"]));
  expect(new Set(requests.map(({ channel }) => channel))).toEqual(new Set([...CHANNELS, undefined]));
  const answers: Json = { subscribe: "snapshot", unsubscribe: "unsubscribed", ping: "pong" };
  for (const request of requests) {
    expect(await client.ask(request)).toMatchObject({ type: answers[String(request["op"])], id: request["id"] });
  }
});

test("each example of a message has the fields of those that the server sends", async () => {
  const examples = lines("json from-server").map((line) => JSON.parse(line) as Json);
  const client = new TestClient(`${api.url.replace("http", "ws")}/v1/stream`);
  const sent = [await client.next()];
  client.send({ op: "subscribe", id: 1, channel: "trades" });
  sent.push(await client.next());
  api.server.hub.publishTrades(tradeBatch([{ id: 2n }]));
  sent.push(await client.next());
  for (const request of [
    { op: "ping", id: 9 },
    { op: "unsubscribe", id: 1 },
    { op: "subscribe", id: 4, channel: "books" },
  ]) {
    sent.push(await client.ask(request));
  }
  client.socket.terminate();
  const shape = (message: object): unknown =>
    JSON.parse(JSON.stringify(message), (_key, value: unknown) =>
      typeof value === "object" && value !== null ? value : typeof value,
    );
  expect(examples.map(shape)).toEqual(sent.map(shape));
  expect(examples.at(-1)).toEqual(sent.at(-1));
  const { components } = await api.json<{ readonly components: { readonly schemas: Record<string, Json> } }>(
    "/openapi.json",
  );
  const rows = examples.flatMap(({ rows: found }) => (found ?? []) as readonly Json[]);
  expect(rows.length).toBe(2);
  for (const row of rows) expect(Schema.Check(components.schemas["Trade"] ?? {}, row)).toBe(true);
});

test("the limits are those that hold", async () => {
  const { clientsMax, subscriptionsPerClientMax, unreadBytesMax, unreadBytesTotalMax, pingEveryMs } = STREAM_LIMITS;
  const mebibyte = 1024 * 1024;
  for (const said of [
    `leave ${unreadBytesMax / mebibyte} MiB unread`,
    `more than ${unreadBytesTotalMax / unreadBytesMax} are connected`,
    `may leave ${unreadBytesTotalMax / mebibyte} MiB`,
    `${subscriptionsPerClientMax} subscriptions`,
    `within ${pingEveryMs / 1000} s`,
    `${clientsMax.toLocaleString("en")} clients`,
  ]) {
    expect(text.replaceAll(/\s+/g, " ")).toContain(said);
  }
});

test("each status in the table is answered somewhere", async () => {
  const statuses = new Set<number>();
  const note = async (answer: Promise<Response>): Promise<unknown> => statuses.add((await answer).status);
  const body = { method: "POST", headers: { "content-type": "application/json" } };
  const failing = { ...NO_ROWS, listings: () => Promise.reject(new Error("a bug")) };
  const take = {
    method: "POST",
    path: "/take",
    contentType: "application/json",
    handle: () => ({ status: 200, body: 1 }),
  } as const;
  await using other = await TestApi.open({
    query: failing,
    extraRoutes: [take],
    health: () => testHealth({ ready: false }),
  });
  await note(other.get("/v1/trades?limit=0"));
  await note(other.get("/v1/nowhere"));
  await note(fetch(`${other.url}/v1/trades`, { method: "DELETE" }));
  await note(fetch(`${other.url}/take`, { ...body, body: `"${"x".repeat(5 * 1024 * 1024)}"` }));
  await note(fetch(`${other.url}/take`, { ...body, body: "x", headers: { "content-type": "text/plain" } }));
  await note(other.get("/v1/stream"));
  await note(other.get("/v1/instruments"));
  await note(other.get("/readyz"));
  const tested = [403, 421]; // stream-server.test.ts, server.test.ts: fetch() cannot send these headers.
  const described = cells.map(Number).filter((status) => status >= 400 && status < 600);
  expect(described.sort()).toEqual([...statuses, ...tested].sort());
});
