// `npm start`, `npm test` and the other scripts: installs what is missing, then runs the task with the repository's Node.
// Plain JavaScript that any Node since 12 understands, because it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "./find-node.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "node_modules", ".k2-installed");

const TASKS = {
  start: [["web"], ["k2", "up"]],
  dev: [["web"], ["node", "--watch-path=src", "--watch-preserve-output", "bin/k2.js", "up"]], // Starts anew when a source changes.
  web: [["web"]],
  build: [["web"], ["tsc", "-p", "tsconfig.build.json"]],
  test: [["web"], ["vitest", "run"]],
  coverage: [["vitest", "run", "--coverage"]],
  check: [
    ["tsc", "-p", "tsconfig.json"],
    ["tsc", "-p", "web/tsconfig.json"],
    ["biome", "check"],
    ["knip"],
    ["node", "scripts/public-api.ts", "--check"],
  ],
  bench: [["node", "bench/run.ts"]],
  interop: [["node", "test/interop/run.program.ts"]],
};

const [name, ...rest] = process.argv.slice(2);
const steps = TASKS[name];
if (steps === undefined) {
  console.error(`Unknown task ${name}. Tasks: ${Object.keys(TASKS).join(", ")}`);
  process.exit(2);
}
await ensureInstalled();
const node = findNode(root, true);
if (node === undefined) {
  console.error(
    `K2 develops on Node 24 or newer, this is ${process.versions.node}, and the package "node" was not installed (are install scripts disabled?)`,
  );
  process.exit(1);
}
for (const [index, step] of steps.entries()) await runStep(step, index === steps.length - 1 ? rest : []);

function runStep([command, ...args], more) {
  if (command === "web") return buildWeb();
  const program = command === "node" ? [] : [command === "k2" ? join(root, "bin/k2.js") : binary(command)];
  return run(node, [...program, ...args, ...more]);
}

async function ensureInstalled() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const installed = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (installed !== wanted) {
    console.error("Installing packages (once, about 10 seconds) …");
    const npm = process.env.npm_execpath;
    const [command, args] = npm === undefined ? ["npm", ["ci"]] : [process.execPath, [npm, "ci"]];
    await run(command, [...args, "--no-fund", "--no-audit", "--loglevel=error"]);
    writeFileSync(stampFile, wanted);
  }
  const link = join(root, "node_modules", ".bin", "k2");
  if (!existsSync(link) && process.platform !== "win32") symlinkSync("../../bin/k2.js", link); // For `npx k2`.
}

/** Builds the page when its sources are newer than the last build. */
async function buildWeb() {
  const built = join(root, "web", "dist", "index.html");
  const sources = ["web/src", "web/index.html", "web/vite.config.ts", "package-lock.json"].map((path) =>
    join(root, path),
  );
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources.map(newest))) return;
  console.error("Building the web page …");
  await run(node, [binary("vite"), "build", "--logLevel", "warn"], join(root, "web"));
}

function newest(path) {
  if (!existsSync(path)) return 0;
  const stats = statSync(path);
  return stats.isDirectory()
    ? Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
    : stats.mtimeMs;
}

/** The script behind a package's command, so that it runs under our Node whatever the PATH says. */
function binary(command) {
  return join(root, "node_modules", ".bin", command);
}

/** Runs to the end; a signal goes on to the child, so that it can stop cleanly, and a failure ends the task. */
function run(command, args, cwd = root) {
  const path = [join(root, "node_modules", "node", "bin"), process.env.PATH].join(delimiter);
  const child = spawn(command, args, { cwd, stdio: "inherit", env: { ...process.env, PATH: path } });
  const forward = (signal) => child.kill(signal);
  const ignore = () => {}; // Ctrl-C reaches the child from the terminal itself.
  process.on("SIGINT", ignore).on("SIGTERM", forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => {
      process.off("SIGINT", ignore).off("SIGTERM", forward);
      if (status !== 0) process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
      resolve();
    });
  });
}
