import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { K2Error } from "../../base/index.ts";
import { openSchemaRegistry, REGISTRY_CONTENT_TYPE, registryRoutes } from "../../log/registry/index.ts";
import type { ExtraRoute } from "../index.ts";
import { NO_ROWS, TestApi, testHealth } from "../test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly remedy: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly name?: string; readonly detail: string }[];
}

/** A problem answer, with everything that every one has checked. */
async function problem(response: Response): Promise<ProblemBody> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as ProblemBody;
  expect(body.type).toBe("about:blank");
  expect(body.status).toBe(response.status);
  expect(body.requestId).toBe(response.headers.get("x-request-id"));
  expect(body.requestId).toMatch(/^[0-9a-f-]{36}$/);
  return body;
}

const wrong: readonly (readonly [query: string, detail: string])[] = [
  ["limit=0", "limit is 0; the least is 1"],
  ["limit=10001", "limit is 10001; the most is 10000"],
  ["limit=ten", 'limit is "ten"; write a whole number'],
  ["limit=1.5", 'limit is "1.5"; write a whole number'],
  ["limit=", 'limit is ""; write a whole number'],
  ["limit=1&limit=2", "limit is given 2 times; give it once, several values joined by commas"],
  ["order=up", 'order is "up"; write asc or desc'],
  ["format=xml", 'format is "xml"; write json or ndjson or csv'],
  ["symbol=BTCUSDT", 'symbol: Not an instrument id: "BTCUSDT". Write for example BTC-USDT-SPOT'],
  ["symbol=BTC-USDT-SPOT,", 'symbol: Not an instrument id: "". Write for example BTC-USDT-SPOT'],
  ["symbol=BTC-USDT-SPOT&symbol=ETH-USDT-SPOT", "symbol is given 2 times; give it once"],
  ["venue=Binance", 'venue: Not a venue: "Binance". Write it as /v1/instruments does'],
  ["venue=", 'venue: Not a venue: ""'],
  ["start=yesterday", 'start: Not a time: "yesterday". Write ISO 8601'],
  ["start=12345", 'start: Not a time: "12345"'],
  ["end=2026-13-01", 'end: Not a time: "2026-13-01"'],
  ["end=1700000000000000001", 'end: Finer than a microsecond: "1700000000000000001"'],
  ["start=2026-02-02&end=2026-02-01", "end is before start: 2026-02-01 is before 2026-02-02"],
  ["as_of=now", 'as_of: Neither a snapshot id nor an ISO 8601 time: "now"'],
  ["as_of=9223372036854775808", "as_of: Neither a snapshot id nor an ISO 8601 time"],
  ["symbols=BTC-USDT-SPOT", 'No parameter is called "symbols"; there are symbol, venue, start, end'],
];

test.each(wrong)("GET /v1/trades?%s is refused: %s", async (query, detail) => {
  const body = await problem(await api.get(`/v1/trades?${query}`));
  expect(body).toMatchObject({ status: 400, title: "Bad Request", code: "K2_INVALID_INPUT", remedy: "fix-input" });
  expect(body.detail).toContain(detail);
  expect(body.errors?.length).toBe(1);
});

test.each([
  ["interval=2m", 'interval is "2m"; write 1s or 1m or 5m or 15m or 30m or 1h or 4h or 1d'],
  ["open=yes", 'open is "yes"; write true or false'],
  ["fill=zero", 'fill is "zero"; write none or previous'],
])("GET /v1/bars?%s is refused: %s", async (query, detail) => {
  expect((await problem(await api.get(`/v1/bars?${query}`))).detail).toBe(detail);
});

test("a request that is wrong in many ways is told of each", async () => {
  const body = await problem(await api.get("/v1/bars?limit=0&interval=9&symbol=x&start=y&foo=1&open=2"));
  expect(body.errors?.map(({ name }) => name).sort()).toEqual(["foo", "interval", "limit", "open", "start", "symbol"]);
  for (const { detail } of body.errors ?? []) expect(body.detail).toContain(detail);
});

test("a path that is not there is 404, a method that is not 405 with those that are", async () => {
  const missing = await problem(await api.get("/v1/orders?x=1"));
  expect(missing).toMatchObject({ status: 404, title: "Not Found", code: "K2_REQUEST_REFUSED", remedy: "fix-input" });
  expect(missing.detail).toBe("No such path: GET /v1/orders. /openapi.json lists them all");
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const response = await fetch(`${api.url}/v1/trades`, { method });
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect(await problem(response)).toMatchObject({ status: 405, code: "K2_REQUEST_REFUSED" });
  }
  const posted = await fetch(`${api.url}/v1/nowhere`, {
    method: "POST",
    body: "x",
    headers: { "content-type": "text/xml" },
  });
  expect((await problem(posted)).status).toBe(404);
  expect((await problem(await api.get("/v1/%E0%A4%A"))).status).toBe(400);
});

/** A request with exactly these headers: fetch() would set the host itself. */
async function raw(text: string, url = api.url): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}

test.each(["example.com", "127.0.0.1.example.com", "localhost.example.com", "[::2]:80", "10.0.0.1:8420", "a b"])(
  "a request for the host %s is refused: a web site may point its name here",
  async (host) => {
    const answer = await raw(`GET /v1/instruments HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).toContain('"code":"K2_REQUEST_REFUSED"');
  },
);

test.each(["localhost", "LOCALHOST:8420", "127.0.0.1:1", "127.9.9.9", "[::1]:8420"])(
  "a request for the host %s is answered",
  async (host) => {
    const answer = await raw(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  },
);

test("a request without a host is refused", async () => {
  expect(await raw("GET /livez HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 421 /);
});

test("an Upgrade header of another protocol changes nothing: Java's client sends h2c to every server", async () => {
  const answer = await raw(
    "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test("every answer forbids sniffing, framing and foreign scripts, and allows no other site", async () => {
  for (const path of ["/", "/v1/instruments", "/v1/nowhere", "/v1/trades?limit=0", "/metrics"]) {
    const { headers } = await api.get(path, { origin: "https://example.com" });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
    const policy = headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'self'", "frame-ancestors 'none'", "connect-src 'self' ws:"])
      expect(policy).toContain(part);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
});

test("/livez answers while /readyz says why K2 is not ready", async () => {
  let health = testHealth();
  await using other = await TestApi.open({ health: () => health });
  const answer = async (path: string): Promise<readonly [number, string]> => {
    const response = await other.get(path);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    return [response.status, await response.text()];
  };
  expect(await answer("/livez")).toEqual([200, "ok\n"]);
  expect(await answer("/readyz")).toEqual([200, "ok\n"]);
  health = testHealth({ ready: false, problems: ["The store is 12 records behind", "Feed kraken is down"] });
  expect(await answer("/readyz")).toEqual([503, "The store is 12 records behind\nFeed kraken is down\n"]);
  expect(await answer("/livez")).toEqual([200, "ok\n"]);
  expect(await (await other.get("/v1/health")).json()).toEqual(health);
});

test("/metrics counts requests by route, and the stream's clients and messages", async () => {
  await using other = await TestApi.open();
  await other.get("/v1/instruments");
  await other.get("/v1/trades?limit=0");
  await other.get("/v1/a-path-somebody-made-up");
  const client = await other.connect();
  await client.ask({ op: "subscribe", id: 1, channel: "health" });
  const response = await other.get("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  for (const line of [
    'k2_http_request_seconds_count{method="GET",route="/v1/instruments",status="200"} 1',
    'k2_http_request_seconds_count{method="GET",route="/v1/trades",status="400"} 1',
    'k2_http_request_seconds_count{method="GET",route="none",status="404"} 1',
    "k2_stream_clients 1",
    'k2_stream_subscriptions{channel="health"} 1',
    'k2_stream_subscriptions{channel="trades"} 0',
    "k2_stream_messages_total 2",
    "k2_stream_clients_cut_off_total 0",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(text).not.toContain("somebody");
});

class FullError extends K2Error {
  readonly code = "K2_LOG_FULL";
  readonly remedy = "retry";
}

test("K2's own errors are told whole; of any other only that it happened, and the log has it", async () => {
  const failures: Error[] = [new FullError("The disk is full"), new TypeError("secret: /home/me")];
  const query = { ...NO_ROWS, trades: () => Promise.reject(failures.shift()) };
  await using other = await TestApi.open({ query });
  const full = await other.get("/v1/trades");
  expect(full.headers.get("retry-after")).toBe("1");
  expect(await problem(full)).toMatchObject({
    status: 503,
    code: "K2_LOG_FULL",
    remedy: "retry",
    detail: "The disk is full",
  });
  const bug = await problem(await other.get("/v1/trades"));
  expect(bug).toMatchObject({ status: 500, code: "K2_INTERNAL", remedy: "report" });
  expect(JSON.stringify(bug)).not.toContain("secret");
  expect(other.logged.at(-1)).toMatchObject({ error: "secret: /home/me", requestId: bug.requestId });
});

test("a question is dropped when its client goes away, and that is no error", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const dropped = Promise.withResolvers<void>();
  const trades: typeof NO_ROWS.trades = (_request, { signal } = {}) => {
    if (signal !== undefined) asked.resolve(signal);
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        reject(signal.reason);
        dropped.resolve();
      });
    });
  };
  await using other = await TestApi.open({ query: { ...NO_ROWS, trades } });
  const request = httpRequest(`${other.url}/v1/trades`).on("error", () => {});
  request.end();
  expect((await asked.promise).aborted).toBe(false);
  request.destroy();
  await dropped.promise;
  await other.get("/livez");
  expect(other.logged).toEqual([]);
});

test("a connection that is kept alive leaves nothing behind with each request", async () => {
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", note);
  for (let index = 0; index < 30; index += 1) await (await api.get("/v1/trades")).text();
  process.off("warning", note);
  expect(warnings.filter((message) => message.includes("listeners"))).toEqual([]);
});

test("the schema registry answers under /registry, with its own content type", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await using other = await TestApi.open({ extraRoutes: registryRoutes(registry, "/registry") });
  const subject = "/registry/subjects/market%2Ftrades-value";
  const post = (path: string, body: string, type = REGISTRY_CONTENT_TYPE): Promise<Response> =>
    fetch(other.url + path, { method: "POST", body, headers: { "content-type": type } });
  const schema = JSON.stringify({ schema: '{"type": "string"}' });
  const registered = await post(`${subject}/versions`, schema);
  expect(registered.headers.get("content-type")?.split(";")[0]).toBe(REGISTRY_CONTENT_TYPE);
  expect([registered.status, await registered.json()]).toEqual([200, { id: 1 }]);
  expect(await (await post(`${subject}/versions`, schema, "application/json; charset=utf-8")).json()).toEqual({
    id: 1,
  });
  expect(await other.json("/registry/subjects")).toEqual(["market/trades-value"]);
  expect(await other.json("/registry/subjects?subjectPrefix=none")).toEqual([]);
  expect(await (await other.get(`${subject}/versions/latest/schema`)).text()).toBe('"string"');
  const missing = await other.get("/registry/subjects/none/versions");
  expect([missing.status, await missing.json()]).toEqual([404, { error_code: 40401, message: expect.any(String) }]);
  // Confluent's Java client names a content type on every request, also without a body.
  const deleted = await fetch(other.url + subject, {
    method: "DELETE",
    headers: { "content-type": REGISTRY_CONTENT_TYPE },
  });
  expect([deleted.status, await deleted.json()]).toEqual([200, [1]]);
  expect(await problem(await post(`${subject}/versions`, "{"))).toMatchObject({
    status: 400,
    code: "K2_INVALID_INPUT",
  });
  expect(await problem(await post(`${subject}/versions`, '{"__proto__": {}}'))).toMatchObject({ status: 400 });
  expect((await problem(await post(`${subject}/versions`, "x", "text/plain"))).status).toBe(415);
  const wrongMethod = await fetch(other.url + subject, { method: "PATCH" });
  expect(wrongMethod.headers.get("allow")).toBe("POST, DELETE");
  expect((await problem(wrongMethod)).status).toBe(405);
});

test("a body over the limit is 413", async () => {
  const route: ExtraRoute = {
    method: "POST",
    path: "/take",
    contentType: "application/json",
    handle: () => ({ status: 200, body: 1 }),
  };
  await using other = await TestApi.open({ extraRoutes: [route] });
  const take = (body: string): Promise<Response> =>
    fetch(`${other.url}/take`, { method: "POST", body, headers: { "content-type": "application/json" } });
  expect((await take(`"${"x".repeat(1000)}"`)).status).toBe(200);
  const body = await problem(await take(`"${"x".repeat(4 * 1024 * 1024)}"`));
  expect(body).toMatchObject({ status: 413, code: "K2_INVALID_INPUT", remedy: "fix-input" });
});

test("the page is served from its folder; hashed files are kept for good, the page is asked for each time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-web-"));
  try {
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), "<!doctype html><title>K2</title>");
    await writeFile(join(folder, "assets", "index-abc123.js"), "export {};");
    await using other = await TestApi.open({ webFolder: folder });
    const page = await other.get("/");
    expect(await page.text()).toContain("<title>K2</title>");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const ask = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nIf-None-Match: ${page.headers.get("etag")}\r\n\r\n`;
    expect(await raw(ask, other.url)).toMatch(/^HTTP\/1\.1 304 /);
    const script = await other.get("/assets/index-abc123.js");
    expect(script.headers.get("content-type")).toMatch(/javascript/);
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const gone = await other.get("/assets/gone.js");
    expect(gone.headers.get("cache-control")).toBe("no-store");
    expect((await problem(gone)).status).toBe(404);
    expect((await problem(await other.get("/..%2f..%2fetc/passwd"))).status).toBeGreaterThanOrEqual(400);
    expect((await other.get("/v1/instruments")).status).toBe(200);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("where the page is not built, a text says how to build it", async () => {
  const response = await api.get("/");
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
  expect(await response.text()).toContain("npm run web");
});

test("a port that is taken is said with what to do", async () => {
  const { port } = new URL(api.url);
  await expect(TestApi.open({ port: Number(port) })).rejects.toMatchObject({
    code: "K2_INVALID_INPUT",
    message: expect.stringMatching(
      new RegExp(`^Port ${port} on 127.0.0.1 is taken.*k2 up --port ${Number(port) + 1}$`),
    ),
  });
  await expect(TestApi.open({ host: "192.0.2.1" })).rejects.toThrow("Cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL)");
});

test("closing waits for the answer under way", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const other = await TestApi.open({
    query: {
      ...NO_ROWS,
      listings: async () => {
        asked.resolve();
        await answer.promise;
        return [];
      },
    },
  });
  const response = other.get("/v1/instruments");
  await asked.promise;
  const closed = other[Symbol.asyncDispose]();
  answer.resolve();
  expect(await (await response).json()).toEqual({ rows: [] });
  await closed;
  await expect(other.get("/livez")).rejects.toThrow("fetch failed");
});
