import Schema from "typebox/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TRADES } from "../../domain/index.ts";
import { openSchemaRegistry, registryRoutes, type SchemaRegistry } from "../../log/registry/index.ts";
import { barsChunk, seededTrades, testBar, tradesChunk } from "../../store/test-records.ts";
import { TestApi } from "../test-api.ts";

type Json = Readonly<Record<string, unknown>>;
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Json;
  readonly description?: string;
}
interface Operation {
  readonly summary?: string;
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: Json;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

let registry: SchemaRegistry;
let api: TestApi;
let document: Document;
beforeAll(async () => {
  registry = await openSchemaRegistry(":memory:");
  api = await TestApi.open({ platform: {}, extraRoutes: registryRoutes(registry, "/registry") });
  document = await api.json<Document>("/openapi.json");
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const operations = (): readonly (readonly [name: string, Operation])[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );

/** Every object within, with its path. */
function* walk(value: unknown, path = "#"): Generator<readonly [path: string, value: Json]> {
  if (typeof value !== "object" || value === null) return;
  yield [path, value as Json];
  for (const [key, inner] of Object.entries(value)) yield* walk(inner, `${path}/${key}`);
}

/** The document's schema with its references resolved. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== "object" || value === null) return value;
  const { $ref } = value as { readonly $ref?: string };
  if ($ref !== undefined) return resolved(document.components.schemas[$ref.split("/").at(-1) ?? ""]);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
}

test("the document is OpenAPI 3.1 and names every route, its parameters and its answers", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(document.info).toMatchObject({ title: "K2", version: "9.9.9" });
  const own = Object.keys(document.paths).filter((path) => !path.startsWith("/registry"));
  expect(own.sort()).toEqual(
    [
      "/livez",
      "/metrics",
      "/openapi.json",
      "/readyz",
      "/v1/bars",
      "/v1/book",
      "/v1/candles",
      "/v1/funding",
      "/v1/health",
      "/v1/instruments",
      "/v1/liquidations",
      "/v1/quality",
      "/v1/quality/quotes",
      "/v1/status",
      "/v1/stream",
      "/v1/tickers",
      "/v1/trades",
    ].sort(),
  );
  const registryPaths = registryRoutes(registry, "/registry").map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`,
  );
  const names = operations().map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(registryPaths));
  expect(names.length).toBe(own.length + registryPaths.length);
});

test("every operation has a summary, a known tag, described answers and parameters of its path", () => {
  const tags = document.tags.map(({ name }) => name);
  for (const [name, { summary, tags: [tag] = [], parameters = [], responses }] of operations()) {
    expect(summary, name).toBeTruthy();
    expect(tags, name).toContain(tag);
    expect(Object.keys(responses).length, name).toBeGreaterThan(0);
    for (const [status, { description }] of Object.entries(responses)) {
      expect(status, name).toMatch(/^([1-5]\d\d|[1-5]XX|default)$/);
      expect(description, `${name} ${status}`).toBeTypeOf("string");
    }
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    expect(parameters.filter((parameter) => parameter.in === "path").map((parameter) => parameter.name)).toEqual(
      inPath,
    );
    for (const parameter of parameters) {
      expect(parameter.schema, `${name} ${parameter.name}`).toBeTypeOf("object");
      if (parameter.in === "path") expect(parameter.required).toBe(true);
      else
        expect([parameter.required ?? false, parameter.description], parameter.name).toEqual([
          name === "GET /v1/book" && parameter.name === "symbol",
          expect.any(String),
        ]);
    }
  }
  const ids = operations().flatMap(([, { operationId }]) => operationId ?? []);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every reference leads to a schema, and every schema is used", () => {
  const names = Object.keys(document.components.schemas);
  expect(names.toSorted()).toEqual(
    [
      "Bar",
      "BarsPage",
      "Book",
      "Candle",
      "CandlesPage",
      "Funding",
      "FundingPage",
      "Health",
      "Instrument",
      "Instruments",
      "Liquidation",
      "LiquidationsPage",
      "Problem",
      "QualityMinute",
      "QualityPage",
      "QuoteMinute",
      "QuoteQualityPage",
      "Receipt",
      "Status",
      "StatusPage",
      "Ticker",
      "TickersPage",
      "Trade",
      "TradesPage",
    ].toSorted(),
  );
  const references = [...walk(document)].flatMap(([, { $ref }]) => (typeof $ref === "string" ? $ref : []));
  expect(new Set(references)).toEqual(new Set(names.map((name) => `#/components/schemas/${name}`)));
});

test("every schema is JSON Schema 2020-12, and its examples are of it", () => {
  let examples = 0;
  for (const [path, schema] of schemas()) {
    const { type, properties = {}, required = [], examples: given = [] } = schema;
    if (type !== undefined) expect(TYPES, path).toContain(type);
    expect(Object.keys(properties), path).toEqual(expect.arrayContaining([...required]));
    for (const example of given)
      expect(Schema.Check(schema, example), `${path}: ${JSON.stringify(example)}`).toBe(true);
    examples += given.length;
  }
  expect(examples).toBeGreaterThan(20);
});

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Json;
  readonly required?: readonly string[];
  readonly examples?: readonly unknown[];
}
const TYPES = ["string", "integer", "number", "boolean", "object", "array", "null"];

/** Every schema in the document's components, with its path. */
function schemas(): readonly (readonly [path: string, JsonSchema])[] {
  return [...walk(document.components.schemas)]
    .filter(([path, value]) => !/\/(properties|examples)$/.test(path) && !Array.isArray(value) && path !== "#")
    .map(([path, value]) => [path, value as JsonSchema]);
}

test("the parameters are described with their bounds, choices and defaults", () => {
  const parameters = new Map(document.paths["/v1/bars"]?.["get"]?.parameters?.map((one) => [one.name, one.schema]));
  expect([...parameters.keys()]).toEqual([
    "symbol",
    "venue",
    "start",
    "end",
    "order",
    "limit",
    "cursor",
    "as_of",
    "format",
    "interval",
    "open",
    "fill",
  ]);
  expect(parameters.get("limit")).toMatchObject({ type: "integer", minimum: 1, maximum: 10_000, default: 100 });
  expect(parameters.get("interval")).toMatchObject({
    default: "1m",
    enum: ["1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"],
  });
  expect(parameters.get("order")).toMatchObject({ enum: ["asc", "desc"] });
});

test("the headers of NDJSON and CSV are described", () => {
  const page = document.paths["/v1/trades"]?.["get"]?.responses["200"] as { readonly headers?: Json } | undefined;
  expect(Object.keys(page?.headers ?? {})).toEqual(["k2-cursor", "k2-receipt"]);
});

test("what the routes really answer is of the schema that the document gives", async () => {
  const { store } = api.platform;
  await store.apply(tradesChunk(seededTrades(5, 20)));
  await store.apply(barsChunk([testBar(), testBar({ startUs: 1_700_000_040_000_000, volume: 0n, quoteVolume: 0n })]));
  await api.platform.land(TRADES);
  for (const [path, status] of [
    ["/v1/trades?limit=7", "200"],
    ["/v1/bars", "200"],
    ["/v1/instruments", "200"],
    ["/v1/quality", "200"],
    ["/v1/quality/quotes", "200"],
    ["/v1/health", "200"],
    ["/v1/trades?limit=0&x=1", "4XX"],
    ["/v1/stream", "4XX"],
  ] as const) {
    const answers = document.paths[path.split("?")[0] ?? ""]?.["get"]?.responses[status]?.content ?? {};
    const [media] = Object.values(answers) as readonly { readonly schema: Json }[];
    const response = await api.get(path);
    expect(Object.keys(answers), path).toContain(response.headers.get("content-type")?.split(";")[0]);
    const body: unknown = await response.json();
    const schema = resolved(media?.schema) as Json;
    expect(Schema.Check(closed(schema) as Json, body), `${path}: ${JSON.stringify(body).slice(0, 500)}`).toBe(true);
  }
});

/** The schema, refusing fields that it does not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  return "properties" in inner && inner["type"] === "object" ? { ...inner, additionalProperties: false } : inner;
}
