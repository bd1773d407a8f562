import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";

/** A real PostgreSQL server of a test's own, in a temporary folder, on 127.0.0.1. Nothing of it outlives the test. */
export interface TestPostgres extends AsyncDisposable {
  /** Of the database `postgres`. */
  readonly url: string;
  /** Makes an empty database; its URL. */
  createDatabase(): Promise<string>;
  /** Ends every connection but none of the data, as a failing network or a fail-over would. */
  dropConnections(): Promise<void>;
}

const BINARIES = ["/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin"];
const START_MS_MAX = 60_000;

/** Why no PostgreSQL can be started here, for `test.skipIf`; undefined where one can. */
export const postgresProblem: string | undefined = problem();

/**
 * Starts a PostgreSQL server: a second or two.
 *
 * @throws {Error} where {@link postgresProblem} says so, or the server does not start; with what it said
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const binaries = binariesFolder();
  if (postgresProblem !== undefined || binaries === undefined) throw new Error(postgresProblem);
  const folder = await mkdtemp(join(tmpdir(), "k2-postgres-"));
  try {
    const user = unprivilegedUser();
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    const data = join(folder, "data");
    const initialise = ["--pgdata", data, "--username", "k2", "--auth", "trust", "--encoding", "UTF8", "--no-sync"];
    await promisify(execFile)(join(binaries, "initdb"), [...initialise, "--locale", "C"], { ...user, cwd: folder });
    return await startServer(binaries, folder, data);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startServer(binaries: string, folder: string, data: string): Promise<TestPostgres> {
  const port = await freePort();
  const fast = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=60"];
  const place = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${folder}`];
  const server = spawn(
    join(binaries, "postgres"),
    ["-D", data, ...[...fast, ...place].flatMap((setting) => ["-c", setting])],
    { ...unprivilegedUser(), cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  server.stderr?.on("data", (text) => {
    said = `${said}${text}`.slice(-4000);
  });
  const stopAtExit = () => server.kill("SIGQUIT");
  process.once("exit", stopAtExit);
  const stop = async () => {
    process.removeListener("exit", stopAtExit);
    await stopServer(server);
    await rm(folder, { recursive: true, force: true });
  };
  const urlOf = (database: string) => `postgres://k2@127.0.0.1:${port}/${database}`;
  try {
    await waitUntilReady(server, data);
  } catch (cause) {
    await stop();
    throw new Error(`PostgreSQL did not start on port ${port}: ${said}`, { cause });
  }
  let databases = 0;
  return {
    url: urlOf("postgres"),
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await ask(urlOf("postgres"), `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    async dropConnections() {
      await ask(
        urlOf("postgres"),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
      );
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** The last line of postmaster.pid says "ready" once connections are taken. */
async function waitUntilReady(server: ChildProcess, data: string): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`it ended with exit code ${server.exitCode}`);
    const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    if (lines[7]?.trim() === "ready") return;
    await delay(20);
  }
  throw new Error(`it was not ready within ${START_MS_MAX} ms`);
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGINT"); // Ends the connections, then the server.
  await ended;
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function problem(): string | undefined {
  if (binariesFolder() === undefined) {
    return `PostgreSQL is not installed: none of ${BINARIES.join(", ")} holds initdb and postgres`;
  }
  if (process.getuid?.() === 0 && unprivilegedUser() === undefined) {
    return "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as";
  }
  return undefined;
}

function binariesFolder(): string | undefined {
  return BINARIES.find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
}

/** Whom to run as; undefined where we are not root, or there is nobody. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0 || !existsSync("/etc/passwd")) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
