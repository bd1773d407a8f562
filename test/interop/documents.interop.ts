/**
 * The README's and docs/engines.md's ways to read K2's tables, run as they stand there, in the folder in which K2 runs.
 * Needs what market.interop.ts needs.
 */
import { notStrictEqual, ok, strictEqual } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { testConfig } from "../end-to-end/harness.ts";
import { check, conclude, skip } from "./checks.ts";
import { runClickHouse, runPython } from "./engines.ts";
import { makeInteropFolder } from "./interop-folder.ts";

interface Block {
  /** The heading above it. */
  readonly section: string;
  readonly language: string;
  readonly text: string;
}

const DOCUMENTS = ["README.md", "docs/engines.md"];
const ROOT = new URL("../../", import.meta.url);
/** Asked for in the documents, and with some history to travel in. */
const TABLES = ["silver/trades", "gold/bars"];
const COMMITS_MIN = 3;
const WAIT_MS_MAX = 60_000;

/** Each commit has a manifest list. */
function commitsOf(table: string): number {
  const metadata = join(table, "metadata");
  return existsSync(metadata) ? readdirSync(metadata).filter((name) => /^snap-.*\.avro$/.test(name)).length : 0;
}

function blocksOf(file: string): readonly Block[] {
  const blocks: Block[] = [];
  let section = "";
  for (const [, heading, language, text] of readFileSync(new URL(file, ROOT), "utf8").matchAll(
    /^## ([^\n]*)$|^```(python|sql)\n(.*?)^```/gms,
  )) {
    if (heading !== undefined) section = heading;
    else blocks.push({ section, language: language ?? "", text: text ?? "" });
  }
  return blocks;
}

const { K2_PYICEBERG_PYTHON, K2_CHDB, K2_DUCKDB_PYTHON } = process.env;
/** By section; other sections are not proven here, and say so. In the README, Python is PyIceberg. */
const ENGINES: Readonly<Record<string, string | undefined>> = {
  PyIceberg: K2_PYICEBERG_PYTHON,
  DuckDB: K2_DUCKDB_PYTHON,
  ClickHouse: K2_CHDB,
};

async function runBlock({ language, text }: Block, tool: string, folder: string): Promise<void> {
  if (language === "python") {
    const { stdout, stderr } = await runPython(tool, text, { cwd: folder });
    notStrictEqual(stdout.trim(), "");
    strictEqual(stderr, "");
  } else {
    const [rows = []] = await runClickHouse({ chdb: tool, folder }, [text]);
    ok(rows.length > 0, "no rows");
  }
}

async function runDocuments(): Promise<void> {
  await using temporary = await makeInteropFolder();
  const folder = temporary.path;
  const config = testConfig(join(folder, "data"), {
    simulation: { tradesPerSecond: 200 },
    lake: { firstCommitAgeMs: 3_000, commitAgeMs: 1_000 },
  });
  await using _k2 = await startK2(config, { logger: silentLogger });
  const deadline = AbortSignal.timeout(WAIT_MS_MAX);
  while (!TABLES.every((table) => commitsOf(join(config.folder, "lake", table)) >= COMMITS_MIN))
    await systemClock.sleep(100, { signal: deadline });
  for (const file of DOCUMENTS) {
    const blocks = blocksOf(file);
    ok(blocks.length > 0, `${file} has no Python and no SQL`);
    for (const [index, block] of blocks.entries()) {
      const engine = file === "README.md" ? "PyIceberg" : block.section;
      if (!(engine in ENGINES)) continue;
      const tool = ENGINES[engine];
      const name = `block ${index + 1} of ${file} as it stands`;
      if (tool === undefined) skip(engine, `absent; it would run ${name}`);
      else await check(`${engine} runs ${name}`, () => runBlock(block, tool, folder));
    }
  }
}

await runDocuments();
conclude();
