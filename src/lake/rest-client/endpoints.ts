import type { Namespace, TableIdentifier } from "../catalog/identifier.ts";
import { LakeUnsupportedError } from "../errors.ts";

/** What a server serves where it does not say: the protocol's first version. */
const ASSUMED: readonly string[] = [
  "GET /v1/{prefix}/namespaces",
  "POST /v1/{prefix}/namespaces",
  "GET /v1/{prefix}/namespaces/{namespace}",
  "DELETE /v1/{prefix}/namespaces/{namespace}",
  "POST /v1/{prefix}/namespaces/{namespace}/properties",
  "GET /v1/{prefix}/namespaces/{namespace}/tables",
  "POST /v1/{prefix}/namespaces/{namespace}/tables",
  "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
  "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}",
  "DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}",
  "POST /v1/{prefix}/namespaces/{namespace}/register",
  "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics",
  "POST /v1/{prefix}/tables/rename",
  "POST /v1/{prefix}/transactions/commit",
];

/** Which requests a server understands, and how their paths are spelled. */
export class Endpoints {
  readonly #advertised: ReadonlySet<string>;
  readonly #prefix: string;
  readonly #separator: string;

  /** @param namespaceSeparator percent-encoded, as the server's config has it; default U+001F */
  constructor(advertised: readonly string[] | undefined, prefix: string, namespaceSeparator = "%1F") {
    this.#advertised = new Set(advertised ?? ASSUMED);
    this.#prefix = prefix === "" ? "" : `/${prefix.split("/").map(encodeURIComponent).join("/")}`;
    this.#separator = namespaceSeparator;
  }

  /** @param endpoint as in `POST /v1/{prefix}/transactions/commit`, without `/v1/{prefix}` */
  has(method: string, path: string): boolean {
    return this.#advertised.has(`${method} /v1/{prefix}${path}`);
  }

  /** @throws {LakeUnsupportedError} */
  need(method: string, path: string, what: string): void {
    if (this.has(method, path)) return;
    throw new LakeUnsupportedError(
      `Cannot ${what}: the catalog's server does not serve ${method} ${path}. Nothing was changed`,
    );
  }

  path(rest: string): string {
    return `/v1${this.#prefix}${rest}`;
  }

  /** Percent-encoded; also the value of the query's `parent`. */
  namespace(namespace: Namespace): string {
    return namespace.map(encodeURIComponent).join(this.#separator);
  }

  inNamespace(namespace: Namespace, rest = ""): string {
    return this.path(`/namespaces/${this.namespace(namespace)}${rest}`);
  }

  table({ namespace, name }: TableIdentifier, rest = ""): string {
    return this.inNamespace(namespace, `/tables/${encodeURIComponent(name)}${rest}`);
  }

  view({ namespace, name }: TableIdentifier): string {
    return this.inNamespace(namespace, `/views/${encodeURIComponent(name)}`);
  }
}
