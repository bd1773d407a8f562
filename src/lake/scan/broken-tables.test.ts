import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { K2Error } from "../../base/index.ts";
import { LakeCorruptError, LakeUnsupportedError, readTable, type Table } from "../index.ts";
import { TestLake } from "../test-lake.ts";

let t: TestLake;
let source: string;
beforeAll(async () => {
  t = await TestLake.open();
  for (const formatVersion of [2, 3] as const) {
    const name = `a.v${formatVersion}`;
    const schema = [{ id: 1, name: "n", type: "long", required: true }] as const;
    await t.lake.createTable(name, { schema, formatVersion });
    for (const from of [0, 100]) await t.append(name, `SELECT range AS n FROM range(${from}, ${from + 100})`);
    const filter = { column: "n", is: "in", values: [3, 150] } as const;
    await t.lake.deleteRows(name, { run: t.db.run, filter, mode: "merge-on-read" });
  }
  source = join(t.folder, "warehouse", "a");
});
afterAll(() => t[Symbol.asyncDispose]());

interface Copy {
  readonly folder: string;
  readonly metadataLocation: string;
  /** As the table's metadata name the copy. */
  readonly original: string;
}

let copies = 0;

/** The table's files in a folder of their own, as another engine may have left them. */
async function copyOf(formatVersion: number): Promise<Copy> {
  copies += 1;
  const folder = join(t.folder, `copy-${copies}`);
  const original = join(source, `v${formatVersion}`);
  for (const file of await readdir(original, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const from = join(file.parentPath, file.name);
    const to = from.replace(original, folder);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to);
  }
  const current = (await t.lake.table(`a.v${formatVersion}`)).metadataLocation.replace("file://", "");
  const metadataLocation = current.replace(original, folder);
  const text = await readFile(metadataLocation, "utf8");
  await writeFile(metadataLocation, text.replace('"k2.files-hold-partition-columns":"true"', '"another.writer":"yes"'));
  return { folder, metadataLocation, original };
}

function open({ folder, metadataLocation, original }: Copy): Promise<Table> {
  return readTable({ metadataLocation, mapLocation: (location) => location.replace(`file://${original}`, folder) });
}

async function fileLike(folder: string, pattern: RegExp): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => pattern.test(name)).toSorted();
  const [first] = names;
  if (first === undefined)
    throw new RangeError(`no file like ${pattern} among ${await readdir(folder, { recursive: true })}`);
  return join(folder, first);
}

async function spoil(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.byteLength - 40);
const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.byteLength >> 1);

interface Damage {
  readonly name: string;
  readonly formatVersion: 2 | 3;
  readonly file: RegExp;
  readonly change: ((bytes: Buffer) => Buffer) | "remove";
}

const MANIFEST_LIST = /metadata\/snap-.*\.avro$/;
const MANIFEST = /metadata\/(?!snap-).*\.avro$/;
const DAMAGES: readonly Damage[] = [
  { name: "a data file that is gone", formatVersion: 2, file: /data\/(?!.*deletes).*\.parquet$/, change: "remove" },
  { name: "a data file whose footer is cut", formatVersion: 2, file: /data\/(?!.*deletes).*\.parquet$/, change: cut },
  {
    name: "an empty data file",
    formatVersion: 3,
    file: /data\/(?!.*deletes).*\.parquet$/,
    change: () => Buffer.alloc(0),
  },
  { name: "a delete file that is gone", formatVersion: 2, file: /deletes.*\.parquet$/, change: "remove" },
  { name: "a delete file that is cut", formatVersion: 2, file: /deletes.*\.parquet$/, change: half },
  { name: "deletion vectors that are gone", formatVersion: 3, file: /\.puffin$/, change: "remove" },
  {
    name: "deletion vectors that are cut",
    formatVersion: 3,
    file: /\.puffin$/,
    change: (bytes) => bytes.subarray(0, 20),
  },
  {
    name: "a deletion vector with a turned bit",
    formatVersion: 3,
    file: /\.puffin$/,
    change: (bytes) => Buffer.concat([bytes.subarray(0, 30), Buffer.of((bytes[30] ?? 0) ^ 4), bytes.subarray(31)]),
  },
];

test.each(DAMAGES)("$name: an error names it, and no row is given", async ({ formatVersion, file, change }) => {
  const copy = await copyOf(formatVersion);
  const whole = await (await open(copy)).scan().sql();
  expect(await t.db.rows(`SELECT count(*)::INT FROM ${whole}`)).toEqual([[198]]);
  const path = await fileLike(copy.folder, file);
  if (change === "remove") await rm(path);
  else await spoil(path, change);
  const failure = await (await open(copy))
    .scan()
    .sql()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LakeCorruptError);
  expect(String(failure)).toContain(path.slice(path.lastIndexOf("/") + 1));
});

test.each([
  ["a manifest list that is gone", MANIFEST_LIST, "remove"],
  ["a manifest list that is cut", MANIFEST_LIST, cut],
  ["a manifest that is gone", MANIFEST, "remove"],
  ["a manifest that is cut", MANIFEST, cut],
  ["a manifest that is another file", MANIFEST, () => Buffer.from("<html>not found</html>")],
] as const)("%s: an error names it, and nothing is planned", async (_, file, change) => {
  const copy = await copyOf(2);
  for (const name of await readdir(copy.folder, { recursive: true })) {
    if (!file.test(name)) continue;
    if (change === "remove") await rm(join(copy.folder, name));
    else await spoil(join(copy.folder, name), change);
  }
  const failure = await (await open(copy))
    .scan()
    .plan()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(K2Error);
  expect((failure as K2Error).code).toMatch(/^K2_LAKE_(CORRUPT|NOT_FOUND)$/);
  expect(String(failure)).toMatch(/\/metadata\/.*\.avro/);
});

test.each([
  ["no JSON", () => Buffer.from("{]")],
  ["JSON of something else", () => Buffer.from('{"format-version":2,"location":7}')],
  ["cut JSON", half],
  ["a cut gzip", () => Buffer.from([0x1f, 0x8b, 8, 0, 0])],
  [
    "a format version of the future",
    (bytes: Buffer) => Buffer.from(bytes.toString().replace('"format-version":2', '"format-version":9')),
  ],
] as const)("metadata that are %s: an error names the file", async (_, change) => {
  const copy = await copyOf(2);
  await spoil(copy.metadataLocation, change);
  const failure = await open(copy).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(K2Error);
  expect(String((failure as K2Error).code)).toMatch(/^K2_LAKE_(CORRUPT|UNSUPPORTED)$/);
  expect(String(failure)).toContain(copy.metadataLocation.slice(copy.metadataLocation.lastIndexOf("/") + 1));
});

test("a file of our own that breaks later is found when DuckDB fails at it", async () => {
  await t.lake.createTable("a.own", { schema: [{ id: 1, name: "n", type: "long", required: true }] });
  await t.append("a.own", "SELECT range AS n FROM range(10)");
  const scan = (await t.lake.table("a.own")).scan();
  const sql = await scan.sql();
  const path = await fileLike(join(source, "own", "data"), /\.parquet$/);
  await spoil(path, cut);
  const failure = await t.db.rows(`SELECT * FROM ${sql}`).catch((error: unknown) => scan.diagnose(error));
  expect(failure).toBeInstanceOf(LakeCorruptError);
  expect(String(failure)).toContain(path.slice(path.lastIndexOf("/") + 1));
  const other = new Error("out of memory");
  await (await import("node:fs/promises")).rm(path);
  expect(await (await t.lake.table("a.v2")).scan().diagnose(other)).toBe(other);
});

test("data that are Avro or ORC are refused", async () => {
  const table = await t.lake.table("a.v2");
  const [file] = (await table.scan().plan()).files;
  if (file === undefined) throw new RangeError("no file");
  for (const format of ["avro", "orc"]) {
    await t.lake.createTable(`a.${format}`, { schema: [{ id: 1, name: "n", type: "long", required: true }] });
    await t.lake.append(`a.${format}`, { files: [{ ...file, format, location: `${file.location}.${format}` }] });
    const failure = await (await t.lake.table(`a.${format}`))
      .scan()
      .sql()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LakeUnsupportedError);
    expect(String(failure)).toContain(`.parquet.${format} is ${format}`);
  }
});
