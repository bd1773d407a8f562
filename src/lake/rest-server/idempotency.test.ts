import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../base/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { CatalogUnavailableError, CommitUnknownError } from "../errors.ts";
import { outcomeOf, SCHEMA, TestRest } from "./test-rest.ts";

const TABLE = "/v1/namespaces/a/tables/t";

function under(key: string): Readonly<Record<string, string>> {
  return { "idempotency-key": key };
}

test("a change that is sent again under its key is answered again and made once", async () => {
  await using rest = await TestRest.start();
  await rest.makeTable("a", "t");
  const key = randomUUID();
  const body = { updates: [{ action: "set-properties", updates: { x: "1" } }] };
  const first = await rest.ask("POST", TABLE, body, under(key));
  const second = await rest.ask("POST", TABLE, body, under(key.toUpperCase()));
  expect([second.status, second.text]).toEqual([200, first.text]);
  expect(second.headers.get("etag")).toBe(first.headers.get("etag"));
  const later = await rest.ask("GET", TABLE);
  expect(later.json.text("metadata-location")).toBe(first.json.text("metadata-location"));
  const dropKey = randomUUID();
  expect(outcomeOf(await rest.ask("DELETE", TABLE, undefined, under(dropKey)))).toBe("204");
  expect(outcomeOf(await rest.ask("DELETE", TABLE, undefined, under(dropKey)))).toBe("204");
  expect(outcomeOf(await rest.ask("DELETE", TABLE, undefined, under(randomUUID())))).toBe("404 NoSuchTableException");
});

test("every kind of change is carried out once under its key", async () => {
  await using rest = await TestRest.start();
  const twice = async (method: string, path: string, body?: Parameters<TestRest["ask"]>[2]): Promise<void> => {
    const key = randomUUID();
    const [first, again] = [
      await rest.ask(method, path, body, under(key)),
      await rest.ask(method, path, body, under(key)),
    ];
    expect(`${path} ${first.status}`).toMatch(/ 20[04]$/);
    expect([again.status, again.text]).toEqual([first.status, first.text]);
  };
  await twice("POST", "/v1/namespaces", { namespace: ["a"] });
  await twice("POST", "/v1/namespaces/a/properties", { updates: { x: "1" }, removals: [] });
  await twice("POST", "/v1/namespaces/a/tables", { name: "t", schema: SCHEMA });
  await twice("POST", "/v1/transactions/commit", {
    "table-changes": [
      { identifier: { namespace: ["a"], name: "t" }, updates: [{ action: "set-properties", updates: { x: "1" } }] },
    ],
  });
  const location = (await rest.ask("GET", TABLE)).json.text("metadata-location");
  const [source, destination] = [
    { namespace: ["a"], name: "t" },
    { namespace: ["a"], name: "u" },
  ];
  await twice("POST", "/v1/tables/rename", { source, destination });
  await twice("POST", "/v1/namespaces/a/register", { name: "t", "metadata-location": location });
  await twice("DELETE", TABLE);
  await twice("DELETE", "/v1/namespaces/a/tables/u");
  await twice("DELETE", "/v1/namespaces/a");
});

test("a refusal that stays is answered again, also when the reason has gone", async () => {
  await using rest = await TestRest.start();
  await rest.makeTable("a", "t");
  const key = randomUUID();
  const create = () => rest.ask("POST", "/v1/namespaces/a/tables", { name: "t", schema: SCHEMA }, under(key));
  const first = await create();
  expect(outcomeOf(first)).toBe("409 AlreadyExistsException");
  await rest.ask("DELETE", TABLE);
  const again = await create();
  expect([again.status, again.text]).toEqual([409, first.text]);
});

test("a key belongs to one request, and is a UUID", async () => {
  await using rest = await TestRest.start();
  const key = randomUUID();
  const create = (name: string, header: string = key) =>
    rest.ask("POST", "/v1/namespaces", { namespace: [name] }, under(header));
  expect(outcomeOf(await create("a"))).toBe("200");
  expect(outcomeOf(await create("b"))).toBe("422 UnprocessableEntityException");
  expect(outcomeOf(await create("b", "again"))).toBe("400 BadRequestException");
  expect(await rest.catalog.listNamespaces()).toEqual([["a"]]);
});

test("what ended in doubt, or may go better later, is tried again under its key", async () => {
  await using plain = await TestRest.start();
  const errors = [new CatalogUnavailableError("away"), new CommitUnknownError("lost"), undefined];
  const catalog: Catalog = new Proxy(plain.catalog, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "createNamespace") return member.bind(target);
      return (...parameters: unknown[]) => {
        const error = errors.shift();
        return error === undefined ? Reflect.apply(member, target, parameters) : Promise.reject(error);
      };
    },
  });
  await using rest = await TestRest.start({ catalog, receipts: plain.catalog.receipts });
  const key = randomUUID();
  const create = () => rest.ask("POST", "/v1/namespaces", { namespace: ["a"] }, under(key));
  expect([(await create()).status, (await create()).status, (await create()).status, (await create()).status]).toEqual([
    429, 500, 200, 200,
  ]);
  expect(await plain.catalog.listNamespaces()).toEqual([["a"]]);
});

test("of the same request sent many times at once, one is made and all are told the same", async () => {
  await using rest = await TestRest.start();
  await rest.makeTable("a", "t");
  const key = randomUUID();
  const body = { updates: [{ action: "set-properties", updates: { x: "1" } }] };
  const answers = await Promise.all(Array.from({ length: 8 }, () => rest.ask("POST", TABLE, body, under(key))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ json }) => json.text("metadata-location"))).size).toBe(1);
  const metadata = (await rest.ask("GET", TABLE)).json.object("metadata");
  expect(metadata.list("metadata-log")).toHaveLength(1);
});

test("a long answer is made again rather than kept, and expired keys are forgotten", async () => {
  const clock: Clock & { nowMs: number } = {
    ...systemClock,
    nowMs: 1_000_000,
    nowNs: () => BigInt(clock.nowMs) * 1_000_000n,
  };
  await using rest = await TestRest.start({ clock });
  await rest.makeTable("a", "t");
  const key = randomUUID();
  const body = { updates: [{ action: "set-properties", updates: { long: "x".repeat(100_000) } }] };
  const first = await rest.ask("POST", TABLE, body, under(key));
  const kept = await rest.catalog.receipts.find(key);
  expect(kept?.answer.length).toBeLessThan(1_000);
  const again = await rest.ask("POST", TABLE, body, under(key));
  expect(again.json.text("metadata-location")).toBe(first.json.text("metadata-location"));
  expect(again.text).toBe(first.text);
  clock.nowMs += 3_600_000; // The advertised hour.
  expect(await rest.catalog.receipts.find(key)).toBeDefined();
  clock.nowMs += 3_600_000;
  expect(await rest.catalog.receipts.find(key)).toBeUndefined();
  expect(await rest.catalog.receipts.forgetExpired()).toBe(1);
});

test("a catalog that keeps no receipts says so, and takes keys for nothing", async () => {
  await using rest = await TestRest.start({ receipts: undefined });
  expect((await rest.ask("GET", "/v1/config")).json.has("idempotency-key-lifetime")).toBe(false);
  const key = randomUUID();
  const create = () => rest.ask("POST", "/v1/namespaces", { namespace: ["a"] }, under(key));
  expect([(await create()).status, (await create()).status]).toEqual([200, 409]);
});
