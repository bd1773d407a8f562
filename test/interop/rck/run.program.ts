/**
 * Iceberg's REST Compatibility Kit against any REST catalog, by hand:
 *
 *     node test/interop/rck/run.program.ts --uri http://127.0.0.1:8080/catalog
 *       [--warehouse w] [--class RESTCompatibilityKitViewCatalogTests]
 *       [--method RESTCompatibilityKitCatalogTests#testCreateTable] [--set header.Authorization="Bearer …"]
 *     node test/interop/rck/run.program.ts --fixture       # against Iceberg's own server: proves the kit as it is run here
 *
 * One line a test; the exit code is 1 where one fails.
 */
import { parseArgs } from "node:util";
import { makeInteropFolder } from "../interop-folder.ts";
import { startFixtureServer } from "./fixture-server.ts";
import { installRck, type RckOptions, runRck } from "./rck.ts";

const DETAIL_CHARACTERS_MAX = 1_500;

const { values } = parseArgs({
  options: {
    uri: { type: "string" },
    fixture: { type: "boolean", default: false },
    warehouse: { type: "string" },
    class: { type: "string", multiple: true },
    method: { type: "string", multiple: true },
    set: { type: "string", multiple: true, default: [] },
  },
});

async function run(classPath: string, uri: string): Promise<void> {
  const options: RckOptions = {
    uri,
    properties: Object.fromEntries(values.set.map((text) => /^([^=]+)=(.*)$/s.exec(text)?.slice(1) ?? [text, ""])),
    ...(values.warehouse === undefined ? {} : { warehouse: values.warehouse }),
    ...(values.class === undefined ? {} : { classes: values.class }),
    ...(values.method === undefined ? {} : { methods: values.method }),
  };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { suite, test, outcome, detail } of await runRck(classPath, options)) {
    counts[outcome] += 1;
    console.log(`${outcome.padEnd(8)}${suite} ${test}`);
    if (outcome !== "passed") console.log(detail.slice(0, outcome === "failed" ? DETAIL_CHARACTERS_MAX : 160));
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

const classPath = await installRck();
if (values.fixture) {
  await using folder = await makeInteropFolder();
  await using server = await startFixtureServer(classPath, folder.path);
  await run(classPath, server.uri);
} else if (values.uri === undefined) {
  console.error("Name the catalog: --uri http://host:port/path, or --fixture");
  process.exitCode = 2;
} else {
  await run(classPath, values.uri);
}
