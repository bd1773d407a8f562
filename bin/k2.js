#!/usr/bin/env node
// Plain JavaScript that any Node since 12 understands: it finds a Node new enough for K2, then hands over.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import { findNode, isNewEnough } from "../scripts/find-node.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = `${root}src/cli/main.ts`;
const fromSource = existsSync(source); // A published package has no sources.

if (isNewEnough(process.versions.node, fromSource)) {
  // A running statement of DuckDB holds one of these threads, and the log's syncs must not wait for it.
  if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = "12";
  // Or the room for new objects grows to 48 MB while modules load, and never shrinks.
  v8.setFlagsFromString("--semi-space-growth-factor=1");
  const { directory } = module.enableCompileCache();
  if (!process.env.NODE_COMPILE_CACHE && directory) process.env.NODE_COMPILE_CACHE = directory; // For worker threads, too.
  await import(fromSource ? source : `${root}dist/cli/main.js`);
} else {
  const node = findNode(root, fromSource);
  if (node === undefined) {
    console.error(
      `K2 needs Node 22.22 or newer, and this is ${process.versions.node}.\n` +
        "In a clone of the repository, run `npm start` or `npm ci` first: it brings its own Node 24.\n" +
        "Elsewhere, install Node 24 (https://nodejs.org) and try again.",
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
}
