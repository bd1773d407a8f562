import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EVENT_SCHEMAS, TRADE_SCHEMA } from "../../domain/index.ts";
import { openSchemaRegistry, registerOwnSchemas } from "./index.ts";
import { SchemaIncompatibleError } from "./registry-errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "k2-registry-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const schema = (...fields: readonly object[]): string =>
  JSON.stringify({ type: "record", name: "T", fields: [{ name: "x", type: "int" }, ...fields] });
const optional = (name: string): object => ({ name, type: "int", default: 0 });

test("ids are of schemas, versions of subjects", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  const first = await registry.register("a", schema());
  const second = await registry.register("a", schema(optional("y")));
  const other = await registry.register("b", schema(optional("y")));
  expect([first.id, second.id, other.id]).toEqual([1, 2, 2]);
  expect([first.version, second.version, other.version]).toEqual([1, 2, 1]);
});

test("the same schema registered from many sides at once has one id and one version", async () => {
  const path = join(folder, "crowd.sqlite");
  await using one = await openSchemaRegistry(path);
  await using two = await openSchemaRegistry(path);
  const spellings = [
    schema(),
    JSON.stringify(JSON.parse(schema()), undefined, 2),
    schema().replace('"int"', '{"type":"int"}'),
  ];
  const registered = await Promise.all(
    Array.from({ length: 30 }, (_, turn) => (turn % 2 === 0 ? one : two).register("t", spellings[turn % 3] ?? "")),
  );
  expect(new Set(registered.map(({ id, version }) => `${id}/${version}`))).toEqual(new Set(["1/1"]));
  expect(await two.versions("t")).toEqual([1]);
});

test("different schemas registered at once get different ids and consecutive versions", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await Promise.all(Array.from({ length: 20 }, (_, turn) => registry.register("t", schema(optional(`f${turn}`)))));
  expect(await registry.versions("t")).toEqual(Array.from({ length: 20 }, (_, turn) => turn + 1));
  expect(new Set((await registry.schemas()).map(({ id }) => id)).size).toBe(20);
});

test("everything is there after a restart: schemas, settings, and the next id", async () => {
  const path = join(folder, "restart.sqlite");
  {
    await using registry = await openSchemaRegistry(path);
    await registry.register("t", schema());
    await registry.register("t", schema(optional("y")));
    await registry.setLevel("FULL", "t");
    await registry.setMode("READONLY");
  }
  await using registry = await openSchemaRegistry(path);
  expect(await registry.versions("t")).toEqual([1, 2]);
  expect(JSON.parse(await registry.schemaById(1))).toEqual(JSON.parse(schema()));
  expect(await registry.level("t")).toBe("FULL");
  expect(await registry.mode()).toBe("READONLY");
  await registry.setMode("READWRITE");
  expect((await registry.register("u", schema(optional("z")))).id).toBe(3);
});

test("a refused schema changes nothing, and the refusal names field, reason and state", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.register("t", schema());
  const refusal = registry.register("t", schema({ name: "fee", type: "int" }));
  await expect(refusal).rejects.toThrow(SchemaIncompatibleError);
  await expect(refusal).rejects.toThrow(
    /Field fee: the new schema requires it, version 1 does not write it, and it has no default/,
  );
  await expect(refusal).rejects.toThrow(/nothing was registered/);
  expect(await registry.versions("t")).toEqual([1]);
  expect((await registry.register("u", schema(optional("y")))).id).toBe(2);
});

test.each([
  ["NONE", true, true, true],
  ["BACKWARD", false, true, true],
  ["FORWARD", true, false, true],
  ["FULL", false, false, true],
  ["BACKWARD_TRANSITIVE", false, true, false],
  ["FORWARD_TRANSITIVE", true, false, false],
  ["FULL_TRANSITIVE", false, false, false],
] as const)(
  "level %s: new required field %s, required field removed %s, change visible only to the first version %s",
  async (level, addRequired, removeRequired, onlyFirst) => {
    await using registry = await openSchemaRegistry(":memory:");
    await registry.setLevel(level);
    const takes = async (...schemas: readonly string[]): Promise<boolean> => {
      const subject = `s${(await registry.subjects()).length}`;
      for (const earlier of schemas.slice(0, -1)) await registry.register(subject, earlier);
      const last = schemas.at(-1) ?? "";
      const problems = await registry.compatibilityProblems(subject, last);
      const taken = await registry.register(subject, last).then(
        () => true,
        () => false,
      );
      expect(problems.length === 0).toBe(taken);
      return taken;
    };
    const required = { name: "y", type: "int" };
    expect(await takes(schema(), schema(required))).toBe(addRequired);
    expect(await takes(schema(required), schema())).toBe(removeRequired);
    // y is an int in version 1, away in 2, a string in 3: only a transitive level looks as far as 1.
    expect(await takes(schema(optional("y")), schema(), schema({ name: "y", type: "string", default: "" }))).toBe(
      onlyFirst,
    );
  },
);

test("a subject's level goes before the global one until it is deleted", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.setLevel("none", "t");
  await registry.register("t", schema());
  await registry.register("t", '"string"');
  expect(await registry.deleteLevel("t")).toBe("NONE");
  await expect(registry.register("t", '"int"')).rejects.toThrow(SchemaIncompatibleError);
});

test("a deleted version is hidden from all but who asks for it, and its id still tells the schema", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.register("t", schema());
  await registry.register("t", schema(optional("y")));
  expect(await registry.deleteVersion("t", "latest")).toBe(2);
  expect(await registry.versions("t")).toEqual([1]);
  expect(await registry.versions("t", { deleted: true })).toEqual([1, 2]);
  expect((await registry.version("t", "latest")).version).toBe(1);
  expect(await registry.schemaById(2)).toContain('"y"');
  await expect(registry.version("t", 2)).rejects.toMatchObject({ errorNumber: 40402 });
  await expect(registry.deleteVersion("t", 2)).rejects.toMatchObject({ errorNumber: 40406 });
  expect(await registry.deleteVersion("t", 2, { permanent: true })).toBe(2);
  await expect(registry.schemaById(2)).rejects.toMatchObject({ errorNumber: 40403 });
});

test("a schema deleted for good and registered again keeps its id: messages with it can be read again", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.register("t", schema());
  await registry.deleteSubject("t");
  await registry.deleteSubject("t", { permanent: true });
  await registry.register("u", '"string"');
  expect(await registry.register("t", schema())).toMatchObject({ id: 1, version: 1 });
});

test("a schema registered again after a soft delete is the next version, with the same id", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.register("t", schema());
  expect(await registry.deleteSubject("t")).toEqual([1]);
  expect(await registry.register("t", schema())).toMatchObject({ id: 1, version: 2 });
});

test("what is live cannot be deleted for good, nor what is deleted be deleted again", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.register("t", schema());
  await expect(registry.deleteSubject("t", { permanent: true })).rejects.toMatchObject({ errorNumber: 40405 });
  await expect(registry.deleteVersion("t", 1, { permanent: true })).rejects.toMatchObject({ errorNumber: 40407 });
  await registry.deleteSubject("t");
  await expect(registry.deleteSubject("t")).rejects.toMatchObject({ errorNumber: 40404 });
  expect(await registry.subjects()).toEqual([]);
  expect(await registry.subjects({ deletedOnly: true })).toEqual(["t"]);
  await expect(registry.deleteSubject("nowhere")).rejects.toMatchObject({ errorNumber: 40401 });
});

test("deleting a subject forgets its level", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.setLevel("NONE", "t");
  await registry.register("t", schema());
  await registry.deleteSubject("t");
  await expect(registry.level("t")).rejects.toMatchObject({ errorNumber: 40408 });
  expect(await registry.level("t", { orGlobal: true })).toBe("BACKWARD");
});

test("a read-only registry still finds what it has, and takes nothing new", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registry.register("t", schema());
  await registry.setMode("READONLY");
  expect(await registry.register("t", schema())).toMatchObject({ id: 1 });
  await expect(registry.register("t", schema(optional("y")))).rejects.toMatchObject({ errorNumber: 42205 });
  await expect(registry.deleteSubject("t")).rejects.toMatchObject({ errorNumber: 42205 });
  await registry.setMode("READWRITE", { subject: "t" });
  expect(await registry.register("t", schema(optional("y")))).toMatchObject({ id: 2 });
  await registry.setMode("READONLY_OVERRIDE");
  await expect(registry.register("t", schema(optional("z")))).rejects.toMatchObject({ errorNumber: 42205 });
});

test("mode IMPORT takes schemas with the ids they had elsewhere, and never one id for two", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await expect(registry.register("t", schema(), { id: 100 })).rejects.toMatchObject({ errorNumber: 42205 });
  await registry.setMode("IMPORT", { subject: "t" });
  expect(await registry.register("t", schema(), { id: 100, version: 7 })).toMatchObject({ id: 100, version: 7 });
  expect(await registry.register("t", schema(), { id: 100, version: 7 })).toMatchObject({ id: 100, version: 7 });
  await expect(registry.register("t", '"string"', { id: 100 })).rejects.toMatchObject({ errorNumber: 42205 });
  await expect(registry.register("t", schema(), { id: 101 })).rejects.toMatchObject({ errorNumber: 42207 });
  await expect(registry.setMode("IMPORT")).rejects.toMatchObject({ errorNumber: 42205 });
  await registry.setMode("READWRITE", { subject: "t" });
  expect(await registry.register("u", '"string"')).toMatchObject({ id: 101 });
});

test("K2's own schemas are registered at the first start, found at the next, and then change only both ways", async () => {
  const path = join(folder, "own.sqlite");
  const registerAll = async (): Promise<unknown> => {
    await using registry = await openSchemaRegistry(path);
    return [...(await registerOwnSchemas(registry))];
  };
  const first = await registerAll();
  expect(await registerAll()).toEqual(first);
  await using registry = await openSchemaRegistry(path);
  expect(await registry.subjects()).toEqual(EVENT_SCHEMAS.map(({ topic }) => `${topic}-value`).sort());
  const without = { ...TRADE_SCHEMA, fields: TRADE_SCHEMA.fields.filter(({ name }) => name !== "side") };
  await expect(registry.register("market.trades-value", JSON.stringify(without))).rejects.toThrow(
    /Field side: version 1 requires it/,
  );
});

test("a level that an operator has set for K2's subjects stays", async () => {
  await using registry = await openSchemaRegistry(":memory:");
  await registerOwnSchemas(registry);
  await registry.setLevel("BACKWARD", "market.trades-value");
  await registerOwnSchemas(registry);
  expect(await registry.level("market.trades-value")).toBe("BACKWARD");
});

test("a file written by a newer K2 is refused, and not touched", async () => {
  const path = join(folder, "newer.sqlite");
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  database.exec("pragma user_version = 99");
  database.close();
  await expect(openSchemaRegistry(path)).rejects.toThrow(/has format 99; this K2 reads format 1/);
});
