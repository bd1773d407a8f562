import { expect, test } from "vitest";
import { fixedCredentials } from "./s3-access.ts";
import { outcomeOf, TestRest } from "./test-rest.ts";

const TOKEN = "a-token-of-sixteen-or-more";

function bearing(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

test("with tokens configured, each request shows one", async () => {
  await using rest = await TestRest.start({ tokens: ["another-token-altogether", TOKEN] });
  for (const path of ["/v1/config", "/v1/namespaces", "/v1/namespaces/a/tables/t"]) {
    const refused = await rest.ask("GET", path);
    expect(outcomeOf(refused)).toBe("401 NotAuthorizedException");
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect(outcomeOf(await rest.ask("GET", path, undefined, bearing("wrong")))).toBe("401 NotAuthorizedException");
    expect(outcomeOf(await rest.ask("GET", path, undefined, { authorization: `Basic ${TOKEN}` }))).toMatch(/^401/);
  }
  expect((await rest.ask("GET", "/v1/namespaces", undefined, bearing(TOKEN))).status).toBe(200);
  expect((await rest.ask("HEAD", "/v1/namespaces/a")).status).toBe(401);
});

test("a client with a credential gets its token at the token endpoint", async () => {
  await using rest = await TestRest.start({ tokens: [TOKEN] });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const ask = (text: string) => rest.ask("POST", "/v1/oauth/tokens", text, form);
  const given = await ask(`grant_type=client_credentials&client_id=me&client_secret=${TOKEN}&scope=catalog`);
  expect(given.status).toBe(200);
  expect(given.json.text("token_type")).toBe("bearer");
  const token = given.json.text("access_token");
  expect((await rest.ask("GET", "/v1/namespaces", undefined, bearing(token))).status).toBe(200);
  const wrong = await ask("grant_type=client_credentials&client_secret=wrong");
  expect([wrong.status, wrong.json.text("error")]).toEqual([401, "invalid_client"]);
  const other = await ask("grant_type=password");
  expect([other.status, other.json.text("error")]).toEqual([400, "unsupported_grant_type"]);
  await using open = await TestRest.start();
  const needless = await open.ask("POST", "/v1/oauth/tokens", "grant_type=client_credentials&client_secret=x", form);
  expect([needless.status, needless.json.text("error")]).toEqual([400, "invalid_request"]);
});

test("a change that the owner of the catalog refuses is not made, and says why", async () => {
  const asked: string[] = [];
  await using rest = await TestRest.start({
    tokens: [TOKEN],
    refuses({ action, namespace, name, isAuthenticated }) {
      asked.push(`${action} ${[...namespace, name ?? "*"].join(".")} ${isAuthenticated}`);
      return namespace[0] === "mine" ? "mine is not yours" : undefined;
    },
  });
  const ask = (method: string, path: string, body?: Parameters<TestRest["ask"]>[2]) =>
    rest.ask(method, path, body, bearing(TOKEN));
  await rest.catalog.createNamespace(["mine"]);
  expect((await ask("POST", "/v1/namespaces", { namespace: ["yours"] })).status).toBe(200);
  const refused = await ask("POST", "/v1/namespaces/mine/tables/t", { updates: [] });
  expect(outcomeOf(refused)).toBe("403 ForbiddenException");
  expect(refused.json.object("error").text("message")).toBe("mine is not yours. Nothing was changed");
  expect(outcomeOf(await ask("DELETE", "/v1/namespaces/mine"))).toBe("403 ForbiddenException");
  const change = { identifier: { namespace: ["mine"], name: "t" }, updates: [] };
  expect(outcomeOf(await ask("POST", "/v1/transactions/commit", { "table-changes": [change] }))).toBe(
    "403 ForbiddenException",
  );
  const rename = { source: { namespace: ["yours"], name: "t" }, destination: { namespace: ["mine"], name: "t" } };
  expect(outcomeOf(await ask("POST", "/v1/tables/rename", rename))).toBe("403 ForbiddenException");
  expect(asked).toContain("commit mine.t true");
  expect(await rest.catalog.listNamespaces()).toEqual([["mine"], ["yours"]]);
});

test("keys of the object store go to who asks for them, for the table's own place", async () => {
  const credentials = fixedCredentials({
    endpoint: "http://127.0.0.1:9000",
    region: "eu-central-1",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  });
  await using rest = await TestRest.start({ credentials, clientDefaults: { "client.region": "eu-central-1" } });
  expect((await rest.ask("GET", "/v1/config")).json.textMap("defaults")).toEqual({ "client.region": "eu-central-1" });
  const made = await rest.makeTable("a", "t");
  expect(made.text).not.toContain("secret");
  const path = "/v1/namespaces/a/tables/t";
  const asking = { "x-iceberg-access-delegation": "remote-signing, vended-credentials" };
  const loaded = await rest.ask("GET", path, undefined, asking);
  const expected = {
    "s3.endpoint": "http://127.0.0.1:9000",
    "s3.path-style-access": "true",
    "client.region": "eu-central-1",
    "s3.access-key-id": "key",
    "s3.secret-access-key": "secret",
  };
  expect(loaded.json.textMap("config")).toEqual(expected);
  const [given] = loaded.json.objects("storage-credentials");
  expect(given?.text("prefix")).toBe(`${loaded.json.object("metadata").text("location")}/`);
  expect(given?.textMap("config")).toEqual(expected);
  const alone = await rest.ask("GET", `${path}/credentials`);
  expect(alone.json.list("storage-credentials")).toEqual(loaded.json.list("storage-credentials"));
  expect(outcomeOf(await rest.ask("GET", "/v1/namespaces/a/tables/none/credentials"))).toBe("404 NoSuchTableException");
});
