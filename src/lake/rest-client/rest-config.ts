/** How a catalog of the Iceberg REST protocol is reached. Secrets are a program's to pass on, from its environment. */
export interface RestCatalogConfig {
  /** Without `/v1`: `https://polaris.example/api/catalog`. */
  readonly uri: string;
  /** Which of the server's warehouses; default: its only one. */
  readonly warehouse?: string | undefined;
  /** A bearer token that lasts. */
  readonly token?: string | undefined;
  /** `client-id:client-secret`, to be exchanged for tokens. */
  readonly credential?: string | undefined;
  /** Default `catalog`. */
  readonly scope?: string | undefined;
  /** Where tokens are given; default: the catalog's own, `v1/oauth/tokens`. */
  readonly oauth2ServerUri?: string | undefined;
  /** Further form members of a token request, such as `audience` or `resource`. */
  readonly oauth2Parameters?: Readonly<Record<string, string>> | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Client properties, as the protocol merges them between the server's defaults and its overrides. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Ask for credentials of tables' files; default: where the lake has `storage`. */
  readonly vendedCredentials?: boolean | undefined;
  /** Tries of a request that may be sent again; default 5. */
  readonly attemptsMax?: number | undefined;
  readonly backoffFirstMs?: number | undefined;
  readonly silenceMsMax?: number | undefined;
}
