import type { PropertiesChange, PropertiesChanged } from "../catalog/catalog.ts";
import type { Namespace } from "../catalog/identifier.ts";
import { type Json, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { LakeCorruptError, LakeExistsError, NamespaceNotEmptyError, NamespaceNotFoundError } from "../errors.ts";
import type { Endpoints } from "./endpoints.ts";
import { readPages } from "./rest-pages.ts";
import { describeRefusal } from "./rest-refusal.ts";
import type { RestTransport } from "./rest-transport.ts";

/** The namespaces of a REST catalog. */
export class RestNamespaces {
  readonly #transport: RestTransport;
  readonly #endpoints: Endpoints;

  constructor(transport: RestTransport, endpoints: Endpoints) {
    this.#transport = transport;
    this.#endpoints = endpoints;
  }

  async list(parent: Namespace): Promise<readonly Namespace[]> {
    const query: Record<string, string> = parent.length === 0 ? {} : { parent: this.#endpoints.namespace(parent) };
    const found = await readPages(
      this.#transport,
      { method: "GET", path: this.#endpoints.path("/namespaces"), query, what: "list namespaces", answers: [404] },
      (page) => page.list("namespaces").map((each) => levels(each)),
    );
    if (!Array.isArray(found)) throw new NamespaceNotFoundError(parent);
    // A server that ignores `parent` would send who walks down the tree in circles.
    const below = (found as readonly Namespace[]).filter(
      (each) => each.length === parent.length + 1 && parent.every((level, index) => each[index] === level),
    );
    return below;
  }

  async load(namespace: Namespace): Promise<Readonly<Record<string, string>> | undefined> {
    const what = `load namespace ${namespace.join(".")}`;
    const path = this.#endpoints.inNamespace(namespace);
    const { refusal, text } = await this.#transport.send({ method: "GET", path, what, answers: [404] });
    return refusal === undefined ? new JsonReader(parseJson(text), "namespace").textMap("properties") : undefined;
  }

  async create(namespace: Namespace, properties: Readonly<Record<string, string>>): Promise<void> {
    const { refusal, isAmbiguous } = await this.#transport.send({
      method: "POST",
      path: this.#endpoints.path("/namespaces"),
      body: { namespace, properties },
      what: `create namespace ${namespace.join(".")}`,
      answers: [404, 409],
    });
    if (refusal?.status === 404) throw new NamespaceNotFoundError(namespace.slice(0, -1));
    if (refusal === undefined || isAmbiguous) return; // Ours, by an earlier try.
    throw new LakeExistsError(`Namespace already exists: ${namespace.join(".")}. Nothing was changed`);
  }

  /** Parents too, where the server wants them first. */
  async ensure(namespace: Namespace): Promise<void> {
    try {
      await this.create(namespace, {});
    } catch (error) {
      if (error instanceof LakeExistsError) return;
      if (!(error instanceof NamespaceNotFoundError) || namespace.length < 2) throw error;
      await this.ensure(namespace.slice(0, -1));
      await this.ensure(namespace);
    }
  }

  async update(namespace: Namespace, { removals, updates }: PropertiesChange): Promise<PropertiesChanged> {
    const { refusal, text } = await this.#transport.send({
      method: "POST",
      path: this.#endpoints.inNamespace(namespace, "/properties"),
      body: { removals, updates },
      what: `set properties of namespace ${namespace.join(".")}`,
      answers: [404],
    });
    if (refusal !== undefined) throw new NamespaceNotFoundError(namespace);
    const reader = new JsonReader(parseJson(text), "properties");
    return {
      removed: reader.optionalList("removed").map(String),
      updated: reader.optionalList("updated").map(String),
      missing: reader.optionalList("missing").map(String),
    };
  }

  async drop(namespace: Namespace): Promise<boolean> {
    const { refusal, isAmbiguous } = await this.#transport.send({
      method: "DELETE",
      path: this.#endpoints.inNamespace(namespace),
      what: `drop namespace ${namespace.join(".")}`,
      answers: [400, 404, 409],
    });
    if (refusal === undefined) return true;
    if (refusal.status === 404) return isAmbiguous;
    // Servers of 2023 answered 400 to what is 409 now.
    throw new NamespaceNotEmptyError(
      `Cannot drop namespace ${namespace.join(".")}: ${describeRefusal(refusal)}. Nothing was changed`,
    );
  }
}

function levels(json: Json): Namespace {
  if (Array.isArray(json) && json.every((level) => typeof level === "string")) return json as readonly string[];
  throw new LakeCorruptError("Cannot read the catalog's namespaces: one is no list of names");
}
