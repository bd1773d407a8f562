import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../base/index.ts";
import { StorageRefusedError, StorageUnavailableError } from "../../errors.ts";
import { HttpClient } from "../http/http-client.ts";
import { credentialChain, findRegion } from "./credential-chain.ts";
import { RefreshingCredentials } from "./credential-source.ts";
import { parseProfiles } from "./profile-files.ts";
import type { S3Credentials } from "./sigv4.ts";

interface Asked {
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A folder for AWS's files, and a server that answers as the metadata services do. */
class Bench implements AsyncDisposable {
  readonly folder: string;
  readonly asked: Asked[] = [];
  readonly url: string;
  readonly http = new HttpClient({ silenceMsMax: 500 });
  answer: (asked: Asked) => { readonly status?: number; readonly body: string } = () => ({ status: 404, body: "" });
  readonly #server: ReturnType<typeof createServer>;

  private constructor(folder: string, server: ReturnType<typeof createServer>) {
    this.folder = folder;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<Bench> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bench = new Bench(await mkdtemp(join(tmpdir(), "k2-aws-")), server);
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const asked = { text: `${request.method} ${request.url}`, headers: request.headers, body };
      bench.asked.push(asked);
      const answer = bench.answer(asked);
      response.writeHead(answer.status ?? 200).end(answer.body);
    });
    return bench;
  }

  async file(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  get(environment: Readonly<Record<string, string>>, profile?: string): Promise<S3Credentials> {
    const all = {
      AWS_CONFIG_FILE: join(this.folder, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(this.folder, "credentials"),
      AWS_EC2_METADATA_DISABLED: "true",
      ...environment,
    };
    return credentialChain({
      environment: all,
      profile,
      region: "eu-west-1",
      http: this.http,
      clock: systemClock,
    }).get();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http[Symbol.asyncDispose]();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}

test("the environment's keys come first", async () => {
  await using b = await Bench.open();
  await b.file("credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = f\n");
  const environment = { AWS_ACCESS_KEY_ID: "ENV", AWS_SECRET_ACCESS_KEY: "e", AWS_SESSION_TOKEN: "t" };
  expect(await b.get(environment)).toEqual({ accessKeyId: "ENV", secretAccessKey: "e", sessionToken: "t" });
  expect(await b.get({})).toMatchObject({ accessKeyId: "FILE", secretAccessKey: "f" });
});

test("a profile is found in either file, and its region too", async () => {
  await using b = await Bench.open();
  const config = await b.file(
    "config",
    "[profile lake]\nregion = ap-south-1\naws_access_key_id=C\naws_secret_access_key=c # note\n",
  );
  const credentials = await b.file(
    "credentials",
    "[lake]\naws_access_key_id = K\naws_secret_access_key = s/+=\n[other]\naws_access_key_id = O\naws_secret_access_key = o\n",
  );
  const files = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
  expect(await b.get({}, "lake")).toMatchObject({ accessKeyId: "K", secretAccessKey: "s/+=" });
  expect(await b.get({ AWS_PROFILE: "other" })).toMatchObject({ accessKeyId: "O" });
  expect(await findRegion(files, "lake")).toBe("ap-south-1");
  expect(await findRegion({ ...files, AWS_REGION: "us-west-2" }, "lake")).toBe("us-west-2");
  expect(await findRegion(files, undefined)).toBeUndefined();
  await expect(b.get({}, "nobody")).rejects.toThrow(/profile nobody/);
});

test("parseProfiles() passes comments, other sections and nested settings over", () => {
  const text =
    "# c\n[default]\nregion=a\ns3 =\n  max_concurrent = 3\n; x\n[sso-session corp]\nsso_region = z\n[profile two]\r\nRegion = b\r\n";
  expect(parseProfiles(text)).toEqual({ default: { region: "a", s3: "" }, two: { region: "b" } });
});

test("a profile's credential_process is run; one that needs SSO says what to do", async () => {
  await using b = await Bench.open();
  const script = await b.file(
    "give.sh",
    '#!/bin/sh\necho \'{"Version":1,"AccessKeyId":"P","SecretAccessKey":"p","SessionToken":"t","Expiration":"2030-01-01T00:00:00Z"}\'\n',
  );
  await chmod(script, 0o755);
  await b.file("config", `[default]\ncredential_process = ${script} --for "me"\n[profile corp]\nsso_session = corp\n`);
  expect(await b.get({})).toEqual({
    accessKeyId: "P",
    secretAccessKey: "p",
    sessionToken: "t",
    expiresMs: Date.UTC(2030, 0, 1),
  });
  await expect(b.get({}, "corp")).rejects.toThrow(
    /credential_process = aws configure export-credentials --profile corp/,
  );
});

test("a web identity token is exchanged for keys of its role", async () => {
  await using b = await Bench.open();
  const tokenFile = await b.file("token", "jwt.of.pod\n");
  b.answer = () => ({
    body: "<R><Credentials><AccessKeyId>W</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey><SessionToken>st</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></R>",
  });
  const environment = {
    AWS_ROLE_ARN: "arn:aws:iam::1:role/x",
    AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
    AWS_ENDPOINT_URL_STS: b.url,
  };
  expect(await b.get(environment)).toEqual({
    accessKeyId: "W",
    secretAccessKey: "a&b",
    sessionToken: "st",
    expiresMs: Date.UTC(2030, 0, 1),
  });
  const form = new URLSearchParams(b.asked[0]?.body);
  expect([form.get("Action"), form.get("RoleArn"), form.get("WebIdentityToken")]).toEqual([
    "AssumeRoleWithWebIdentity",
    "arn:aws:iam::1:role/x",
    "jwt.of.pod",
  ]);
  b.answer = () => ({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" });
  await expect(b.get(environment)).rejects.toBeInstanceOf(StorageRefusedError);
});

test("a container's server is asked with its token", async () => {
  await using b = await Bench.open();
  b.answer = () => ({
    body: '{"AccessKeyId":"C","SecretAccessKey":"c","Token":"t","Expiration":"2030-01-01T00:00:00Z"}',
  });
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${b.url}/creds?x=1`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "secret",
  };
  expect(await b.get(environment)).toMatchObject({ accessKeyId: "C", sessionToken: "t" });
  expect([b.asked[0]?.text, b.asked[0]?.headers["authorization"]]).toEqual(["GET /creds?x=1", "secret"]);
  b.answer = () => ({ status: 500, body: "" });
  await expect(b.get(environment)).rejects.toBeInstanceOf(StorageUnavailableError);
});

test("the machine's metadata service is asked by its version 2", async () => {
  await using b = await Bench.open();
  b.answer = ({ text, headers }) => {
    if (text === "PUT /latest/api/token") return { body: "imds-token" };
    if (headers["x-aws-ec2-metadata-token"] !== "imds-token") return { status: 401, body: "" };
    if (text.endsWith("/security-credentials/")) return { body: "lake-role\n" };
    return {
      body: '{"Code":"Success","AccessKeyId":"M","SecretAccessKey":"m","Token":"t","Expiration":"2030-01-01T00:00:00Z"}',
    };
  };
  const environment = { AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: b.url };
  expect(await b.get(environment)).toMatchObject({ accessKeyId: "M", secretAccessKey: "m", sessionToken: "t" });
  expect(b.asked.at(-1)?.text).toBe("GET /latest/meta-data/iam/security-credentials/lake-role");
});

test("where there are none, it is said where was looked", async () => {
  await using b = await Bench.open();
  await expect(b.get({})).rejects.toThrow(/AWS_ACCESS_KEY_ID.*config.*credentials.*container.*machine/);
});

test("keys are renewed before they end, once for all who ask, and the old ones serve while they are good", async () => {
  let [nowMs, asked] = [1_000_000, 0];
  let failing = false;
  const clock: Clock = { ...systemClock, nowNs: () => BigInt(nowMs) * 1_000_000n };
  const source = new RefreshingCredentials(async () => {
    asked += 1;
    if (failing) throw new Error("away");
    return { accessKeyId: `K${asked}`, secretAccessKey: "s", expiresMs: nowMs + 3_600_000 };
  }, clock);
  const all = await Promise.all(Array.from({ length: 5 }, () => source.get()));
  expect([asked, new Set(all.map(({ accessKeyId }) => accessKeyId)).size]).toEqual([1, 1]);
  nowMs += 3_000_000;
  expect([(await source.get()).accessKeyId, asked]).toEqual(["K1", 1]);
  nowMs += 400_000; // Under five minutes are left.
  failing = true;
  expect([(await source.get()).accessKeyId, asked]).toEqual(["K1", 2]);
  failing = false;
  expect((await source.get()).accessKeyId).toBe("K3");
  nowMs += 4_000_000;
  failing = true;
  await expect(source.get()).rejects.toThrow("away");
});
