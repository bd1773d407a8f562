import { expect, test } from "vitest";
import {
  CommitConflictError,
  LakeExistsError,
  LakeNotFoundError,
  NamespaceNotEmptyError,
  NamespaceNotFoundError,
  TableNotFoundError,
  ViewNotFoundError,
} from "../errors.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { applyUpdates, type TableUpdate } from "../metadata/update.ts";
import { applyViewUpdates, type ViewUpdate } from "../metadata/view-update.ts";
import type { Catalog, LoadedTable, TableCommit } from "./catalog.ts";
import { newTable, newView } from "./catalog-fixture.ts";
import { identifierText, parseIdentifier, type TableIdentifier } from "./identifier.ts";
import type { LoadedView, ViewCommit } from "./view-catalog.ts";

/** What a test of the contract runs against: an empty catalog, whose tables may lie in `folder`. */
export interface CatalogUnderTest extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Another client of the same catalog, as another process has. */
  readonly other: Catalog;
  readonly folder: string;
}

export interface ContractOptions {
  /** Why the catalog cannot be tested here: its tests are skipped. */
  readonly problem?: string | undefined;
}

/** What every {@link Catalog} must do. Each adapter's test calls it and adds only what is its own. */
export function describeCatalog(
  name: string,
  open: () => Promise<CatalogUnderTest>,
  { problem }: ContractOptions = {},
): void {
  const check = (title: string, run: (t: CatalogUnderTest) => Promise<void>): void => {
    test.skipIf(problem !== undefined)(`${name}: ${title}`, async () => {
      await using t = await open();
      await run(t);
    });
  };

  check("namespaces nest, are listed level by level, and carry properties", async ({ catalog }) => {
    await catalog.createNamespace(["b"]);
    await catalog.createNamespace(["a"], { owner: "Ada" });
    await catalog.createNamespace(["a", "x"]);
    await catalog.createNamespace(["a", "x", "deep"]);
    await catalog.createNamespace(["ab"]);
    expect(await catalog.listNamespaces()).toEqual([["a"], ["ab"], ["b"]]);
    expect(await catalog.listNamespaces([])).toEqual([["a"], ["ab"], ["b"]]);
    expect(await catalog.listNamespaces(["a"])).toEqual([["a", "x"]]);
    expect(await catalog.listNamespaces(["a", "x"])).toEqual([["a", "x", "deep"]]);
    expect(await catalog.listNamespaces(["b"])).toEqual([]);
    await expect(catalog.listNamespaces(["nowhere"])).rejects.toThrow(NamespaceNotFoundError);
    expect(await catalog.loadNamespace(["a"])).toMatchObject({ owner: "Ada" });
    expect(await catalog.loadNamespace(["nowhere"])).toBeUndefined();
  });

  check("a namespace is made once", async ({ catalog }) => {
    await catalog.createNamespace(["a"], { owner: "Ada" });
    await expect(catalog.createNamespace(["a"], { owner: "Bob" })).rejects.toThrow(/Namespace already exists: a/);
    await expect(catalog.createNamespace(["a"])).rejects.toThrow(LakeExistsError);
    await catalog.ensureNamespace(["a"]);
    await catalog.ensureNamespace(["c"]);
    expect(await catalog.loadNamespace(["a"])).toMatchObject({ owner: "Ada" });
    expect(await catalog.listNamespaces()).toEqual([["a"], ["c"]]);
  });

  check("a namespace's properties are set and removed, and it is said which", async ({ catalog }) => {
    await catalog.createNamespace(["a"], { kept: "1", gone: "2", changed: "3" });
    const change = { removals: ["gone", "absent"], updates: { changed: "4", fresh: "5" } };
    const changed = await catalog.updateNamespace(["a"], change);
    expect(changed.removed).toEqual(["gone"]);
    expect(changed.missing).toEqual(["absent"]);
    expect([...changed.updated].sort()).toEqual(["changed", "fresh"]);
    const properties = await catalog.loadNamespace(["a"]);
    expect(properties).toMatchObject({ kept: "1", changed: "4", fresh: "5" });
    expect(properties).not.toHaveProperty("gone");
    const none = { removals: [], updates: { a: "b" } };
    await expect(catalog.updateNamespace(["nowhere"], none)).rejects.toThrow(NamespaceNotFoundError);
  });

  check("a namespace is dropped when nothing is in it", async ({ catalog, folder }) => {
    await catalog.createNamespace(["a"]);
    await catalog.createNamespace(["a", "b"]);
    await catalog.create(parseIdentifier("a.b.t"), newTable(folder, "a.b.t"));
    await expect(catalog.dropNamespace(["a"])).rejects.toThrow(NamespaceNotEmptyError);
    await expect(catalog.dropNamespace(["a", "b"])).rejects.toThrow(NamespaceNotEmptyError);
    expect(await catalog.drop(parseIdentifier("a.b.t"))).toBe(true);
    await catalog.createView(parseIdentifier("a.b.v"), newView(folder, "a.b.v"));
    await expect(catalog.dropNamespace(["a", "b"])).rejects.toThrow(NamespaceNotEmptyError);
    expect(await catalog.dropView(parseIdentifier("a.b.v"))).toBe(true);
    expect(await catalog.dropNamespace(["a", "b"])).toBe(true);
    expect(await catalog.dropNamespace(["a"])).toBe(true);
    expect(await catalog.dropNamespace(["a"])).toBe(false);
    expect(await catalog.listNamespaces()).toEqual([]);
  });

  check("names keep dots, spaces, slashes, quotes, percent signs and other scripts", async ({ catalog, folder }) => {
    const levels = ["dot.ted", "two words", "sl/ash", "per%2Ecent", "quo'te", "Ünï 市場 🤪", "_", "%"];
    for (const level of levels) {
      const identifier = { namespace: [level, level], name: level };
      await catalog.createNamespace([level]);
      await catalog.createNamespace([level, level]);
      await catalog.create(identifier, newTable(folder, `odd.${levels.indexOf(level)}`));
      expect(await catalog.listNamespaces([level])).toEqual([[level, level]]);
      expect(await catalog.listTables([level, level])).toEqual([identifier]);
      expect((await catalog.load(identifier))?.identifier).toEqual(identifier);
    }
    expect((await catalog.listNamespaces()).flat().sort()).toEqual([...levels].sort());
    expect(await catalog.listTables(["_"])).toEqual([]);
    await expect(catalog.listTables(["dot"])).rejects.toThrow(NamespaceNotFoundError);
  });

  check("a table is made once, in a namespace that is there", async ({ catalog, other, folder }) => {
    const trades = parseIdentifier("silver.trades");
    await expect(catalog.create(trades, newTable(folder, "silver.trades"))).rejects.toThrow(NamespaceNotFoundError);
    await catalog.createNamespace(["silver"]);
    expect(await catalog.load(trades)).toBeUndefined();
    const made = await catalog.create(trades, newTable(folder, "silver.trades", { kept: "yes" }));
    expect(made.metadata.properties).toMatchObject({ kept: "yes" });
    await expect(other.create(trades, newTable(folder, "silver.trades"))).rejects.toThrow(
      /Table already exists: silver.trades/,
    );
    const loaded = await other.load(trades);
    expect(loaded?.metadata.tableUuid).toBe(made.metadata.tableUuid);
    expect(loaded?.metadataLocation).toBe(made.metadataLocation);
    expect(loaded?.metadata.schemas[0]?.fields.map(({ name: column }) => column)).toEqual(["n", "kind"]);
    expect(await other.listTables(["silver"])).toEqual([trades]);
    await expect(other.listTables(["gold"])).rejects.toThrow(NamespaceNotFoundError);
  });

  check("of two that make one table at once, one does", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const make = (one: Catalog) => one.create(parseIdentifier("a.t"), newTable(folder, "a.t"));
    const outcomes = await Promise.allSettled([make(catalog), make(other), make(catalog), make(other)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(LakeExistsError);
  });

  check("a commit swaps the version it was decided on, or none", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const first = await catalog.create(parseIdentifier("a.t"), newTable(folder, "a.t"));
    const [second] = await catalog.commit([setting(first, { step: "2" })]);
    expect(second?.metadata.properties).toMatchObject({ step: "2" });
    expect(second?.metadataLocation).not.toBe(first.metadataLocation);
    expect(second?.metadata.metadataLog.map(({ metadataFile }) => metadataFile)).toEqual([first.metadataLocation]);
    const late = {
      ...setting(first, { step: "late" }),
      requirements: [{ type: "assert-last-assigned-field-id", lastAssignedFieldId: 99 }] as const,
    };
    await expect(other.commit([late])).rejects.toThrow(CommitConflictError);
    expect((await other.load(first.identifier))?.metadata.properties).toMatchObject({ step: "2" });
  });

  check("commits to several tables take effect together or not at all", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const names = ["a.one", "a.two", "a.three"].map(parseIdentifier);
    for (const each of names) await catalog.create(each, newTable(folder, identifierText(each)));
    const tables = await loadAll(catalog, names);
    await catalog.commit(tables.map((table) => setting(table, { step: "together" })));
    const committed = await loadAll(other, names);
    expect(committed.map(({ metadata }) => metadata.properties["step"])).toEqual(["together", "together", "together"]);
    const [one, two, three] = committed;
    if (one === undefined || two === undefined || three === undefined) throw new Error("a table is gone");
    const wrong = { type: "assert-table-uuid", uuid: "00000000-0000-0000-0000-000000000000" } as const;
    await expect(
      catalog.commit([
        setting(one, { step: "torn" }),
        { ...setting(two, { step: "torn" }), requirements: [wrong] },
        setting(three, { step: "torn" }),
      ]),
    ).rejects.toThrow(CommitConflictError);
    const after = await loadAll(other, names);
    expect(after.map(({ metadata }) => metadata.properties["step"])).toEqual(["together", "together", "together"]);
  });

  check("writers that retry what was refused lose nothing", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const table = await catalog.create(parseIdentifier("a.t"), newTable(folder, "a.t"));
    const writer = async (one: Catalog, key: string): Promise<void> => {
      for (let count = 1; count <= 5; ) {
        const [base] = await loadAll(one, [table.identifier]);
        if (base === undefined) throw new Error("the table is gone");
        if (await isCommitted(one, guarded(setting(base, { [key]: String(count) })))) count += 1;
      }
    };
    await Promise.all([writer(catalog, "p"), writer(other, "q"), writer(catalog, "r"), writer(other, "s")]);
    const { metadata } = (await catalog.load(table.identifier)) ?? table;
    expect(metadata.properties).toMatchObject({ p: "5", q: "5", r: "5", s: "5" });
  });

  check("a staged table is there from its first commit on", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const identifier = parseIdentifier("a.staged");
    const staged = newTable(folder, "a.staged", { staged: "yes" });
    const commit: TableCommit = {
      identifier,
      base: undefined,
      requirements: [{ type: "assert-create" }],
      updates: creationUpdates(staged),
      next: staged,
    };
    expect(await catalog.load(identifier)).toBeUndefined();
    await catalog.commit([commit]);
    expect((await other.load(identifier))?.metadata.properties).toMatchObject({ staged: "yes" });
    await expect(other.commit([commit])).rejects.toSatisfy(
      (error) => error instanceof LakeExistsError || error instanceof CommitConflictError,
    );
    expect(await catalog.listTables(["a"])).toEqual([identifier]);
  });

  check("a commit to a table that is gone says so", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const table = await catalog.create(parseIdentifier("a.t"), newTable(folder, "a.t"));
    expect(await other.drop(table.identifier)).toBe(true);
    expect(await catalog.drop(table.identifier)).toBe(false);
    await expect(catalog.commit([setting(table, { step: "2" })])).rejects.toThrow(TableNotFoundError);
    expect(await catalog.load(table.identifier)).toBeUndefined();
  });

  check("a table that was dropped is taken back at its metadata file", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const first = await catalog.create(parseIdentifier("a.t"), newTable(folder, "a.t"));
    const [second] = await catalog.commit([setting(first, { step: "2" })]);
    if (second === undefined) throw new Error("a commit without a result");
    const again = parseIdentifier("a.again");
    await catalog.register(again, second.metadataLocation);
    expect((await other.load(again))?.metadata.properties).toMatchObject({ step: "2" });
    await expect(catalog.register(again, first.metadataLocation)).rejects.toThrow(LakeExistsError);
    await catalog.register(again, first.metadataLocation, { isOverwriting: true });
    expect((await other.load(again))?.metadata.properties).not.toHaveProperty("step");
    await expect(catalog.register(parseIdentifier("b.t"), first.metadataLocation)).rejects.toThrow(
      NamespaceNotFoundError,
    );
    const nowhere = `${first.metadata.location}/metadata/00009-none.metadata.json`;
    await expect(catalog.register(parseIdentifier("a.none"), nowhere)).rejects.toThrow(LakeNotFoundError);
  });

  check(
    "a table is renamed, also into another namespace, and commits go on there",
    async ({ catalog, other, folder }) => {
      await catalog.createNamespace(["a"]);
      await catalog.createNamespace(["b"]);
      const [from, to] = [parseIdentifier("a.t"), parseIdentifier("b.u")];
      const made = await catalog.create(from, newTable(folder, "a.t"));
      await catalog.create(parseIdentifier("a.taken"), newTable(folder, "a.taken"));
      await expect(catalog.rename(from, parseIdentifier("a.taken"))).rejects.toThrow(LakeExistsError);
      await expect(catalog.rename(from, parseIdentifier("c.t"))).rejects.toThrow(NamespaceNotFoundError);
      await expect(catalog.rename(parseIdentifier("a.none"), to)).rejects.toThrow(TableNotFoundError);
      await catalog.rename(from, to);
      expect(await other.load(from)).toBeUndefined();
      const renamed = await other.load(to);
      expect(renamed?.metadata.tableUuid).toBe(made.metadata.tableUuid);
      if (renamed !== undefined) await other.commit([setting(renamed, { step: "2" })]);
      expect((await catalog.load(to))?.metadata.properties).toMatchObject({ step: "2" });
    },
  );

  check("a view is made, replaced, renamed and dropped", async ({ catalog, other, folder }) => {
    const identifier = parseIdentifier("a.v");
    await expect(catalog.createView(identifier, newView(folder, "a.v"))).rejects.toThrow(NamespaceNotFoundError);
    await catalog.createNamespace(["a"]);
    const made = await catalog.createView(identifier, newView(folder, "a.v", { comment: "first" }));
    await expect(catalog.createView(identifier, newView(folder, "a.v"))).rejects.toThrow(/View already exists: a.v/);
    expect((await other.loadView(identifier))?.metadata.properties).toMatchObject({ comment: "first" });
    const replaced = await other.replaceView(commenting(made, "second"));
    expect(replaced.metadata.properties).toMatchObject({ comment: "second" });
    expect(await catalog.listViews(["a"])).toEqual([identifier]);
    await expect(catalog.listViews(["b"])).rejects.toThrow(NamespaceNotFoundError);
    const to = parseIdentifier("a.w");
    await expect(catalog.renameView(parseIdentifier("a.none"), to)).rejects.toThrow(ViewNotFoundError);
    await expect(catalog.renameView(identifier, parseIdentifier("b.v"))).rejects.toThrow(NamespaceNotFoundError);
    await catalog.renameView(identifier, to);
    expect(await other.loadView(identifier)).toBeUndefined();
    expect((await other.loadView(to))?.metadata.viewUuid).toBe(made.metadata.viewUuid);
    expect(await other.dropView(to)).toBe(true);
    expect(await other.dropView(to)).toBe(false);
    await expect(catalog.replaceView(commenting({ ...made, identifier: to }, "third"))).rejects.toThrow(
      ViewNotFoundError,
    );
  });

  check("a view that was dropped is taken back at its metadata file", async ({ catalog, other, folder }) => {
    await catalog.createNamespace(["a"]);
    const made = await catalog.createView(parseIdentifier("a.v"), newView(folder, "a.v", { comment: "kept" }));
    await catalog.dropView(made.identifier);
    await catalog.registerView(parseIdentifier("a.w"), made.metadataLocation);
    expect((await other.loadView(parseIdentifier("a.w")))?.metadata.properties).toMatchObject({ comment: "kept" });
    await expect(catalog.registerView(parseIdentifier("a.w"), made.metadataLocation)).rejects.toThrow(LakeExistsError);
  });

  check(
    "tables and views share one space of names, and neither is taken for the other",
    async ({ catalog, folder }) => {
      await catalog.createNamespace(["a"]);
      const [t, v] = [parseIdentifier("a.t"), parseIdentifier("a.v")];
      await catalog.create(t, newTable(folder, "a.t"));
      await catalog.createView(v, newView(folder, "a.v"));
      await expect(catalog.createView(t, newView(folder, "a.t"))).rejects.toThrow(
        /Table with same name already exists: a.t/,
      );
      await expect(catalog.create(v, newTable(folder, "a.v"))).rejects.toThrow(
        /View with same name already exists: a.v/,
      );
      await expect(catalog.rename(t, v)).rejects.toThrow(LakeExistsError);
      await expect(catalog.renameView(v, t)).rejects.toThrow(LakeExistsError);
      expect(await catalog.load(v)).toBeUndefined();
      expect(await catalog.loadView(t)).toBeUndefined();
      expect(await catalog.drop(v)).toBe(false);
      expect(await catalog.dropView(t)).toBe(false);
      expect(await catalog.listTables(["a"])).toEqual([t]);
      expect(await catalog.listViews(["a"])).toEqual([v]);
    },
  );
}

function setting(base: LoadedTable, properties: Readonly<Record<string, string>>): TableCommit {
  const updates: readonly TableUpdate[] = [{ action: "set-properties", updates: properties }];
  const next = applyUpdates(base.metadata, updates, base.metadata.lastUpdatedMs + 1);
  return { identifier: base.identifier, base, requirements: [], updates, next };
}

/** The commit, refused by whoever applies updates himself where the table's counters have moved on. */
function guarded(commit: TableCommit): TableCommit {
  const uuid = commit.base?.metadata.tableUuid ?? "";
  return { ...commit, requirements: [{ type: "assert-table-uuid", uuid }] };
}

function commenting(base: LoadedView, comment: string): ViewCommit {
  const updates: readonly ViewUpdate[] = [{ action: "set-properties", updates: { comment } }];
  const next = applyViewUpdates(base.metadata, updates, 1_700_000_000_001);
  return { base, requirements: [{ type: "assert-view-uuid", uuid: base.metadata.viewUuid }], updates, next };
}

/** The updates that make `table` from nothing. */
function creationUpdates(table: TableMetadata): readonly TableUpdate[] {
  const [schema, spec, sortOrder] = [table.schemas[0], table.partitionSpecs[0], table.sortOrders[0]];
  if (schema === undefined || spec === undefined || sortOrder === undefined) throw new Error("an incomplete table");
  return [
    { action: "assign-uuid", uuid: table.tableUuid },
    { action: "upgrade-format-version", formatVersion: table.formatVersion },
    { action: "add-schema", schema, lastColumnId: table.lastColumnId },
    { action: "set-current-schema", schemaId: -1 },
    { action: "add-spec", spec },
    { action: "set-default-spec", specId: -1 },
    { action: "add-sort-order", sortOrder },
    { action: "set-default-sort-order", sortOrderId: -1 },
    { action: "set-location", location: table.location },
    { action: "set-properties", updates: table.properties },
  ];
}

/** False where another was first. */
async function isCommitted(catalog: Catalog, commit: TableCommit): Promise<boolean> {
  try {
    await catalog.commit([commit]);
    return true;
  } catch (error) {
    if (error instanceof CommitConflictError) return false;
    throw error;
  }
}

async function loadAll(catalog: Catalog, names: readonly TableIdentifier[]): Promise<readonly LoadedTable[]> {
  const tables: LoadedTable[] = [];
  for (const name of names) {
    const table = await catalog.load(name);
    if (table === undefined) throw new Error(`${identifierText(name)} is gone`);
    tables.push(table);
  }
  return tables;
}
