import { readdir, rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { systemFiles } from "../../base/index.ts";
import { parseIdentifier } from "../catalog/identifier.ts";
import type { Json } from "../core/json.ts";
import { LocalFileIo } from "../io/local-file-io.ts";
import { outcomeOf, SCHEMA, TestRest } from "./test-rest.ts";

const VIEW = {
  name: "v",
  schema: SCHEMA,
  "view-version": {
    "version-id": 1,
    "timestamp-ms": 1_700_000_000_000,
    "schema-id": 0,
    summary: { "engine-name": "test" },
    representations: [{ type: "sql", sql: "SELECT n FROM t", dialect: "duckdb" }],
    "default-namespace": ["a"],
  },
  properties: {},
} satisfies Json;

test("the config lists exactly the endpoints that answer", async () => {
  await using rest = await TestRest.start();
  const { status, json } = await rest.ask("GET", "/v1/config");
  expect(status).toBe(200);
  const endpoints = json.list("endpoints").map(String);
  expect(endpoints).toHaveLength(24);
  expect(endpoints).toContain("POST /v1/{prefix}/transactions/commit");
  expect(endpoints).toContain("HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}");
  expect(endpoints.filter((endpoint) => /plan|sign|functions|credentials/.test(endpoint))).toEqual([]);
  expect(json.text("idempotency-key-lifetime")).toBe("PT1H");
  expect(json.object("overrides").text("namespace-separator")).toBe("%1F");
  for (const endpoint of endpoints) {
    const [method = "", path = ""] = endpoint.split(" ");
    const filled = path.replace("{prefix}/", "").replaceAll(/\{[a-z]+\}/g, "x");
    const answer = await rest.ask(method, filled, method === "POST" ? {} : undefined);
    expect(`${endpoint} ${answer.status}`).not.toMatch(/ 5\d\d$| 405$/);
    expect(answer.text).not.toContain("no such endpoint");
  }
});

test("a method that an endpoint does not have is 405 in the protocol's words, with those it has", async () => {
  await using rest = await TestRest.start();
  for (const [method, path, allow] of [
    ["PUT", "/v1/namespaces", "GET, POST"],
    ["DELETE", "/v1/config", "GET"],
    ["PATCH", "/v1/test/namespaces/a/tables/t", "GET, HEAD, POST, DELETE"],
    ["GET", "/v1/transactions/commit", "POST"],
  ] as const) {
    const answer = await rest.ask(method, path);
    expect(outcomeOf(answer)).toBe("405 MethodNotAllowedException");
    expect([answer.headers.get("allow"), answer.json.object("error").integer("code")]).toEqual([allow, 405]);
  }
});

test("a client may name the catalog by its name or its warehouse, and no other", async () => {
  await using rest = await TestRest.start();
  const asked = (warehouse: string) => rest.ask("GET", `/v1/config?warehouse=${encodeURIComponent(warehouse)}`);
  expect(outcomeOf(await asked("test"))).toBe("200");
  expect(outcomeOf(await asked(`file://${rest.catalogs.folder}/warehouse/`))).toBe("200");
  expect(outcomeOf(await asked(`${rest.catalogs.folder}/warehouse`))).toBe("200");
  expect(outcomeOf(await asked("another"))).toBe("404 NoSuchWarehouseException");
  expect(outcomeOf(await rest.ask("GET", "/v1/test/namespaces"))).toBe("200");
  expect(outcomeOf(await rest.ask("GET", "/v1/another/namespaces"))).toBe("404 NotFoundException");
});

test("a namespace lives through every status code of its endpoints", async () => {
  await using rest = await TestRest.start();
  const one = "/v1/namespaces/a";
  expect(outcomeOf(await rest.ask("GET", one))).toBe("404 NoSuchNamespaceException");
  expect((await rest.ask("HEAD", one)).status).toBe(404);
  expect(outcomeOf(await rest.ask("DELETE", one))).toBe("404 NoSuchNamespaceException");
  const made = await rest.ask("POST", "/v1/namespaces", { namespace: ["a"], properties: { owner: "Ada" } });
  expect(made.text).toBe('{"namespace":["a"],"properties":{"owner":"Ada"}}');
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces", { namespace: ["a"] }))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces", { namespace: "a" }))).toBe("400 IllegalArgumentException");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces", { namespace: [] }))).toBe("400 IllegalArgumentException");
  expect((await rest.ask("HEAD", one)).status).toBe(204);
  const changed = await rest.ask("POST", `${one}/properties`, { removals: ["owner", "none"], updates: { x: "1" } });
  expect(changed.text).toBe('{"removed":["owner"],"updated":["x"],"missing":["none"]}');
  const contradiction = { removals: ["x"], updates: { x: "2" } };
  expect(outcomeOf(await rest.ask("POST", `${one}/properties`, contradiction))).toBe(
    "422 UnprocessableEntityException",
  );
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/b/properties", { updates: { x: "2" } }))).toBe(
    "404 NoSuchNamespaceException",
  );
  expect((await rest.ask("GET", one)).text).toMatch(
    /^\{"namespace":\["a"\],"properties":\{"location":"file:[^"]*\/warehouse\/a","x":"1"\}\}$/,
  );
  await rest.makeTable("a", "t");
  expect(outcomeOf(await rest.ask("DELETE", one))).toBe("409 NamespaceNotEmptyException");
  await rest.catalog.drop(parseIdentifier("a.t"));
  const gone = await rest.ask("DELETE", one);
  expect([gone.status, gone.text]).toEqual([204, ""]);
});

test("nested namespaces are addressed by U+001F, and listed under their parent alone", async () => {
  await using rest = await TestRest.start();
  for (const namespace of [["a"], ["a", "b"], ["a", "b", "c"], ["z"]])
    await rest.ask("POST", "/v1/namespaces", { namespace });
  const listed = async (query: string) => (await rest.ask("GET", `/v1/namespaces${query}`)).json.list("namespaces");
  expect(await listed("")).toEqual([["a"], ["z"]]);
  expect(await listed("?parent=")).toEqual([["a"], ["z"]]);
  expect(await listed("?parent=a")).toEqual([["a", "b"]]);
  expect(await listed("?parent=a%1Fb")).toEqual([["a", "b", "c"]]);
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces?parent=q"))).toBe("404 NoSuchNamespaceException");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a%1Fb%1Fc"))).toBe("200");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a%1F"))).toBe("400 BadRequestException");
  await using other = await TestRest.start({ namespaceSeparator: "." });
  await other.catalog.createNamespace(["a", "b"]);
  expect((await other.ask("GET", "/v1/config")).json.object("overrides").text("namespace-separator")).toBe(".");
  expect((await other.ask("HEAD", "/v1/namespaces/a.b")).status).toBe(204);
  expect((await other.ask("HEAD", "/v1/namespaces/a%1Fb")).status).toBe(204);
});

test("names with slashes, spaces, plus signs, percent signs and emoji come back as they were sent", async () => {
  await using rest = await TestRest.start();
  for (const name of ["a/b", "two words", "1+1", "50%", "🤪", "dot.ted", "quo'te\"d"]) {
    await rest.ask("POST", "/v1/namespaces", { namespace: [name] });
    const path = `/v1/namespaces/${encodeURIComponent(name)}`;
    expect(outcomeOf(await rest.ask("POST", `${path}/tables`, { name, schema: SCHEMA }))).toBe("200");
    const loaded = await rest.ask("GET", `${path}/tables/${encodeURIComponent(name)}`);
    expect(loaded.json.object("metadata").text("location")).toMatch(/^file:\/\/\/[\p{L}\p{N}/._-]+$/u);
    const listed = (await rest.ask("GET", `${path}/tables`)).json.list("identifiers");
    expect(listed).toEqual([{ namespace: [name], name }]);
  }
  expect((await rest.ask("HEAD", "/v1/namespaces/two+words/tables/two+words")).status).toBe(204); // As Java writes it.
  expect((await rest.ask("GET", "/v1/namespaces/%ZZ")).status).toBe(400);
});

test("a table lives through every status code of its endpoints", async () => {
  await using rest = await TestRest.start();
  const one = "/v1/namespaces/a/tables/t";
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a/tables"))).toBe("404 NoSuchNamespaceException");
  const body = { name: "t", schema: SCHEMA };
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/a/tables", body))).toBe("404 NoSuchNamespaceException");
  const made = await rest.makeTable("a", "t", { properties: { p: "1" } });
  expect(outcomeOf(made)).toBe("200");
  expect(made.json.object("metadata").objects("schemas")[0]?.objects("fields")[0]?.integer("id")).toBe(1);
  expect(made.json.object("metadata").textMap("properties")["p"]).toBe("1");
  expect(outcomeOf(await rest.makeTable("a", "t"))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.makeTable("a", "t", { "stage-create": true }))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.makeTable("a", "u", { schema: { type: "struct", fields: 7 } }))).toBe(
    "400 IllegalArgumentException",
  );
  expect((await rest.ask("HEAD", one)).status).toBe(204);
  expect((await rest.ask("HEAD", "/v1/namespaces/a/tables/none")).status).toBe(404);
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a/tables/none"))).toBe("404 NoSuchTableException");
  expect(outcomeOf(await rest.ask("GET", `${one}?snapshots=some`))).toBe("400 BadRequestException");
  expect(outcomeOf(await rest.ask("POST", `${one}/metrics`, { "report-type": "scan-report" }))).toBe("204");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/a/tables/none/metrics", { "report-type": "x" }))).toBe(
    "404 NoSuchTableException",
  );
  const rename = (source: string, namespace: string, name: string) =>
    rest.ask("POST", "/v1/tables/rename", {
      source: { namespace: ["a"], name: source },
      destination: { namespace: [namespace], name },
    });
  expect(outcomeOf(await rename("none", "a", "x"))).toBe("404 NoSuchTableException");
  expect(outcomeOf(await rename("t", "nowhere", "x"))).toBe("404 NoSuchNamespaceException");
  expect(outcomeOf(await rename("t", "a", "t"))).toBe("409 AlreadyExistsException");
  await rest.ask("POST", "/v1/namespaces", { namespace: ["b"] });
  expect(outcomeOf(await rename("t", "b", "u"))).toBe("204");
  expect(outcomeOf(await rest.ask("DELETE", one))).toBe("404 NoSuchTableException");
  const metadataLocation = made.json.text("metadata-location");
  expect(outcomeOf(await rest.ask("DELETE", "/v1/namespaces/b/tables/u?purgeRequested=true"))).toBe(
    "406 UnsupportedOperationException",
  );
  expect(outcomeOf(await rest.ask("DELETE", "/v1/namespaces/b/tables/u"))).toBe("204");
  const register = { name: "again", "metadata-location": metadataLocation };
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/b/register", register))).toBe("200");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/b/register", register))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/b/register", { ...register, overwrite: true }))).toBe("200");
  const absent = { name: "q", "metadata-location": metadataLocation.replace("00000-", "00009-") };
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/b/register", absent))).toBe("404 NotFoundException");
});

test("a view lives through every status code of its endpoints", async () => {
  await using rest = await TestRest.start();
  const [views, one] = ["/v1/namespaces/a/views", "/v1/namespaces/a/views/v"];
  expect(outcomeOf(await rest.ask("GET", views))).toBe("404 NoSuchNamespaceException");
  expect(outcomeOf(await rest.ask("POST", views, VIEW))).toBe("404 NoSuchNamespaceException");
  await rest.makeTable("a", "t");
  const made = await rest.ask("POST", views, VIEW);
  expect(outcomeOf(made)).toBe("200");
  const uuid = made.json.object("metadata").text("view-uuid");
  expect(outcomeOf(await rest.ask("POST", views, VIEW))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.ask("POST", views, { ...VIEW, name: "t" }))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.makeTable("a", "v"))).toBe("409 AlreadyExistsException");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a/views/t"))).toBe("404 NoSuchViewException");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a/tables/v"))).toBe("404 NoSuchTableException");
  expect((await rest.ask("HEAD", one)).status).toBe(204);
  const comment = { action: "set-properties", updates: { comment: "new" } };
  const requirements = [{ type: "assert-view-uuid", uuid }];
  const replaced = await rest.ask("POST", one, { requirements, updates: [comment] });
  expect(replaced.json.object("metadata").textMap("properties")["comment"]).toBe("new");
  const wrong = [{ type: "assert-view-uuid", uuid: "00000000-0000-0000-0000-000000000000" }];
  expect(outcomeOf(await rest.ask("POST", one, { requirements: wrong, updates: [comment] }))).toBe(
    "409 CommitFailedException",
  );
  expect(outcomeOf(await rest.ask("POST", one, { updates: [{ action: "explode" }] }))).toBe(
    "400 IllegalArgumentException",
  );
  expect(outcomeOf(await rest.ask("POST", `${views}/none`, { updates: [comment] }))).toBe("404 NoSuchViewException");
  const rename = { source: { namespace: ["a"], name: "v" }, destination: { namespace: ["a"], name: "w" } };
  expect(outcomeOf(await rest.ask("POST", "/v1/views/rename", rename))).toBe("204");
  expect(outcomeOf(await rest.ask("POST", "/v1/views/rename", rename))).toBe("404 NoSuchViewException");
  const listed = (await rest.ask("GET", views)).json.list("identifiers");
  expect(listed).toEqual([{ namespace: ["a"], name: "w" }]);
  expect(outcomeOf(await rest.ask("DELETE", "/v1/namespaces/a/views/w"))).toBe("204");
  expect(outcomeOf(await rest.ask("DELETE", "/v1/namespaces/a/views/w"))).toBe("404 NoSuchViewException");
  const register = { name: "back", "metadata-location": replaced.json.text("metadata-location") };
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/a/register-view", register))).toBe("200");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/a/register-view", register))).toBe(
    "409 AlreadyExistsException",
  );
});

test("lists come in pages to who asks for pages, whole to who does not", async () => {
  await using rest = await TestRest.start();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await rest.makeTable("ns", name);
  for (const namespace of names) await rest.ask("POST", "/v1/namespaces", { namespace: [namespace] });
  const walk = async (path: string, member: string): Promise<readonly unknown[]> => {
    const seen: unknown[] = [];
    for (let token: string | undefined = ""; token !== undefined; ) {
      const page: Awaited<ReturnType<typeof rest.ask>> = await rest.ask(
        "GET",
        `${path}?pageSize=2&pageToken=${encodeURIComponent(token)}`,
      );
      expect(page.json.list(member).length).toBeLessThanOrEqual(2);
      seen.push(...page.json.list(member));
      token = page.json.optionalText("next-page-token");
    }
    return seen;
  };
  expect(await walk("/v1/namespaces/ns/tables", "identifiers")).toEqual(
    names.map((name) => ({ namespace: ["ns"], name })),
  );
  expect(await walk("/v1/namespaces", "namespaces")).toEqual([...names, "ns"].map((name) => [name]));
  const whole = await rest.ask("GET", "/v1/namespaces/ns/tables?pageSize=2");
  expect(whole.json.list("identifiers")).toHaveLength(5);
  expect(whole.text).toContain('"next-page-token":null');
  // What is dropped or made meanwhile shifts nothing.
  const first = await rest.ask("GET", "/v1/namespaces/ns/tables?pageSize=2&pageToken=");
  await rest.catalog.drop(parseIdentifier("ns.a"));
  const token = first.json.text("next-page-token");
  const second = await rest.ask("GET", `/v1/namespaces/ns/tables?pageSize=2&pageToken=${token}`);
  expect(second.json.objects("identifiers").map((each) => each.text("name"))).toEqual(["c", "d"]);
  expect(outcomeOf(await rest.ask("GET", `/v1/namespaces?pageToken=${token}`))).toBe("400 BadRequestException");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces?pageToken=rubbish"))).toBe("400 BadRequestException");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces?pageToken=&pageSize=0"))).toBe("400 BadRequestException");
});

test("a table that the client has already is not sent again", async () => {
  await using rest = await TestRest.start();
  const made = await rest.makeTable("a", "t");
  const path = "/v1/namespaces/a/tables/t";
  const loaded = await rest.ask("GET", path);
  const tag = loaded.headers.get("etag") ?? "";
  expect(tag).toBe(made.headers.get("etag"));
  const same = await rest.ask("GET", path, undefined, { "if-none-match": `W/"other", W/${tag}` });
  expect([same.status, same.text, same.headers.get("etag")]).toEqual([304, "", tag]);
  expect((await rest.ask("GET", `${path}?snapshots=refs`, undefined, { "if-none-match": tag })).status).toBe(200);
  const committed = await rest.ask("POST", path, { updates: [{ action: "set-properties", updates: { x: "1" } }] });
  const later = await rest.ask("GET", path, undefined, { "if-none-match": tag });
  expect([later.status, later.headers.get("etag")]).toEqual([200, committed.headers.get("etag")]);
});

test("a table whose metadata file is gone is not served from memory", async () => {
  await using rest = await TestRest.start({ io: new LocalFileIo(systemFiles) });
  const location = (await rest.makeTable("a", "t")).json.text("metadata-location");
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a/tables/t"))).toBe("200");
  await rm(location.replace("file://", ""));
  const gone = await rest.ask("GET", "/v1/namespaces/a/tables/t");
  expect(outcomeOf(gone)).toBe("404 NotFoundException");
  expect(gone.json.object("error").text("message")).toContain(location);
});

test("what is not the protocol's is refused in the protocol's words", async () => {
  await using rest = await TestRest.start();
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces", "{nonsense"))).toBe("400 BadRequestException");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces", ""))).toBe("400 IllegalArgumentException");
  const typed = (type: string) => rest.ask("POST", "/v1/namespaces", '{"namespace":["a"]}', { "content-type": type });
  expect(outcomeOf(await typed("text/plain"))).toBe("415 BadRequestException");
  expect(outcomeOf(await typed("application/x-www-form-urlencoded"))).toBe("400 IllegalArgumentException");
  expect(outcomeOf(await rest.ask("GET", "/v1/nowhere/at/all"))).toBe("404 NoSuchEndpointException");
  expect(await rest.catalog.listNamespaces()).toEqual([]);
});

test("clients put tables where the catalog allows it, and nowhere else", async () => {
  await using rest = await TestRest.start({ locations: ["file:///tmp/k2-rest-allowed"] });
  const place = (location: string) => rest.makeTable("a", `t${location.length}`, { location, "stage-create": true });
  expect(outcomeOf(await place("file:///etc/k2"))).toBe("403 ForbiddenException");
  expect(outcomeOf(await place(`file://${rest.catalogs.folder}/warehouse/../../x`))).toBe("403 ForbiddenException");
  expect(outcomeOf(await place(`file://${rest.catalogs.folder}/warehouse2/x`))).toBe("403 ForbiddenException");
  expect(outcomeOf(await place("file:/tmp/k2-rest-allowed/x"))).toBe("200");
  expect(outcomeOf(await place(`${rest.catalogs.folder}/warehouse/own`))).toBe("200");
  await rest.makeTable("a", "t");
  const moved = (updates: Json) => rest.ask("POST", "/v1/namespaces/a/tables/t", { updates: [updates] });
  expect(outcomeOf(await moved({ action: "set-location", location: "file:///etc" }))).toBe("403 ForbiddenException");
  const path = { action: "set-properties", updates: { "write.metadata.path": "file:///etc" } };
  expect(outcomeOf(await moved(path))).toBe("403 ForbiddenException");
  const register = { name: "x", "metadata-location": "file:///etc/passwd" };
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/a/register", register))).toBe("403 ForbiddenException");
  expect(await readdir(`${rest.catalogs.folder}/warehouse`)).toEqual(["a"]);
});
