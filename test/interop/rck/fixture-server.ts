import { join } from "node:path";
import { answers, Background } from "../background.ts";
import { freePort } from "../free-port.ts";

const START_MS_MAX = 60_000;

export interface FixtureServer extends AsyncDisposable {
  readonly uri: string;
}

/**
 * Iceberg's own REST catalog server, as its tests use it: over a JDBC catalog in SQLite.
 *
 * @param folder its catalog and its warehouse are made there
 */
export async function startFixtureServer(classPath: string, folder: string): Promise<FixtureServer> {
  const port = await freePort();
  const uri = `http://127.0.0.1:${port}/`;
  const background = await Background.start(
    "java",
    [
      "-Xmx512m",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      "-cp",
      classPath,
      "org.apache.iceberg.rest.RESTCatalogServer",
    ],
    {
      startMsMax: START_MS_MAX,
      environment: {
        CATALOG_REST_PORT: String(port),
        CATALOG_URI: `jdbc:sqlite:${join(folder, "fixture.sqlite")}`,
        CATALOG_WAREHOUSE: join(folder, "fixture-warehouse"),
      },
      ready: () => answers(`${uri}v1/config`),
    },
  );
  return { uri, [Symbol.asyncDispose]: () => background[Symbol.asyncDispose]() };
}
