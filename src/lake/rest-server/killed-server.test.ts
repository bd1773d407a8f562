import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/index.ts";
import { SCHEMA } from "./test-rest.ts";

const FIXTURE = fileURLToPath(new URL("server-fixture.ts", import.meta.url));
/** More by K2_KILLS, by hand. */
const KILLS = Number(process.env["K2_KILLS"] ?? 3);
const COMMITS = 10 * KILLS;

interface Served {
  readonly process: ChildProcess;
  readonly url: string;
}

async function serve(folder: string): Promise<Served> {
  const child = spawn(process.execPath, [FIXTURE, folder], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout }))
    return { process: child, url: `${line}/catalog/v1` };
  throw new Error("the server ended without saying where it is");
}

async function kill({ process: child }: Served): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("a server that is killed in the middle of commits makes each of them once, as its clients ask again", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "k2-killed-")));
  let served = await serve(folder);
  const state = { isOver: false };
  /** Until it is answered, by whichever server is there: the same request under the same key. */
  const ask = async (path: string, body: unknown): Promise<number> => {
    const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
    for (;;) {
      try {
        const reply = await fetch(served.url + path, { method: "POST", headers, body: JSON.stringify(body) });
        await reply.arrayBuffer();
        if (![429, 500, 503].includes(reply.status)) return reply.status;
      } catch {
        // The server is gone: with the change in it, or without.
      }
      await delay(20);
    }
  };
  try {
    expect(await ask("/namespaces", { namespace: ["a"] })).toBe(200);
    for (const name of ["t", "u"]) expect(await ask("/namespaces/a/tables", { name, schema: SCHEMA })).toBe(200);
    const random = seededRandom(7);
    const killing = (async () => {
      for (let count = 0; count < KILLS; count += 1) {
        await delay(10 + Math.floor(random.next() * 40));
        await kill(served);
        served = await serve(folder);
        if (state.isOver) return;
      }
    })();
    for (let count = 0; count < COMMITS; count += 1) {
      const change = (name: string) => ({
        identifier: { namespace: ["a"], name },
        updates: [{ action: "set-properties", updates: { [`p${count}`]: "1" } }],
      });
      expect(await ask("/transactions/commit", { "table-changes": [change("t"), change("u")] })).toBe(204);
    }
    state.isOver = true;
    await killing;
    for (const name of ["t", "u"]) {
      const reply = await fetch(`${served.url}/namespaces/a/tables/${name}`);
      const { metadata, "metadata-location": location } = (await reply.json()) as {
        readonly metadata: { readonly properties: Record<string, string>; readonly "metadata-log": readonly unknown[] };
        readonly "metadata-location": string;
      };
      expect(Object.keys(metadata.properties).filter((key) => /^p\d+$/.test(key))).toHaveLength(COMMITS);
      expect(metadata["metadata-log"]).toHaveLength(COMMITS); // One version a commit: none was made twice.
      expect(location).toContain(`/${String(COMMITS).padStart(5, "0")}-`);
      const files = await readdir(join(folder, "warehouse", "a", name, "metadata"));
      expect(files.length).toBeGreaterThan(COMMITS); // What a killed commit left is an orphan, and no more.
    }
  } finally {
    await kill(served);
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
