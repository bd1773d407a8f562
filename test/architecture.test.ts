import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../src", import.meta.url));

/** Which folders of src a folder may import; tests and benches may use what their folder may, and their own vendors. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  domain: ["base"],
  feeds: ["base", "domain"],
  imports: ["base", "domain"],
  "venue-server": ["base", "domain"],
  log: ["base", "domain"],
  pipeline: ["base", "domain"],
  store: ["base", "domain"],
  lake: ["base"],
  equities: ["base", "domain"],
  query: ["base", "domain", "store", "lake"],
  api: ["base", "domain", "query"],
  app: [
    "base",
    "domain",
    "equities",
    "feeds",
    "imports",
    "venue-server",
    "log",
    "pipeline",
    "store",
    "lake",
    "query",
    "api",
  ],
  cli: ["app", "base", "domain"],
  "index.ts": ["app", "base", "domain", "query", "lake", "log", "feeds", "venue-server"],
};

/** Vendors that one folder only may import: an adapter keeps its vendor to itself. */
const VENDOR_HOMES: Readonly<Record<string, readonly string[]>> = {
  "@duckdb/node-api": ["store", "query", "app"],
  kysely: ["base", "lake", "log", "app"],
  avsc: ["domain", "lake", "log"],
  fastify: ["api", "lake"],
  "prom-client": ["base"],
  pino: ["base"],
  ws: ["feeds", "venue-server", "api"],
  hyparquet: ["lake"],
  commander: ["cli"],
  croner: ["app"],
};

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => join(root, path));
const imports = files.flatMap(importsOf);
const product = imports.filter(({ from }) => !/\.(test|bench|contract)\.ts$/.test(from) && !/fixture|test-/.test(from));

function importsOf(file: string): readonly Import[] {
  const { module } = parseSync(file, readFileSync(file, "utf8"));
  const specifiers = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) =>
      entry.entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
    ),
    ...module.dynamicImports.flatMap(
      ({ moduleRequest }) =>
        /^["'](.+)["']$/.exec(readFileSync(file, "utf8").slice(moduleRequest.start, moduleRequest.end))?.[1] ?? [],
    ),
  ];
  return specifiers.map((specifier) => ({ from: file, specifier }));
}

function folderOf(file: string): string {
  return relative(root, file).split("/")[0] ?? "";
}

function localTarget({ from, specifier }: Import): string | undefined {
  return specifier.startsWith(".") ? resolve(dirname(from), specifier) : undefined;
}

test("the rules name every folder of src", () => {
  const folders = new Set(files.map(folderOf));
  expect([...folders].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
});

test("a folder imports only the folders it may", () => {
  const broken = product.filter((entry) => {
    const target = localTarget(entry);
    if (target === undefined || !target.startsWith(root)) return false;
    const [from, to] = [folderOf(entry.from), folderOf(target)];
    return from !== to && !(MAY_IMPORT[from] ?? []).includes(to);
  });
  expect(broken.map(describeImport)).toEqual([]);
});

test("another folder is entered by its index.ts", () => {
  const broken = product.filter((entry) => {
    const target = localTarget(entry);
    if (target === undefined || !target.startsWith(root) || folderOf(entry.from) === folderOf(target)) return false;
    return relative(root, target).split("/").length !== 2 || !target.endsWith("/index.ts");
  });
  expect(broken.map(describeImport)).toEqual([]);
});

test("a vendor's package is imported in its home alone", () => {
  const broken = product.filter(({ from, specifier }) => {
    const homes = Object.entries(VENDOR_HOMES).find(
      ([vendor]) => specifier === vendor || specifier.startsWith(`${vendor}/`),
    )?.[1];
    return homes !== undefined && !homes.includes(folderOf(from));
  });
  expect(broken.map(describeImport)).toEqual([]);
});

test("no import goes round in a circle, of types either", () => {
  const edges = new Map<string, string[]>();
  for (const entry of product) {
    const target = localTarget(entry);
    if (target !== undefined) edges.set(entry.from, [...(edges.get(entry.from) ?? []), target]);
  }
  expect(findCycle(edges)?.map((file) => relative(root, file))).toBeUndefined();
});

function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function describeImport({ from, specifier }: Import): string {
  return `${relative(root, from)} imports ${specifier}`;
}
