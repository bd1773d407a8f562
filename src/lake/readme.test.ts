import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the example in the README runs and says what it should", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-readme-"));
  try {
    const readme = await readFile(new URL("README.md", import.meta.url), "utf8");
    const example = `${/```ts\n(.*?)```/s.exec(readme)?.[1]}${/## Looking after tables\n+```ts\n(.*?)```/s.exec(readme)?.[1]}`;
    const file = join(folder, "example.ts");
    const code = example
      .replaceAll("/tmp/k2-lake-example", folder)
      .replace('"./index.ts"', JSON.stringify(new URL("index.ts", import.meta.url).href))
      .replace('"@duckdb/node-api"', JSON.stringify(import.meta.resolve("@duckdb/node-api")));
    await writeFile(file, code);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout).toContain("1 of 3 files: 561,964920.00000000\n");
    expect(stdout).toContain("{ epoch: 1, positions: '0:3000' }");
    expect(stdout).toContain("0 snapshots forgotten, 0 orphans, sound\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
