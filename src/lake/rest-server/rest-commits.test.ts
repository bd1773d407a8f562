import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { silentLogger, systemFiles } from "../../base/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { parseIdentifier } from "../catalog/identifier.ts";
import { purgeTable } from "../catalog/purge-table.ts";
import type { Json } from "../core/json.ts";
import { CatalogUnavailableError, CommitConflictError, CommitUnknownError } from "../errors.ts";
import { LocalFileIo } from "../io/local-file-io.ts";
import { ManifestStore } from "../manifest/manifest-store.ts";
import { outcomeOf, type RestReply, SCHEMA, TestRest } from "./test-rest.ts";

const TABLE = "/v1/namespaces/a/tables/t";
/** More than a double holds exactly. */
const SNAPSHOT_ID = 8_999_999_999_999_999_937n;

function setting(name: string, value: string): Json {
  return { action: "set-properties", updates: { [name]: value } };
}

function propertiesOf(reply: RestReply): Readonly<Record<string, string>> {
  return reply.json.object("metadata").textMap("properties");
}

/** The catalog, with one method replaced. */
function withMethod(
  catalog: Catalog,
  method: keyof Catalog,
  run: (real: () => Promise<unknown>) => Promise<unknown>,
): Catalog {
  return new Proxy(catalog, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== method) return member.bind(target);
      return (...parameters: unknown[]) => run(() => Reflect.apply(member, target, parameters) as Promise<unknown>);
    },
  });
}

test("a commit answers by what became of it", async () => {
  await using rest = await TestRest.start();
  const made = await rest.makeTable("a", "t");
  const uuid = made.json.object("metadata").text("table-uuid");
  const commit = (body: Json, path = TABLE) => rest.ask("POST", path, body);
  const done = await commit({ requirements: [{ type: "assert-table-uuid", uuid }], updates: [setting("x", "1")] });
  expect(outcomeOf(done)).toBe("200");
  expect(propertiesOf(done)["x"]).toBe("1");
  expect(done.json.text("metadata-location")).toContain("/metadata/00001-");
  const wrong = { type: "assert-table-uuid", uuid: "00000000-0000-0000-0000-000000000000" };
  expect(outcomeOf(await commit({ requirements: [wrong], updates: [setting("x", "2")] }))).toBe(
    "409 CommitFailedException",
  );
  expect(outcomeOf(await commit({ requirements: [{ type: "assert-luck" }], updates: [] }))).toBe(
    "400 IllegalArgumentException",
  );
  expect(outcomeOf(await commit({ requirements: [], updates: [{ action: "explode" }] }))).toBe(
    "400 IllegalArgumentException",
  );
  expect(outcomeOf(await commit({ updates: [{ action: "set-current-schema", "schema-id": 99 }] }))).toMatch(/^400/);
  expect(outcomeOf(await commit({ updates: [setting("x", "2")] }, "/v1/namespaces/a/tables/none"))).toBe(
    "404 NoSuchTableException",
  );
  expect(outcomeOf(await commit({ requirements: [{ type: "assert-create" }], updates: [] }))).toBe(
    "409 CommitFailedException",
  );
  expect(propertiesOf(await rest.ask("GET", TABLE))["x"]).toBe("1");
  const nothing = await commit({ updates: [setting("x", "1")].slice(1) });
  expect(nothing.json.text("metadata-location")).toBe(done.json.text("metadata-location"));
});

test("snapshot ids of 63 bits survive the way in and out, and refs shows those of branches and tags", async () => {
  await using rest = await TestRest.start();
  await rest.makeTable("a", "t");
  const snapshot = (id: bigint, sequence: number, parent?: bigint): Json => ({
    action: "add-snapshot",
    snapshot: {
      "snapshot-id": id,
      ...(parent === undefined ? {} : { "parent-snapshot-id": parent }),
      "sequence-number": sequence,
      "timestamp-ms": Date.now() + sequence,
      "manifest-list": `file:///nowhere/${id}.avro`,
      summary: { operation: "append" },
      "schema-id": 0,
    },
  });
  const ref = (id: bigint): Json => ({
    action: "set-snapshot-ref",
    "ref-name": "main",
    type: "branch",
    "snapshot-id": id,
  });
  const parent = SNAPSHOT_ID - 2n;
  expect(outcomeOf(await rest.ask("POST", TABLE, { updates: [snapshot(parent, 1), ref(parent)] }))).toBe("200");
  const requirement = { type: "assert-ref-snapshot-id", ref: "main", "snapshot-id": parent };
  const second = { requirements: [requirement], updates: [snapshot(SNAPSHOT_ID, 2, parent), ref(SNAPSHOT_ID)] };
  const committed = await rest.ask("POST", TABLE, second);
  expect(committed.json.object("metadata").long("current-snapshot-id")).toBe(SNAPSHOT_ID);
  const idsOf = (reply: RestReply) =>
    reply.json
      .object("metadata")
      .objects("snapshots")
      .map((each) => each.long("snapshot-id"));
  expect(idsOf(await rest.ask("GET", TABLE))).toEqual([parent, SNAPSHOT_ID]);
  expect(idsOf(await rest.ask("GET", `${TABLE}?snapshots=refs`))).toEqual([SNAPSHOT_ID]);
  const late = { requirements: [requirement], updates: [setting("x", "1")] };
  expect(outcomeOf(await rest.ask("POST", TABLE, late))).toBe("409 CommitFailedException");
});

test("a staged table is made by its first commit, once", async () => {
  await using rest = await TestRest.start();
  const staged = await rest.makeTable("a", "t", { "stage-create": true, properties: { p: "1" } });
  expect(staged.json.has("metadata-location")).toBe(false);
  expect((await rest.ask("HEAD", TABLE)).status).toBe(404);
  const metadata = staged.json.object("metadata");
  const creation = {
    requirements: [{ type: "assert-create" }],
    updates: [
      { action: "assign-uuid", uuid: metadata.text("table-uuid") },
      { action: "upgrade-format-version", "format-version": 2 },
      { action: "add-schema", schema: SCHEMA, "last-column-id": 7 },
      { action: "set-current-schema", "schema-id": -1 },
      { action: "add-spec", spec: { "spec-id": 0, fields: [] } },
      { action: "set-default-spec", "spec-id": -1 },
      { action: "add-sort-order", "sort-order": { "order-id": 0, fields: [] } },
      { action: "set-default-sort-order", "sort-order-id": -1 },
      { action: "set-location", location: metadata.text("location") },
      setting("p", "1"),
    ],
  } satisfies Json;
  const answers = await Promise.all([1, 2, 3].map(() => rest.ask("POST", TABLE, creation)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  const loaded = await rest.ask("GET", TABLE);
  expect(loaded.json.object("metadata").text("table-uuid")).toBe(metadata.text("table-uuid"));
  expect(propertiesOf(loaded)["p"]).toBe("1");
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/nowhere/tables/t", creation))).toBe(
    "404 NoSuchNamespaceException",
  );
});

test("a transaction changes several tables, or none", async () => {
  await using rest = await TestRest.start();
  for (const name of ["t", "u"]) await rest.makeTable("a", name);
  const change = (name: string, value: string, requirements: readonly Json[] = []): Json => ({
    identifier: { namespace: ["a"], name },
    requirements,
    updates: [setting("x", value)],
  });
  const commit = (...changes: readonly Json[]) =>
    rest.ask("POST", "/v1/transactions/commit", { "table-changes": changes });
  const valuesOf = async () => [
    propertiesOf(await rest.ask("GET", TABLE))["x"],
    propertiesOf(await rest.ask("GET", "/v1/namespaces/a/tables/u"))["x"],
  ];
  expect(outcomeOf(await commit(change("t", "1"), change("u", "1")))).toBe("204");
  expect(await valuesOf()).toEqual(["1", "1"]);
  const wrong = { type: "assert-current-schema-id", "current-schema-id": 9 };
  expect(outcomeOf(await commit(change("t", "2"), change("u", "2", [wrong])))).toBe("409 CommitFailedException");
  expect(outcomeOf(await commit(change("t", "2"), change("none", "2")))).toBe("404 NoSuchTableException");
  expect(outcomeOf(await commit(change("t", "2"), change("t", "3")))).toBe("400 BadRequestException");
  expect(await valuesOf()).toEqual(["1", "1"]);
});

test("commits that do not contradict each other are all made, however many come at once", async () => {
  await using rest = await TestRest.start();
  await rest.makeTable("a", "t");
  const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
  const answers = await Promise.all(names.map((name) => rest.ask("POST", TABLE, { updates: [setting(name, "1")] })));
  expect(answers.map(outcomeOf)).toEqual(names.map(() => "200"));
  const { json } = await rest.ask("GET", TABLE);
  expect(Object.keys(json.object("metadata").textMap("properties"))).toEqual(expect.arrayContaining(names));
  expect(json.object("metadata").list("metadata-log")).toHaveLength(12);
});

test("only a change of unknown outcome is answered with 5xx", async () => {
  const thrown: { error: Error | undefined } = { error: undefined };
  await using plain = await TestRest.start();
  await plain.makeTable("a", "t");
  const failing = (method: keyof Catalog): Catalog =>
    withMethod(plain.catalog, method, (real) => (thrown.error === undefined ? real() : Promise.reject(thrown.error)));
  const outcomes: Record<string, readonly string[]> = {};
  for (const error of [
    new CommitUnknownError("lost"),
    new CatalogUnavailableError("away"),
    new CommitConflictError("busy"),
    new Error("ENOSPC"),
  ]) {
    thrown.error = error;
    await using commits = await TestRest.start({ catalog: failing("commit") });
    await using creates = await TestRest.start({ catalog: failing("createNamespace") });
    await using loads = await TestRest.start({ catalog: failing("load") });
    outcomes[error.message] = [
      outcomeOf(await commits.ask("POST", TABLE, { updates: [setting("x", "1")] })),
      outcomeOf(await creates.ask("POST", "/v1/namespaces", { namespace: ["b"] })),
      outcomeOf(await loads.ask("GET", TABLE)),
    ];
  }
  expect(outcomes).toEqual({
    lost: ["500 CommitStateUnknownException", "500 CommitStateUnknownException", "500 CommitStateUnknownException"],
    away: ["429 TooManyRequestsException", "429 TooManyRequestsException", "503 ServiceUnavailableException"],
    busy: ["409 CommitFailedException", "429 TooManyRequestsException", "503 ServiceUnavailableException"],
    ENOSPC: ["422 UnprocessableEntityException", "422 UnprocessableEntityException", "500 InternalServerError"],
  });
});

test("a dropped table's files stay, unless it is to be purged", async () => {
  const io = new LocalFileIo(systemFiles);
  const tools = { io, manifests: new ManifestStore(io, 1 << 20), logger: silentLogger };
  await using rest = await TestRest.start({
    purge: async (table) => {
      await purgeTable(table, tools);
    },
  });
  await rest.makeTable("a", "t");
  const location = (await rest.ask("GET", TABLE)).json.text("metadata-location").replace("file://", "");
  const folder = location.slice(0, location.lastIndexOf("/"));
  await rest.ask("POST", TABLE, { updates: [setting("x", "1")] });
  expect(outcomeOf(await rest.ask("DELETE", TABLE))).toBe("204");
  const files = await readdir(folder);
  expect(files).toHaveLength(2);
  const newest = files.find((name) => name.startsWith("00001-"));
  const register = { name: "t", "metadata-location": `file://${folder}/${newest}` };
  expect(outcomeOf(await rest.ask("POST", "/v1/namespaces/a/register", register))).toBe("200");
  expect(outcomeOf(await rest.ask("DELETE", `${TABLE}?purgeRequested=true`))).toBe("204");
  expect(await readdir(folder)).toEqual([]);
  expect(await rest.catalog.load(parseIdentifier("a.t"))).toBeUndefined();
});
