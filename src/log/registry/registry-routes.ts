import { describeError } from "../../base/index.ts";
import { isJsonObject } from "./avro-model.ts";
import { REGISTRY_ERROR_NUMBERS, SchemaRefusedError, SchemaRegistryError } from "./registry-errors.ts";
import type { SchemaRegistry, SubjectVersion, VersionName } from "./schema-registry.ts";

/** Of every answer. Bodies are JSON values, to be written with JSON.stringify whatever they are. */
export const REGISTRY_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

export interface RegistryRequest {
  /** Named parts of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
}

export interface RegistryResponse {
  readonly status: number;
  readonly body: unknown;
}

export interface RegistryRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With ":name" for the parts that vary. */
  readonly path: string;
  readonly summary: string;
  /** Always REGISTRY_CONTENT_TYPE. */
  readonly contentType: string;
  /** Never rejects: a refusal is an answer. */
  handle(request: RegistryRequest): Promise<RegistryResponse>;
}

/**
 * The REST interface of Confluent's schema registry, for any web server to mount.
 *
 * @param prefix before every path, such as "/registry"
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export function registryRoutes(registry: SchemaRegistry, prefix = ""): readonly RegistryRoute[] {
  const routes = [
    ...schemaRoutes(registry),
    ...subjectRoutes(registry),
    ...versionRoutes(registry),
    ...compatibilityRoutes(registry),
    ...configRoutes(registry),
    ...modeRoutes(registry),
  ];
  return routes.map((route) => ({ ...route, path: prefix + route.path }));
}

type Answer = (request: RegistryRequest) => Promise<unknown>;

function route(method: RegistryRoute["method"], path: string, summary: string, answer: Answer): RegistryRoute {
  return {
    method,
    path,
    summary,
    contentType: REGISTRY_CONTENT_TYPE,
    async handle(request) {
      try {
        return { status: 200, body: await answer(request) };
      } catch (error) {
        if (error instanceof SchemaRegistryError) {
          return { status: error.status, body: { error_code: error.errorNumber, message: error.message } };
        }
        return {
          status: 500,
          body: {
            error_code: REGISTRY_ERROR_NUMBERS.storage,
            message: `Error in the backend data store: ${describeError(error)}`,
          },
        };
      }
    },
  };
}

function schemaRoutes(registry: SchemaRegistry): readonly RegistryRoute[] {
  return [
    route("GET", "/", "Nothing, to see that the registry is there", async () => ({})),
    route("GET", "/schemas/types", "Schema types that can be registered", async () => ["AVRO"]),
    route("GET", "/schemas", "All schemas, with subject, version and id", async ({ query }) => {
      const schemas = await registry.schemas({ prefix: query["subjectPrefix"] ?? "", deleted: flag(query, "deleted") });
      return page(flag(query, "latestOnly") ? schemas.filter(isLatest) : schemas, query);
    }),
    route("GET", "/schemas/ids/:id", "The schema of an id", async ({ parameters }) => ({
      schema: await registry.schemaById(idOf(parameters)),
    })),
    route("GET", "/schemas/ids/:id/schema", "The schema of an id, alone", async ({ parameters }) =>
      JSON.parse(await registry.schemaById(idOf(parameters))),
    ),
    route("GET", "/schemas/ids/:id/subjects", "Subjects that use an id", async ({ parameters, query }) => {
      const uses = await registry.versionsById(idOf(parameters), { deleted: flag(query, "deleted") });
      return [...new Set(uses.map(({ subject }) => subject))];
    }),
    route("GET", "/schemas/ids/:id/versions", "Subjects and versions that use an id", async ({ parameters, query }) => {
      const uses = await registry.versionsById(idOf(parameters), { deleted: flag(query, "deleted") });
      return uses.map(({ subject, version }) => ({ subject, version }));
    }),
  ];
}

function subjectRoutes(registry: SchemaRegistry): readonly RegistryRoute[] {
  return [
    route("GET", "/subjects", "Subjects", async ({ query }) =>
      page(
        await registry.subjects({
          prefix: query["subjectPrefix"] ?? "",
          deleted: flag(query, "deleted"),
          deletedOnly: flag(query, "deletedOnly"),
        }),
        query,
      ),
    ),
    route(
      "POST",
      "/subjects/:subject",
      "Finds the version under which a subject has a schema",
      ({ parameters, query, body }) =>
        registry.lookup(subjectOf(parameters), schemaRequest(body).schema, { deleted: flag(query, "deleted") }),
    ),
    route("DELETE", "/subjects/:subject", "Deletes a subject; with permanent=true for good", ({ parameters, query }) =>
      registry.deleteSubject(subjectOf(parameters), { permanent: flag(query, "permanent") }),
    ),
  ];
}

function versionRoutes(registry: SchemaRegistry): readonly RegistryRoute[] {
  const versions = "/subjects/:subject/versions";
  const version = `${versions}/:version`;
  const find = ({ parameters, query }: RegistryRequest): Promise<SubjectVersion> =>
    registry.version(subjectOf(parameters), versionOf(parameters), { deleted: flag(query, "deleted") });
  return [
    route("GET", versions, "Versions of a subject", ({ parameters, query }) =>
      registry.versions(subjectOf(parameters), {
        deleted: flag(query, "deleted"),
        deletedOnly: flag(query, "deletedOnly"),
      }),
    ),
    route("POST", versions, "Registers a schema", async ({ parameters, body }) => {
      const { schema, ...options } = schemaRequest(body);
      const { id } = await registry.register(subjectOf(parameters), schema, options);
      return { id };
    }),
    route("GET", version, "A version of a subject", find),
    route("GET", `${version}/schema`, "The schema of a version, alone", async (request) =>
      JSON.parse((await find(request)).schema),
    ),
    route(
      "GET",
      `${version}/referencedby`,
      "Schemas that refer to a version: none, references are not taken",
      async (request) => {
        await find(request);
        return [];
      },
    ),
    route("DELETE", version, "Deletes a version; with permanent=true for good", ({ parameters, query }) =>
      registry.deleteVersion(subjectOf(parameters), versionOf(parameters), { permanent: flag(query, "permanent") }),
    ),
  ];
}

function compatibilityRoutes(registry: SchemaRegistry): readonly RegistryRoute[] {
  const check = async ({ parameters, query, body }: RegistryRequest, version?: VersionName): Promise<unknown> => {
    const problems = await registry.compatibilityProblems(subjectOf(parameters), schemaRequest(body).schema, version);
    return {
      is_compatible: problems.length === 0,
      ...(flag(query, "verbose") ? { messages: problems } : {}),
    };
  };
  const versions = "/compatibility/subjects/:subject/versions";
  return [
    route("POST", versions, "Whether a schema could be registered", (request) => check(request)),
    route("POST", `${versions}/:version`, "Whether a schema is compatible with one version", (request) =>
      check(request, versionOf(request.parameters)),
    ),
  ];
}

function configRoutes(registry: SchemaRegistry): readonly RegistryRoute[] {
  const level = (body: unknown): string =>
    textIn(body, "compatibility", REGISTRY_ERROR_NUMBERS.invalidCompatibilityLevel);
  return [
    route("GET", "/config", "The global compatibility level", async () => ({
      compatibilityLevel: await registry.level(),
    })),
    route("PUT", "/config", "Sets the global compatibility level", async ({ body }) => ({
      compatibility: await registry.setLevel(level(body)),
    })),
    route("DELETE", "/config", "Sets the global compatibility level back to BACKWARD", async () => ({
      compatibilityLevel: await registry.deleteLevel(),
    })),
    route("GET", "/config/:subject", "A subject's compatibility level", async ({ parameters, query }) => ({
      compatibilityLevel: await registry.level(subjectOf(parameters), { orGlobal: flag(query, "defaultToGlobal") }),
    })),
    route("PUT", "/config/:subject", "Sets a subject's compatibility level", async ({ parameters, body }) => ({
      compatibility: await registry.setLevel(level(body), subjectOf(parameters)),
    })),
    route(
      "DELETE",
      "/config/:subject",
      "Sets a subject back to the global compatibility level",
      async ({ parameters }) => ({
        compatibilityLevel: await registry.deleteLevel(subjectOf(parameters)),
      }),
    ),
  ];
}

function modeRoutes(registry: SchemaRegistry): readonly RegistryRoute[] {
  const mode = (body: unknown): string => textIn(body, "mode", REGISTRY_ERROR_NUMBERS.invalidMode);
  return [
    route("GET", "/mode", "The global mode", async () => ({ mode: await registry.mode() })),
    route("PUT", "/mode", "Sets the global mode", async ({ body, query }) => ({
      mode: await registry.setMode(mode(body), { force: flag(query, "force") }),
    })),
    route("DELETE", "/mode", "Sets the global mode back to READWRITE", async () => ({
      mode: await registry.deleteMode(),
    })),
    route("GET", "/mode/:subject", "A subject's mode", async ({ parameters, query }) => ({
      mode: await registry.mode(subjectOf(parameters), { orGlobal: flag(query, "defaultToGlobal") }),
    })),
    route("PUT", "/mode/:subject", "Sets a subject's mode", async ({ parameters, body, query }) => ({
      mode: await registry.setMode(mode(body), { subject: subjectOf(parameters), force: flag(query, "force") }),
    })),
    route("DELETE", "/mode/:subject", "Sets a subject back to the global mode", async ({ parameters }) => ({
      mode: await registry.deleteMode(subjectOf(parameters)),
    })),
  ];
}

function flag(query: RegistryRequest["query"], name: string): boolean {
  return query[name]?.toLowerCase() === "true";
}

function subjectOf(parameters: RegistryRequest["parameters"]): string {
  return parameters["subject"] ?? "";
}

function idOf(parameters: RegistryRequest["parameters"]): number {
  const id = Number(parameters["id"]);
  if (Number.isSafeInteger(id)) return id;
  throw new SchemaRefusedError(
    REGISTRY_ERROR_NUMBERS.invalidVersion,
    `${JSON.stringify(parameters["id"])} is not a schema id`,
  );
}

const VERSION_MAX = 2 ** 31 - 1;

/** "latest", "-1" (the same) or a number from 1. */
function versionOf(parameters: RegistryRequest["parameters"]): VersionName {
  const text = parameters["version"] ?? "";
  if (text.toLowerCase() === "latest" || text === "-1") return "latest";
  const version = Number(text);
  if (/^\d+$/.test(text) && version >= 1 && version <= VERSION_MAX) return version;
  throw new SchemaRefusedError(
    REGISTRY_ERROR_NUMBERS.invalidVersion,
    `The specified version '${text}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  );
}

interface SchemaRequest {
  readonly schema: string;
  readonly id?: number;
  readonly version?: number;
}

/** The body of every request that carries a schema. */
function schemaRequest(body: unknown): SchemaRequest {
  const schema = textIn(body, "schema", REGISTRY_ERROR_NUMBERS.invalidSchema);
  const { schemaType = "AVRO", references, id, version } = body as Readonly<Record<string, unknown>>;
  if (schemaType !== null && schemaType !== "AVRO") {
    throw refusedSchema(`Invalid schema type ${JSON.stringify(schemaType)}: this registry keeps AVRO schemas`);
  }
  if (Array.isArray(references) && references.length > 0) {
    throw refusedSchema("Schema references are not taken: write the types out where they are used");
  }
  return {
    schema,
    ...(wholeNumber(id) ? { id } : {}),
    ...(wholeNumber(version) ? { version } : {}),
  };
}

/** Clients send -1 or 0 for "none". */
function wholeNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= VERSION_MAX;
}

function textIn(body: unknown, key: string, errorNumber: number): string {
  const value = isJsonObject(body) ? body[key] : undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new SchemaRefusedError(
    errorNumber,
    `The request needs a JSON object with a text "${key}"; nothing was changed`,
  );
}

function refusedSchema(message: string): SchemaRefusedError {
  return new SchemaRefusedError(REGISTRY_ERROR_NUMBERS.invalidSchema, message);
}

function isLatest({ subject }: SubjectVersion, index: number, all: readonly SubjectVersion[]): boolean {
  return all[index + 1]?.subject !== subject;
}

/** The part of a list that `offset` and `limit` ask for. */
function page<T>(items: readonly T[], query: RegistryRequest["query"]): readonly T[] {
  const offset = Math.max(0, Math.trunc(Number(query["offset"] ?? 0)) || 0);
  const limit = Math.trunc(Number(query["limit"] ?? -1)) || 0;
  return items.slice(offset, limit > 0 ? offset + limit : undefined);
}
