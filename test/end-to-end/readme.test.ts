import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "./harness.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(`${root}/README.md`, "utf8");
/** Every line of every ```sh block: what a newcomer copies once K2 runs. */
const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.trim().split("\n"));
const run = promisify(execFile);

/** What must stand in the answer of a command, by a word of the command. */
const EXPECTED: readonly (readonly [command: string, answer: RegExp])[] = [
  ["k2 status", /SIMULATED market, ready[\s\S]*binance\/0 +live/],
  ["k2 tables", /silver\.trades/],
  ["GROUP BY ALL", /binance +BTC-USDT-SPOT +\d+ +\d+/],
  ["FROM bars", /BTC-USDT-SPOT|ETH|SOL|XRP|DOGE|PICO/],
  ["--format csv", /^venue,symbol,raw_symbol,trade_id,price/],
  ["k2 verify", /ok {4}silver\.trades is what the frames say/],
  ["k2 lake tables", /silver\.trades/],
  ["/v1/trades", /"rows":\[\{"venue":"binance","symbol":"BTC-USDT-SPOT"/],
  ["/v1/bars", /^venue,symbol,rawSymbol,interval,start,open/],
  ["/v1/instruments", /"symbol":"BTC-USDT-SPOT"/],
  ["/v1/health", /"mode":"simulated"/],
  ["/readyz", /^ok/],
  ["/metrics", /k2_feed_frames_total/],
  ["/openapi.json", /"openapi":"3\.1\.0"/],
];

describe("the README's commands, copied and pasted", () => {
  const folder = temporaryFolder();
  let port = 0;
  let k2: ChildProcess;
  let output = "";

  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    K2_DATA: folder.path,
    K2_HTTP_PORT: String(port),
    K2_SIMULATION_TRADES_PER_SECOND: "300",
  });

  beforeAll(async () => {
    port = await freePort();
    k2 = spawn(process.execPath, ["bin/k2.js", "up"], {
      cwd: root,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    k2.stdout?.on("data", (text) => (output += text));
    k2.stderr?.on("data", (text) => (output += text));
    const closedBars = `http://127.0.0.1:${port}/v1/bars?interval=1s&open=false&symbol=BTC-USDT-SPOT`;
    while (!(await answer(closedBars)).includes('"complete":true'))
      await new Promise((resolve) => setTimeout(resolve, 200));
  });

  afterAll(async () => {
    k2.kill("SIGTERM");
    await new Promise((resolve) => k2.once("exit", resolve));
    folder.remove();
  });

  test("K2 says at once what runs and where to look", () => {
    expect(output).toContain("SIMULATED MARKET");
    expect(output).toContain(`http://127.0.0.1:${port}`);
  });

  test("every command is expected to answer something", () => {
    expect(commands.filter((command) => !EXPECTED.some(([word]) => command.includes(word)))).toEqual([]);
    expect(commands.length).toBeGreaterThanOrEqual(EXPECTED.length);
  });

  test.each(commands)("%s", async (command) => {
    const { stdout } = await run("bash", ["-c", command.replaceAll("8420", String(port))], {
      cwd: root,
      env: environment(),
      maxBuffer: 50_000_000,
    });
    for (const [word, expected] of EXPECTED) if (command.includes(word)) expect(stdout).toMatch(expected);
  });

  test("k2 --help teaches, and a wrong command says what there is", async () => {
    const { stdout } = await run(process.execPath, ["bin/k2.js", "--help"], { cwd: root });
    for (const word of ["Examples:", "k2 up --live", "k2 verify"]) expect(stdout).toContain(word);
    await expect(run(process.execPath, ["bin/k2.js", "upp"], { cwd: root })).rejects.toThrow(/unknown command/);
  });
});

async function answer(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
