import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../engines.ts";
import { makeInteropFolder } from "../interop-folder.ts";
import { resolveClassPath } from "../maven.ts";

const POM = fileURLToPath(new URL("../referees/rck.xml", import.meta.url));
const DURATION_MS_MAX = 480_000;
const PACKAGE = "org.apache.iceberg.rest.";
/** The kit's two suites: tables and namespaces, views. */
export const RCK_CLASSES: readonly string[] = [
  "RESTCompatibilityKitCatalogTests",
  "RESTCompatibilityKitViewCatalogTests",
];

export interface RckOptions {
  /** Of the catalog, such that `<uri>/v1/config` answers. */
  readonly uri: string;
  /** Default "k2"; the kit itself would ask for one named "rck_warehouse". */
  readonly warehouse?: string;
  /** Suites without their package. Default: both. */
  readonly classes?: readonly string[];
  /** `Class#method`: only these. */
  readonly methods?: readonly string[];
  /** Further system properties, which are also properties of the catalog client. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface RckResult {
  readonly suite: string;
  readonly test: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Of a failure: what was expected and what was found, with the stack. */
  readonly detail: string;
}

/** The Java class path of the kit, and of the REST server that Iceberg tests it with. @throws {Error} without Java or Maven */
export function installRck(): Promise<string> {
  return resolveClassPath(POM);
}

/**
 * Runs Iceberg's REST Compatibility Kit against a catalog. The namespaces `ns`, `newdb` and a few others are the kit's own.
 *
 * @param classPath of {@link installRck}
 * @see https://github.com/apache/iceberg/tree/main/open-api#rest-compatibility-kit-rck
 */
export async function runRck(
  classPath: string,
  { uri, warehouse = "k2", classes = RCK_CLASSES, methods = [], properties = {} }: RckOptions,
): Promise<readonly RckResult[]> {
  await using folder = await makeInteropFolder();
  const settings: Record<string, string> = {
    "rck.local": "false",
    "rck.requires-namespace-create": "true",
    "org.slf4j.simpleLogger.defaultLogLevel": "error",
    uri,
    warehouse,
    ...properties,
  };
  const selected =
    methods.length > 0
      ? methods.flatMap((method) => ["--select-method", PACKAGE + method])
      : classes.flatMap((name) => ["--select-class", PACKAGE + name]);
  const args = [
    "-Xmx768m",
    ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
    "-cp",
    classPath,
    "org.junit.platform.console.ConsoleLauncher",
    "execute",
    "--disable-banner",
    "--disable-ansi-colors",
    "--details=none",
    "--include-engine=junit-jupiter",
    `--reports-dir=${folder.path}`,
    ...selected,
  ];
  let problem: unknown; // A failed test is an exit code of 1 too: the report tells one from the other.
  try {
    await runProgram("java", args, { durationMsMax: DURATION_MS_MAX });
  } catch (error) {
    problem = error;
  }
  const reports = (await readdir(folder.path)).filter((name) => name.endsWith(".xml"));
  const results = (
    await Promise.all(reports.map((name) => readFile(join(folder.path, name), "utf8").then(readReport)))
  ).flat();
  if (results.length === 0) throw problem ?? new Error("The kit has run no test");
  return results;
}

const TEST_CASE = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g;

function readReport(xml: string): readonly RckResult[] {
  return [...xml.matchAll(TEST_CASE)].map(([, name = "", suite = "", body = ""]) => {
    const [, element, detail = ""] = /<(failure|error|skipped)\b[^>]*?(?:\/>|>([\s\S]*?)<\/\1>)/.exec(body) ?? [];
    const outcome = element === undefined ? "passed" : element === "skipped" ? "skipped" : "failed";
    return { suite: suite.replace(PACKAGE, ""), test: unescapeXml(name), outcome, detail: readText(detail) };
  });
}

function readText(xml: string): string {
  return unescapeXml(xml.replaceAll(/<!\[CDATA\[|\]\]>/g, "")).trim();
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(/&(lt|gt|amp|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
