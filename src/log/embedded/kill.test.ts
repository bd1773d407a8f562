import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/index.ts";
import { openEmbeddedLog } from "./embedded-log.ts";
import { makeTestFolder, position, readTexts } from "./test-support.ts";

const WRITER = fileURLToPath(new URL("./kill-writer.program.ts", import.meta.url));
const ROUNDS = 20;

/** Runs the writer, kills it a while after its first acknowledgement, and returns the last one it gave; -1 for none. */
async function runAndKill(folder: string, afterMs: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [WRITER, folder], { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  const complaints: Buffer[] = [];
  child.stderr?.on("data", (bytes: Buffer) => complaints.push(bytes));
  let acknowledged = -1;
  let timer: NodeJS.Timeout | undefined;
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== "") acknowledged = Math.max(acknowledged, Number(line));
      timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
    }
  }
  clearTimeout(timer);
  const [, signal] = await exit;
  expect(signal, Buffer.concat(complaints).toString()).toBe("SIGKILL");
  return acknowledged;
}

test(`a writer killed ${ROUNDS} times loses nothing it acknowledged, and leaves no half appends`, async () => {
  await using folder = await makeTestFolder();
  const random = seededRandom(20_260);
  let checked = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const acknowledged = await runAndKill(folder.path, random.int(80));
    await using log = await openEmbeddedLog({ folder: folder.path });
    const [first, second] = await log.bounds("raw.numbers");
    expect(first?.endOffset).toBeGreaterThan(acknowledged);
    expect(second?.endOffset).toBe(first?.endOffset);
    expect(await log.progress("numbers")).toEqual([position("raw.numbers", 0, first?.endOffset ?? -1)]);
    const from = round === ROUNDS - 1 ? 0 : checked;
    for (const partition of [0, 1]) {
      const texts = await readTexts(log, position("raw.numbers", partition, from));
      expect(texts.length).toBe((first?.endOffset ?? 0) - from);
      for (const [index, text] of texts.entries()) {
        const number = from + index;
        if (text !== `${number} `.padEnd(20 + ((number * 7_919) % 900), "·"))
          throw new Error(`record ${number} is ${text}`);
      }
    }
    checked = first?.endOffset ?? 0;
  }
  expect(checked).toBeGreaterThan(ROUNDS);
});
