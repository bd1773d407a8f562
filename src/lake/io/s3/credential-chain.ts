import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Abortable, type Clock, describeError } from "../../../base/index.ts";
import { StorageRefusedError } from "../../errors.ts";
import type { HttpClient } from "../http/http-client.ts";
import { type CredentialSource, RefreshingCredentials } from "./credential-source.ts";
import {
  containerCredentials,
  credentials,
  type InstanceTools,
  machineCredentials,
  webIdentityCredentials,
} from "./instance-credentials.ts";
import { mergeProfiles, type Profiles, parseProfiles } from "./profile-files.ts";
import type { S3Credentials } from "./sigv4.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ChainOptions {
  readonly environment: Environment;
  /** Of the shared files; default `AWS_PROFILE`, then `default`. */
  readonly profile?: string | undefined;
  readonly region: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/**
 * Keys from where AWS's tools look, the first that has any: environment, a web identity token, the profile in the shared
 * files, the container's server, the machine's metadata service. Renewed before they end.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function credentialChain(options: ChainOptions): CredentialSource {
  return new RefreshingCredentials((abortable) => firstOf(options, abortable), options.clock);
}

async function firstOf(options: ChainOptions, abortable: Abortable = {}): Promise<S3Credentials> {
  const { environment, region } = options;
  const tools: InstanceTools = options;
  const named = options.profile ?? environment["AWS_PROFILE"];
  const fromEnvironment = options.profile === undefined ? environmentCredentials(environment) : undefined;
  if (fromEnvironment !== undefined) return fromEnvironment;
  const [roleArn, tokenFile] = [environment["AWS_ROLE_ARN"], environment["AWS_WEB_IDENTITY_TOKEN_FILE"]];
  if (roleArn !== undefined && tokenFile !== undefined && options.profile === undefined) {
    const sessionName = environment["AWS_ROLE_SESSION_NAME"];
    return webIdentityCredentials({ roleArn, tokenFile, region, sessionName }, tools, abortable);
  }
  const fromProfile = await profileCredentials(named ?? "default", options, abortable);
  if (fromProfile !== undefined) return fromProfile;
  if (named !== undefined)
    throw new StorageRefusedError(
      `Cannot find keys of profile ${named}: the files ${sharedFiles(environment).join(" and ")} have none`,
    );
  const given = (await containerCredentials(tools, abortable)) ?? (await machineCredentials(tools, abortable));
  if (given !== undefined) return given;
  throw new StorageRefusedError(
    "Cannot sign requests: there are no credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), " +
      `in ${sharedFiles(environment).join(" or ")}, from a container or from the machine. Set one of them`,
  );
}

function environmentCredentials(environment: Environment): S3Credentials | undefined {
  const [accessKeyId, secretAccessKey] = [environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: environment["AWS_SESSION_TOKEN"] || undefined };
}

function sharedFiles(environment: Environment): readonly [config: string, credentials: string] {
  const home = environment["HOME"] ?? environment["USERPROFILE"] ?? homedir();
  return [
    environment["AWS_CONFIG_FILE"] ?? join(home, ".aws", "config"),
    environment["AWS_SHARED_CREDENTIALS_FILE"] ?? join(home, ".aws", "credentials"),
  ];
}

async function readProfiles(environment: Environment): Promise<Profiles> {
  const [config, credentialsFile] = sharedFiles(environment);
  const read = async (path: string): Promise<Profiles> => {
    try {
      return parseProfiles(await readFile(path, "utf8"));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
      throw new StorageRefusedError(`Cannot read ${path}: ${describeError(error)}`, { cause: error });
    }
  };
  return mergeProfiles(await read(config), await read(credentialsFile));
}

async function profileCredentials(
  name: string,
  options: ChainOptions,
  abortable: Abortable,
): Promise<S3Credentials | undefined> {
  const profile = (await readProfiles(options.environment))[name];
  if (profile === undefined) return undefined;
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = profile;
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, sessionToken: profile["aws_session_token"] };
  const { role_arn: roleArn, web_identity_token_file: tokenFile, credential_process: command } = profile;
  if (roleArn !== undefined && tokenFile !== undefined) {
    const role = { roleArn, tokenFile, region: options.region, sessionName: profile["role_session_name"] };
    return webIdentityCredentials(role, options, abortable);
  }
  if (command !== undefined) return processCredentials(command, abortable);
  if (roleArn === undefined && profile["sso_session"] === undefined && profile["sso_start_url"] === undefined)
    return undefined;
  throw new StorageRefusedError(
    `Cannot use profile ${name}: it assumes a role by another profile or signs in by SSO, which K2 does not do. ` +
      "Let credential_process do it, for instance: credential_process = aws configure export-credentials --profile " +
      name,
  );
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
async function processCredentials(command: string, { signal }: Abortable): Promise<S3Credentials> {
  try {
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command], {
      timeout: 60_000,
      ...(signal === undefined ? {} : { signal }),
    });
    return credentials("credential_process", JSON.parse(stdout));
  } catch (error) {
    if (error instanceof StorageRefusedError || signal?.aborted) throw error;
    throw new StorageRefusedError(
      `Cannot get credentials from credential_process (${command.split(" ")[0]}): it failed`,
      { cause: error },
    );
  }
}

/** `AWS_REGION`, `AWS_DEFAULT_REGION`, or the profile's. */
export async function findRegion(environment: Environment, profile: string | undefined): Promise<string | undefined> {
  const named = environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"];
  if (named) return named;
  return (await readProfiles(environment))[profile ?? environment["AWS_PROFILE"] ?? "default"]?.["region"];
}
