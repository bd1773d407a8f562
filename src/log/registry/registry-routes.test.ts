import { expect, test } from "vitest";
import { openSchemaRegistry, REGISTRY_CONTENT_TYPE, type RegistryResponse, registryRoutes } from "./index.ts";

/* The dialogue of Confluent's documentation ("API usage examples"), asked of K2's registry. */

type Ask = (method: string, path: string, body?: unknown) => Promise<RegistryResponse>;

async function withRegistry(work: (ask: Ask) => Promise<void>): Promise<void> {
  await using registry = await openSchemaRegistry(":memory:");
  const routes = registryRoutes(registry, "/registry").map((route) => ({
    ...route,
    pattern: new RegExp(`^${route.path.replace(/\/$/, "/?").replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`),
  }));
  await work(async (method, path, body) => {
    const url = new URL(`http://localhost/registry${path}`);
    for (const route of routes) {
      const match = route.method === method ? route.pattern.exec(url.pathname) : null;
      if (match === null) continue;
      const parameters = Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
      );
      const answer = await route.handle({ parameters, query: Object.fromEntries(url.searchParams), body });
      return { status: answer.status, body: JSON.parse(JSON.stringify(answer.body)) };
    }
    throw new Error(`No route for ${method} ${path}`);
  });
}

const string = { schema: '{"type": "string"}' };

test("registering, listing and fetching, as in Confluent's examples", async () => {
  await withRegistry(async (ask) => {
    expect(await ask("GET", "/")).toEqual({ status: 200, body: {} });
    expect(await ask("POST", "/subjects/Kafka-key/versions", string)).toEqual({ status: 200, body: { id: 1 } });
    expect(await ask("POST", "/subjects/Kafka-value/versions", string)).toEqual({ status: 200, body: { id: 1 } });
    expect((await ask("GET", "/subjects")).body).toEqual(["Kafka-key", "Kafka-value"]);
    expect((await ask("GET", "/subjects/Kafka-value/versions")).body).toEqual([1]);
    expect((await ask("GET", "/schemas/ids/1")).body).toEqual({ schema: '"string"' });
    const version = { subject: "Kafka-value", version: 1, id: 1, schema: '"string"' };
    expect((await ask("GET", "/subjects/Kafka-value/versions/1")).body).toEqual(version);
    expect((await ask("GET", "/subjects/Kafka-value/versions/latest")).body).toEqual(version);
    expect((await ask("GET", "/subjects/Kafka-value/versions/latest/schema")).body).toBe("string");
    expect((await ask("POST", "/subjects/Kafka-value", string)).body).toEqual(version);
    expect((await ask("GET", "/schemas/ids/1/versions")).body).toEqual([
      { subject: "Kafka-key", version: 1 },
      { subject: "Kafka-value", version: 1 },
    ]);
    expect((await ask("GET", "/schemas/ids/1/subjects")).body).toEqual(["Kafka-key", "Kafka-value"]);
    expect((await ask("GET", "/schemas/types")).body).toEqual(["AVRO"]);
    expect((await ask("GET", "/schemas?subjectPrefix=Kafka-v")).body).toEqual([version]);
    expect((await ask("GET", "/subjects?offset=1&limit=1")).body).toEqual(["Kafka-value"]);
  });
});

test("compatibility and configuration, as in Confluent's examples", async () => {
  await withRegistry(async (ask) => {
    expect((await ask("GET", "/config")).body).toEqual({ compatibilityLevel: "BACKWARD" });
    expect((await ask("PUT", "/config", { compatibility: "NONE" })).body).toEqual({ compatibility: "NONE" });
    expect((await ask("PUT", "/config/Kafka-value", { compatibility: "BACKWARD" })).body).toEqual({
      compatibility: "BACKWARD",
    });
    expect((await ask("GET", "/config/Kafka-value")).body).toEqual({ compatibilityLevel: "BACKWARD" });
    await ask("POST", "/subjects/Kafka-value/versions", string);
    const latest = "/compatibility/subjects/Kafka-value/versions/latest";
    expect((await ask("POST", latest, string)).body).toEqual({ is_compatible: true });
    expect((await ask("POST", latest, { schema: '"int"' })).body).toEqual({ is_compatible: false });
    expect((await ask("POST", `${latest}?verbose=true`, { schema: '"int"' })).body).toEqual({
      is_compatible: false,
      messages: ["The schema: version 1 writes string, which the new schema cannot read as int (TYPE_MISMATCH)"],
    });
    expect((await ask("POST", "/compatibility/subjects/Kafka-value/versions?verbose=true", string)).body).toEqual({
      is_compatible: true,
      messages: [],
    });
    expect((await ask("DELETE", "/config/Kafka-value")).body).toEqual({ compatibilityLevel: "BACKWARD" });
    expect((await ask("GET", "/config/Kafka-value?defaultToGlobal=true")).body).toEqual({ compatibilityLevel: "NONE" });
    expect((await ask("DELETE", "/config")).body).toEqual({ compatibilityLevel: "NONE" });
    expect((await ask("GET", "/mode")).body).toEqual({ mode: "READWRITE" });
    expect((await ask("PUT", "/mode/Kafka-value", { mode: "READONLY" })).body).toEqual({ mode: "READONLY" });
    expect((await ask("DELETE", "/mode/Kafka-value")).body).toEqual({ mode: "READONLY" });
  });
});

test("deleting, softly and then for good, as in Confluent's examples", async () => {
  await withRegistry(async (ask) => {
    await ask("PUT", "/config", { compatibility: "NONE" });
    for (const type of ["string", "int", "long"]) await ask("POST", "/subjects/t/versions", { schema: `"${type}"` });
    expect((await ask("DELETE", "/subjects/t/versions/3")).body).toBe(3);
    expect((await ask("DELETE", "/subjects/t/versions/latest")).body).toBe(2);
    expect((await ask("GET", "/subjects/t/versions?deletedOnly=true")).body).toEqual([2, 3]);
    expect((await ask("DELETE", "/subjects/t")).body).toEqual([1]);
    expect((await ask("GET", "/subjects")).body).toEqual([]);
    expect((await ask("GET", "/subjects?deleted=true")).body).toEqual(["t"]);
    expect((await ask("DELETE", "/subjects/t?permanent=true")).body).toEqual([1, 2, 3]);
    expect((await ask("GET", "/subjects?deleted=true")).body).toEqual([]);
  });
});

test.each<readonly [string, number, number, string, string, unknown]>([
  ["an unknown subject", 404, 40401, "GET", "/subjects/none/versions", undefined],
  ["an unknown subject's latest", 404, 40401, "GET", "/subjects/none/versions/latest", undefined],
  ["an unknown version", 404, 40402, "GET", "/subjects/t/versions/9", undefined],
  ["an unknown id", 404, 40403, "GET", "/schemas/ids/9", undefined],
  ["a schema the subject does not have", 404, 40403, "POST", "/subjects/t", { schema: '"int"' }],
  ["a schema of an unknown subject", 404, 40401, "POST", "/subjects/none", string],
  ["a level that is not set", 404, 40408, "GET", "/config/t", undefined],
  ["a mode that is not set", 404, 40409, "GET", "/mode/t", undefined],
  ["a version that is no number", 422, 42202, "GET", "/subjects/t/versions/first", undefined],
  ["version 0", 422, 42202, "GET", "/subjects/t/versions/0", undefined],
  ["a schema that is none", 422, 42201, "POST", "/subjects/t/versions", { schema: '{"type":"recrod"}' }],
  ["no body", 422, 42201, "POST", "/subjects/t/versions", undefined],
  ["a body without a schema", 422, 42201, "POST", "/subjects/t/versions", {}],
  ["Protobuf", 422, 42201, "POST", "/subjects/t/versions", { schema: 'syntax = "proto3";', schemaType: "PROTOBUF" }],
  [
    "references",
    422,
    42201,
    "POST",
    "/subjects/t/versions",
    { ...string, references: [{ name: "a", subject: "a", version: 1 }] },
  ],
  ["a level that is none", 422, 42203, "PUT", "/config", { compatibility: "SIDEWAYS" }],
  ["a mode that is none", 422, 42204, "PUT", "/mode", { mode: "WRITEONLY" }],
  ["a subject with a control character", 422, 42208, "POST", "/subjects/a%00b/versions", string],
  ["an incompatible schema", 409, 409, "POST", "/subjects/t/versions", { schema: '"int"' }],
])("%s answers %i with error code %i", async (...[, status, errorCode, method, path, body]) => {
  await withRegistry(async (ask) => {
    await ask("POST", "/subjects/t/versions", string);
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({ status, body: { error_code: errorCode, message: expect.any(String) } });
    expect((await ask("GET", "/subjects/t/versions")).body).toEqual([1]);
  });
});

test("clients that send -1 or 0 for no id and no version are understood", async () => {
  await withRegistry(async (ask) => {
    expect(
      (await ask("POST", "/subjects/t/versions", { ...string, schemaType: "AVRO", references: [], id: -1, version: 0 }))
        .body,
    ).toEqual({ id: 1 });
  });
});

test("every route answers in the registry's content type under its prefix", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  for (const route of registryRoutes(registry, "/registry")) {
    expect(route.contentType).toBe(REGISTRY_CONTENT_TYPE);
    expect(route.path.startsWith("/registry/")).toBe(true);
  }
});
