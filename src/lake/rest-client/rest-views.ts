import { identifierText, type Namespace, type TableIdentifier } from "../catalog/identifier.ts";
import type { LoadedView, ViewCommit } from "../catalog/view-catalog.ts";
import { type JsonObject, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import {
  CommitConflictError,
  LakeExistsError,
  LakeNotFoundError,
  NamespaceNotFoundError,
  ViewNotFoundError,
} from "../errors.ts";
import { viewFromJson, viewJson } from "../metadata/view-json.ts";
import type { ViewMetadata } from "../metadata/view-metadata.ts";
import { viewRequirementJson, viewUpdateJson } from "../metadata/view-update-json.ts";
import type { Endpoints } from "./endpoints.ts";
import { dropEntry, identifierJson, listNames, renameEntry } from "./rest-names.ts";
import { describeRefusal } from "./rest-refusal.ts";
import { type RestAnswer, type RestTransport, unknownOutcome } from "./rest-transport.ts";

interface RestViewsOptions {
  readonly transport: RestTransport;
  readonly endpoints: Endpoints;
}

const VIEWS = "/namespaces/{namespace}/views";

/** The views of a REST catalog, where its server has any. */
export class RestViews {
  readonly #options: RestViewsOptions;

  constructor(options: RestViewsOptions) {
    this.#options = options;
  }

  async list(namespace: Namespace): Promise<readonly TableIdentifier[]> {
    if (!this.#options.endpoints.has("GET", VIEWS)) return [];
    return listNames(this.#options, namespace, "views");
  }

  async load(identifier: TableIdentifier): Promise<LoadedView | undefined> {
    const { transport, endpoints } = this.#options;
    if (!endpoints.has("GET", `${VIEWS}/{view}`)) return undefined;
    const what = `load view ${identifierText(identifier)}`;
    const answer = await transport.send({ method: "GET", path: endpoints.view(identifier), what, answers: [404] });
    return answer.refusal === undefined ? read(identifier, answer) : undefined;
  }

  create(identifier: TableIdentifier, metadata: ViewMetadata): Promise<LoadedView> {
    const { schemas, versions } = viewJson(metadata);
    const version = memberById(versions, "version-id", metadata.currentVersionId);
    return this.#make(identifier, "/views", {
      name: identifier.name,
      ...(metadata.location === "" ? {} : { location: metadata.location }),
      schema: memberById(schemas, "schema-id", Number(version?.["schema-id"])),
      "view-version": version,
      properties: metadata.properties,
    });
  }

  register(identifier: TableIdentifier, metadataLocation: string): Promise<LoadedView> {
    const body = { name: identifier.name, "metadata-location": metadataLocation };
    return this.#make(identifier, "/register-view", body);
  }

  async #make(identifier: TableIdentifier, rest: "/views" | "/register-view", body: JsonObject): Promise<LoadedView> {
    const { transport, endpoints } = this.#options;
    const name = identifierText(identifier);
    const what = `create view ${name}`;
    endpoints.need("POST", `/namespaces/{namespace}${rest}`, what);
    const path = endpoints.inNamespace(identifier.namespace, rest);
    const isRegistering = rest === "/register-view";
    const answers = isRegistering ? [400, 404, 409] : [404, 409];
    const answer = await transport.send({ method: "POST", path, body, what, answers });
    const { refusal } = answer;
    if (refusal === undefined) return read(identifier, answer);
    if (refusal.status === 409 && answer.isAmbiguous) throw unknownOutcome(what, describeRefusal(refusal));
    if (refusal.status === 409)
      throw new LakeExistsError(refusal.message || `View already exists: ${name}. Nothing was changed`);
    if (!isRegistering || refusal.type.startsWith("NoSuchNamespace"))
      throw new NamespaceNotFoundError(identifier.namespace);
    throw new LakeNotFoundError(`Cannot register view ${name}: ${describeRefusal(refusal)}. Nothing was changed`);
  }

  async replace({ base, requirements, updates }: ViewCommit): Promise<LoadedView> {
    const { transport, endpoints } = this.#options;
    const { identifier } = base;
    const name = identifierText(identifier);
    const what = `replace view ${name}`;
    endpoints.need("POST", `${VIEWS}/{view}`, what);
    const answer = await transport.send({
      method: "POST",
      path: endpoints.view(identifier),
      body: {
        identifier: identifierJson(identifier),
        requirements: requirements.map(viewRequirementJson),
        updates: updates.map(viewUpdateJson),
      },
      what,
      answers: [404, 409],
    });
    const { refusal } = answer;
    if (refusal === undefined) return read(identifier, answer);
    if (answer.isAmbiguous) throw unknownOutcome(what, describeRefusal(refusal));
    if (refusal.status === 404) throw new ViewNotFoundError(name);
    throw new CommitConflictError(`Cannot replace view ${name}: ${describeRefusal(refusal)}. Nothing was changed`);
  }

  rename(from: TableIdentifier, to: TableIdentifier): Promise<void> {
    this.#options.endpoints.need("POST", "/views/rename", `rename view ${identifierText(from)}`);
    return renameEntry(this.#options, { from, to, kind: "views" }, (name) => new ViewNotFoundError(name));
  }

  async drop(identifier: TableIdentifier): Promise<boolean> {
    const { endpoints } = this.#options;
    if (!endpoints.has("DELETE", `${VIEWS}/{view}`)) return false;
    return dropEntry(this.#options, endpoints.view(identifier), `drop view ${identifierText(identifier)}`);
  }
}

function read(identifier: TableIdentifier, { text }: RestAnswer): LoadedView {
  const reader = new JsonReader(parseJson(text), `view ${identifierText(identifier)}`);
  const metadata = viewFromJson(reader.raw("metadata") ?? null);
  return { identifier, metadata, metadataLocation: reader.optionalText("metadata-location") ?? "" };
}

function memberById(all: unknown, name: string, id: number): JsonObject | undefined {
  return Array.isArray(all) ? (all as readonly JsonObject[]).find((each) => each[name] === id) : undefined;
}
