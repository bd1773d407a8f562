import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answers, Background } from "./background.ts";
import type { TextRows } from "./everything.ts";
import { freePort } from "./free-port.ts";

const START_MS_MAX = 150_000;
const STATEMENT_MS_MAX = 120_000;
/** Trino serves before it takes statements; tried again until then. */
const STARTED = "SERVER STARTED";

interface StatementAnswer {
  readonly data?: TextRows;
  readonly nextUri?: string;
  readonly error?: { readonly message: string; readonly failureInfo?: FailureInfo };
}

interface FailureInfo {
  readonly message?: string;
  readonly cause?: FailureInfo;
}

function* causes(failure: FailureInfo | undefined): Generator<string> {
  for (let each = failure; each !== undefined; each = each.cause) yield each.message ?? "";
}

/** Trino of one node, with one Iceberg catalog, `lake`, through REST. */
export class Trino implements AsyncDisposable {
  readonly #background: Background;
  readonly #uri: string;

  private constructor(background: Background, uri: string) {
    this.#background = background;
    this.#uri = uri;
  }

  /**
   * @param options.java an executable, new enough for this Trino
   * @param options.home of Trino
   * @param options.folder for its settings and data
   * @param options.catalogUri such that `<catalogUri>/v1/config` answers
   */
  static async start({ java, home, folder, catalogUri }: TrinoOptions): Promise<Trino> {
    const port = await freePort();
    const uri = `http://127.0.0.1:${port}`;
    const place = join(folder, "trino");
    for (const name of ["catalog", "plugin", "data"]) await mkdir(join(place, name), { recursive: true });
    await symlink(join(home, "plugin", "iceberg"), join(place, "plugin", "iceberg"));
    await writeSettings(join(place, "config.properties"), {
      coordinator: "true",
      "node-scheduler.include-coordinator": "true",
      "http-server.http.port": String(port),
      "discovery.uri": uri,
      "query.max-memory": "512MB",
      "query.max-memory-per-node": "256MB",
      "memory.heap-headroom-per-node": "200MB",
      "node.environment": "k2",
    });
    await writeSettings(join(place, "catalog", "lake.properties"), {
      "connector.name": "iceberg",
      "iceberg.catalog.type": "rest",
      "iceberg.rest-catalog.uri": catalogUri,
      "iceberg.rest-catalog.view-endpoints-enabled": "true",
      "fs.native-local.enabled": "true",
      "local.location": "/",
    });
    const args = [
      "-Xmx1200m",
      "--sun-misc-unsafe-memory-access=allow",
      "--enable-native-access=ALL-UNNAMED",
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
      "-Djdk.attach.allowAttachSelf=true",
      "-Dfile.encoding=UTF-8",
      "-Duser.timezone=UTC",
      `-Dconfig=${join(place, "config.properties")}`,
      `-Dcatalog.config-dir=${join(place, "catalog")}`,
      `-Dplugin.dir=${join(place, "plugin")}`,
      `-Dnode.data-dir=${join(place, "data")}`,
      "-Dnode.id=k2",
      "-cp",
      join(home, "lib", "*"),
      "io.trino.server.TrinoServer",
    ];
    const background = await Background.start(java, args, {
      cwd: place,
      startMsMax: START_MS_MAX,
      ready: async (output) => output.includes(STARTED) && (await answers(`${uri}/v1/info`)),
    });
    return new Trino(background, uri);
  }

  /** @throws {Error} with Trino's message */
  async sql(statement: string): Promise<TextRows> {
    const signal = AbortSignal.timeout(STATEMENT_MS_MAX);
    const headers = { "X-Trino-User": "k2", "X-Trino-Time-Zone": "UTC", "X-Trino-Catalog": "lake" };
    let answer = await read(fetch(`${this.#uri}/v1/statement`, { method: "POST", body: statement, headers, signal }));
    const rows: (readonly (string | null)[])[] = [];
    while (true) {
      if (answer.error !== undefined) {
        const { message, failureInfo } = answer.error;
        throw new Error([message, ...causes(failureInfo?.cause), statement.slice(0, 300)].join("\n"));
      }
      rows.push(...(answer.data ?? []));
      if (answer.nextUri === undefined) return rows;
      answer = await read(fetch(answer.nextUri, { headers, signal }));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#background[Symbol.asyncDispose]();
  }
}

export interface TrinoOptions {
  readonly java: string;
  readonly home: string;
  readonly folder: string;
  readonly catalogUri: string;
}

async function read(asked: Promise<Response>): Promise<StatementAnswer> {
  const response = await asked;
  if (!response.ok) throw new Error(`Trino answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return (await response.json()) as StatementAnswer;
}

async function writeSettings(path: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(
    path,
    Object.entries(settings).map(([name, value]) => `${name}=${value}\n`),
  );
}
