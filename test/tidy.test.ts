import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { REGISTRY_ERROR_NUMBERS } from "../src/log/registry/registry-errors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Files of the repository: those that git tracks or would track; without git, those that are not made by a tool. */
function repositoryFiles(): readonly string[] {
  try {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 1 << 26,
    });
    return listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
  } catch {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => !/(^|\/)(node_modules|dist|data|coverage|\.git)\//.test(path));
  }
}

const files = repositoryFiles();
const source = files.filter((path) => /^src\/.*\.ts$/.test(path));
const product = source.filter(
  (path) => !/(\.(test|contract|bench)\.ts|\/(test-[\w-]+|testing\/.*|fixtures|[\w-]+-fixture)\.ts)$/.test(path),
);

/** Each code in the source with the remedy that stands beside it; undefined where the code stands alone. */
function codesInSource(): ReadonlyMap<string, string | undefined> {
  const codes = new Map<string, string | undefined>();
  for (const path of product) {
    for (const { 1: code = "", index } of read(path).matchAll(/"(K2_[A-Z0-9_]+)"/g)) {
      const declared =
        /^"K2_[A-Z0-9_]+"[;,]\s*(?:\/\*\*[^\n]*\*\/\s*)?(?:override )?(?:readonly )?remedy(?:: Remedy)?(?: = |: )?("[a-z-]+")?/.exec(
          read(path).slice(index),
        );
      const remedy = declared === null ? undefined : (declared[1]?.slice(1, -1) ?? "as its cause");
      codes.set(code, remedy ?? codes.get(code));
    }
  }
  return codes;
}

/** Rows of the tables of a document: the first cell, and the others. */
function tableRows(document: string): ReadonlyMap<string, readonly string[]> {
  const rows = [...read(document).matchAll(/^\| `?([\w-]+)`? \| (.*) \|$/gm)];
  return new Map(rows.map(([, first = "", rest = ""]) => [first, rest.split(" | ")]));
}

test("every error code in the source is in docs/errors.md with its remedy, and every code there is in the source", () => {
  const documented = tableRows("docs/errors.md");
  const codes = codesInSource();
  expect(codes.get("K2_INVALID_INPUT")).toBe("fix-input");
  expect(codes.get("K2_LAKE_COMMIT_UNKNOWN")).toBe("resync");
  expect(codes.get("K2_FRAMES_NOT_RECORDED")).toBe("as its cause");
  const documentedCodes = [...documented.keys()].filter((key) => key.startsWith("K2_"));
  expect(documentedCodes.sort(), "docs/errors.md has one row a code").toEqual([...codes.keys()].sort());
  const remedies = new Set(["retry", "resync", "fix-input", "report", "as its cause"]);
  for (const [code, remedy] of codes) {
    expect(remedies, code).toContain(documented.get(code)?.[0]);
    if (remedy !== undefined) expect(documented.get(code)?.[0], code).toBe(remedy);
  }
});

test("every refusal reason is in docs/errors.md, and every reason there is one", () => {
  const union = /export type RefusalReason =([^;]*);/.exec(read("src/domain/refusal.ts"))?.[1] ?? "";
  const reasons = [...union.matchAll(/\| "(\w+)"/g)].map(([, reason]) => reason);
  expect(reasons.length).toBeGreaterThan(5);
  const section = read("docs/errors.md").split("## Refusal reasons")[1]?.split("\n## ")[0] ?? "";
  const documented = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
  expect(documented).toEqual(reasons);
});

test("every error number of the registry is in docs/errors.md", () => {
  const documented = tableRows("docs/errors.md");
  for (const number of Object.values(REGISTRY_ERROR_NUMBERS)) expect([...documented.keys()]).toContain(String(number));
});

test.skipIf(!existsSync(join(root, "ARCHITECTURE.md")))("every folder of src is on the map in ARCHITECTURE.md", () => {
  const map = read("ARCHITECTURE.md");
  const folders = new Set(source.map((path) => path.split("/")[1] ?? "").filter((name) => !name.endsWith(".ts")));
  expect([...folders].filter((folder) => !map.includes(`src/${folder}/`))).toEqual([]);
});

test("nothing in src is left for later", () => {
  const unfinished = source.flatMap((path) =>
    [...read(path).matchAll(/\b(TODO|FIXME|HACK)\b/g)].map(([word]) => `${path}: ${word}`),
  );
  expect(unfinished).toEqual([]);
});

/** Files over the mark, each with the length it may have and why one file is right. */
const LONG_FILES: Readonly<Record<string, number>> = {};
const LINES_MAX = 400;

test(`no module of src has over ${LINES_MAX} lines: past that, look for the second idea`, () => {
  const long = product.flatMap((path) => {
    const lines = read(path).split("\n").length - 1;
    return lines > (LONG_FILES[path] ?? LINES_MAX) ? [`${path}: ${lines} lines`] : [];
  });
  expect(long).toEqual([]);
});

test("no file names a folder of the machine it was written on", () => {
  const private_ = /(^|[^A-Za-z0-9_.-])\/(?:work|farm)\//m;
  expect(files.filter((path) => private_.test(read(path)))).toEqual([]);
});

test("links between the documents lead somewhere", () => {
  const broken = files
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .filter(([, target = ""]) => !existsSync(join(root, path, "..", target)))
        .map(([, target]) => `${path} → ${target}`),
    );
  expect(broken).toEqual([]);
});
