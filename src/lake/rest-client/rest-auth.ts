import { type Abortable, type Clock, describeError } from "../../base/index.ts";
import { parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { CatalogRefusedError, CatalogUnavailableError } from "../errors.ts";
import type { HttpClient } from "../io/http/http-client.ts";
import type { RestCatalogConfig } from "./rest-config.ts";

/** Gives each request its `authorization`. */
export interface RestAuth {
  headers(options?: Abortable): Promise<Readonly<Record<string, string>>>;
  /** The server called the token invalid. @returns whether another may be had */
  renew(): boolean;
}

export interface AuthTools {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** Bearer token, client credentials, or nothing: what `config` has, in this order. */
export function restAuth(config: RestCatalogConfig, tools: AuthTools): RestAuth {
  const { token, credential } = config;
  if (token !== undefined) return { headers: async () => bearer(token), renew: () => false };
  if (credential !== undefined) return new ClientCredentials(config, credential, tools);
  return { headers: async () => ({}), renew: () => false };
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

interface Token {
  readonly text: string;
  /** By the monotonic clock; a tenth of its life before it ends. */
  readonly renewAtMs: number;
}

const TRIES_MAX = 3;
const LIFE_S_DEFAULT = 3_600;

/**
 * OAuth2's client credentials grant. Tokens are renewed before they end; who asks meanwhile shares one request.
 *
 * @see RFC 6749, section 4.4
 */
class ClientCredentials implements RestAuth {
  readonly #config: RestCatalogConfig;
  readonly #credential: string;
  readonly #tools: AuthTools;
  #token: Token | undefined;
  #asking: Promise<Token> | undefined;

  constructor(config: RestCatalogConfig, credential: string, tools: AuthTools) {
    this.#config = config;
    this.#credential = credential;
    this.#tools = tools;
  }

  async headers({ signal }: Abortable = {}): Promise<Readonly<Record<string, string>>> {
    signal?.throwIfAborted();
    const token = this.#token;
    if (token !== undefined && this.#tools.clock.monotonicMs() < token.renewAtMs) return bearer(token.text);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return bearer((await this.#asking).text);
  }

  renew(): boolean {
    this.#token = undefined;
    return true;
  }

  async #ask(): Promise<Token> {
    let seen: unknown;
    for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
      const answer = await this.#exchange().catch((error: unknown) => {
        if (error instanceof CatalogRefusedError) throw error;
        seen = error;
      });
      if (answer !== undefined) {
        this.#token = answer;
        return answer;
      }
    }
    throw new CatalogUnavailableError(
      `Cannot get a token from ${this.#url()}: ${describeError(seen)}. Nothing was asked of the catalog; try again later`,
      { cause: seen },
    );
  }

  async #exchange(): Promise<Token> {
    const { scope = "catalog", oauth2Parameters = {} } = this.#config;
    const colon = this.#credential.indexOf(":");
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      ...(colon < 0 ? {} : { client_id: this.#credential.slice(0, colon) }),
      client_secret: this.#credential.slice(colon + 1),
      scope,
      ...oauth2Parameters,
    });
    const { origin, pathname, search } = new URL(this.#url());
    const { status, bytes } = await this.#tools.http.send({
      method: "POST",
      origin,
      target: `${pathname}${search}`,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: Buffer.from(form.toString(), "utf8"),
    });
    const text = Buffer.from(bytes).toString("utf8");
    if (status >= 500 || status === 429) throw new Error(`it answered ${status} ${text.slice(0, 200)}`);
    if (status !== 200) {
      throw new CatalogRefusedError(
        `Cannot get a token from ${this.#url()}: it answered ${status} ${text.slice(0, 300)}. Correct credential, scope or oauth2ServerUri`,
      );
    }
    const reader = new JsonReader(parseJson(text), "token");
    const lifeS = reader.optionalInteger("expires_in") ?? LIFE_S_DEFAULT;
    return { text: reader.text("access_token"), renewAtMs: this.#tools.clock.monotonicMs() + lifeS * 900 };
  }

  #url(): string {
    return this.#config.oauth2ServerUri ?? `${this.#config.uri.replace(/\/+$/, "")}/v1/oauth/tokens`;
  }
}
