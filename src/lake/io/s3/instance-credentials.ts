import { readFile } from "node:fs/promises";
import { type Abortable, describeError } from "../../../base/index.ts";
import { StorageRefusedError, StorageUnavailableError } from "../../errors.ts";
import type { HttpClient, HttpResponse } from "../http/http-client.ts";
import { elementText } from "./s3-xml.ts";
import type { S3Credentials } from "./sigv4.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Keys given by a server: of a role that a token stands for, of a container, of a machine. */
export interface InstanceTools {
  readonly http: HttpClient;
  readonly environment: Environment;
}

/**
 * The role of `AWS_ROLE_ARN`, for the token in the file `AWS_WEB_IDENTITY_TOKEN_FILE`, as Kubernetes gives it to a pod.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function webIdentityCredentials(
  role: {
    readonly roleArn: string;
    readonly tokenFile: string;
    readonly region: string;
    readonly sessionName?: string | undefined;
  },
  { http, environment }: InstanceTools,
  options: Abortable = {},
): Promise<S3Credentials> {
  const token = (await readFile(role.tokenFile, "utf8")).trim();
  const endpoint = environment["AWS_ENDPOINT_URL_STS"] ?? `https://sts.${role.region}.amazonaws.com`;
  const form = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName ?? "k2",
    WebIdentityToken: token,
  });
  const response = await ask(
    http,
    {
      url: endpoint,
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    },
    options,
  );
  const xml = text(response);
  return credentials("the security token service", {
    AccessKeyId: elementText(xml, "AccessKeyId"),
    SecretAccessKey: elementText(xml, "SecretAccessKey"),
    Token: elementText(xml, "SessionToken"),
    Expiration: elementText(xml, "Expiration"),
  });
}

const CONTAINER_HOST = "http://169.254.170.2";

/**
 * Of the container that runs us (ECS, EKS Pod Identity).
 *
 * @returns undefined where the environment names no such server
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function containerCredentials(
  { http, environment }: InstanceTools,
  options: Abortable = {},
): Promise<S3Credentials | undefined> {
  const relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const url =
    relative === undefined ? environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] : `${CONTAINER_HOST}${relative}`;
  if (url === undefined) return undefined;
  const tokenFile = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token =
    tokenFile === undefined
      ? environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
      : (await readFile(tokenFile, "utf8")).trim();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: token };
  return credentials(
    "the container's server of credentials",
    JSON.parse(text(await ask(http, { url, method: "GET", headers }, options))),
  );
}

const MACHINE_HOST = "http://169.254.169.254";

/**
 * Of the machine's role (EC2), by version 2 of its metadata service.
 *
 * @returns undefined where there is no such service, or it is turned off
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
export async function machineCredentials(
  { http, environment }: InstanceTools,
  options: Abortable = {},
): Promise<S3Credentials | undefined> {
  if (environment["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined;
  const base = (environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? MACHINE_HOST).replace(/\/+$/, "");
  const askAt = async (path: string, method: string, headers: Record<string, string>): Promise<HttpResponse> =>
    ask(http, { url: `${base}${path}`, method, headers }, options);
  let token: string;
  try {
    token = text(await askAt("/latest/api/token", "PUT", { "x-aws-ec2-metadata-token-ttl-seconds": "21600" }));
  } catch (error) {
    if (error instanceof StorageUnavailableError) return undefined; // No machine of Amazon's.
    throw error;
  }
  const headers = { "x-aws-ec2-metadata-token": token };
  const folder = "/latest/meta-data/iam/security-credentials/";
  const role =
    text(await askAt(folder, "GET", headers))
      .split("\n")[0]
      ?.trim() ?? "";
  return credentials(
    "the machine's metadata service",
    JSON.parse(text(await askAt(`${folder}${role}`, "GET", headers))),
  );
}

interface Question {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TRIES_MAX = 3;

async function ask(
  http: HttpClient,
  { url, method, headers, body }: Question,
  options: Abortable,
): Promise<HttpResponse> {
  const { origin, pathname, search } = new URL(url);
  let seen = "";
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    try {
      const response = await http.send(
        {
          method,
          origin,
          target: `${pathname}${search}`,
          headers,
          body: body === undefined ? undefined : Buffer.from(body),
        },
        options,
      );
      if (response.status === 200) return response;
      seen = `${response.status} ${text(response).slice(0, 300)}`;
      if (response.status < 500 && response.status !== 429)
        throw new StorageRefusedError(
          `Cannot get credentials from ${origin}${pathname}: it answered ${seen}. Correct the role or its token`,
        );
    } catch (error) {
      if (error instanceof StorageRefusedError || options.signal?.aborted) throw error;
      seen = describeError(error);
    }
  }
  throw new StorageUnavailableError(
    `Cannot get credentials from ${origin}${pathname}: ${seen}. Nothing was asked of the object store`,
  );
}

function text({ bytes }: HttpResponse): string {
  return Buffer.from(bytes).toString("utf8");
}

/** The JSON that containers, machines and `credential_process` give (the last with its own names). */
export function credentials(from: string, given: Readonly<Record<string, unknown>>): S3Credentials {
  const one = (...names: readonly string[]): string | undefined =>
    names.map((name) => given[name]).find((value): value is string => typeof value === "string" && value !== "");
  const [accessKeyId, secretAccessKey] = [one("AccessKeyId"), one("SecretAccessKey")];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new StorageRefusedError(`Cannot use what ${from} gave: it holds no AccessKeyId and SecretAccessKey`);
  const expires = one("Expiration");
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: one("Token", "SessionToken"),
    expiresMs: expires === undefined ? undefined : Date.parse(expires),
  };
}
