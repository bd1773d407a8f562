import type { SchemaModel } from "./avro-model.ts";
import { canonicalSchema, schemaFingerprint } from "./canonical-schema.ts";
import { parseSchema } from "./parse-schema.ts";
import {
  REGISTRY_ERROR_NUMBERS as NUMBERS,
  SchemaIncompatibleError,
  SchemaNotFoundError,
  SchemaRefusedError,
  subjectNotFound,
} from "./registry-errors.ts";
import {
  checkRegisterMode,
  checkSubject,
  checkWritable,
  DEFAULT_LEVEL,
  DEFAULT_MODE,
  levelOf,
  modeOf,
  ownLevel,
  ownMode,
  parseLevel,
  parseMode,
  type RegistryMode,
} from "./registry-settings.ts";
import { GLOBAL, type RegistryStorage, type RegistryTables, type StoredVersion } from "./registry-storage.ts";
import { type CompatibilityLevel, evolutionProblems } from "./schema-compatibility.ts";

/** One schema as one subject has it. */
export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
  /** The schema's number, the same under every subject. */
  readonly id: number;
  /** Canonical text. */
  readonly schema: string;
}

/** "latest" is the highest version that is not deleted. */
export type VersionName = number | "latest";

export interface RegisterOptions {
  /** The id and version that the schema had elsewhere; only in mode IMPORT. */
  readonly id?: number | undefined;
  readonly version?: number | undefined;
}

export interface Deleted {
  /** Also those deleted, but not for good. */
  readonly deleted?: boolean;
}

/**
 * Avro schemas by subject and version, each with one id for good, and with the rule by which they may change.
 *
 * Every method throws SchemaRegistryError (registry-errors.ts) where it refuses, and then nothing was changed.
 *
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export class SchemaRegistry implements AsyncDisposable {
  readonly #storage: RegistryStorage;

  /** @param storage owned from here on: closed with the registry */
  constructor(storage: RegistryStorage) {
    this.#storage = storage;
  }

  /** Takes a schema as the subject's next version, or finds the version where it is already. Same text, same id. */
  register(subject: string, schemaText: string, options: RegisterOptions = {}): Promise<SubjectVersion> {
    checkSubject(subject);
    const model = parseSchema(schemaText);
    const text = canonicalSchema(model);
    return this.#storage.transaction(async (tables) => {
      const versions = await tables.versions({ subject });
      const live = versions.filter((version) => !version.deleted);
      const known = live.find((version) => version.text === text);
      if (known !== undefined && options.id === undefined) return published(known);
      const importing = await checkRegisterMode(tables, subject, options);
      if (!importing) await checkCompatible(tables, subject, { model, live });
      const schemaId = await ensureSchema(tables, text, options.id);
      const version = options.version ?? Math.max(0, ...versions.map((earlier) => earlier.version)) + 1;
      const taken = versions.find((earlier) => earlier.version === version);
      if (taken !== undefined) {
        if (taken.schemaId === schemaId) return published(taken);
        throw new SchemaRefusedError(
          NUMBERS.operationNotPermitted,
          `Subject '${subject}' has a version ${version} already, with another schema`,
        );
      }
      await tables.addVersion({ subject, version, schemaId });
      return { subject, version, id: schemaId, schema: text };
    });
  }

  /** The version under which the subject has this schema. */
  lookup(subject: string, schemaText: string, { deleted = false }: Deleted = {}): Promise<SubjectVersion> {
    const text = canonicalSchema(parseSchema(schemaText));
    return this.#storage.transaction(async (tables) => {
      const versions = await subjectVersions(tables, subject, deleted);
      const found = versions.findLast((version) => version.text === text);
      if (found === undefined) throw new SchemaNotFoundError(NUMBERS.schemaNotFound, "Schema not found");
      return published(found);
    });
  }

  /** The schema that a message's id stands for. Deleted versions count: their messages are still there. */
  schemaById(id: number): Promise<string> {
    return this.#storage.transaction(async (tables) => {
      await usesOf(tables, id, true);
      const schema = await tables.schemaById(id);
      if (schema === undefined) throw new SchemaNotFoundError(NUMBERS.schemaNotFound, `Schema ${id} not found`);
      return schema.text;
    });
  }

  /** Where the schema of that id is in use. */
  versionsById(id: number, { deleted = false }: Deleted = {}): Promise<readonly SubjectVersion[]> {
    return this.#storage.transaction(async (tables) => (await usesOf(tables, id, deleted)).map(published));
  }

  /** Every version of every subject whose name starts with `prefix`. */
  schemas({
    prefix = "",
    deleted = false,
  }: Deleted & { readonly prefix?: string } = {}): Promise<readonly SubjectVersion[]> {
    return this.#storage.transaction(async (tables) =>
      (await tables.versions({}))
        .filter((version) => version.subject.startsWith(prefix) && (deleted || !version.deleted))
        .map(published),
    );
  }

  /** @param options.deletedOnly only those of which every version is deleted */
  subjects(
    options: Deleted & { readonly prefix?: string; readonly deletedOnly?: boolean } = {},
  ): Promise<readonly string[]> {
    const { prefix = "", deleted = false, deletedOnly = false } = options;
    return this.#storage.transaction(async (tables) => {
      const versions = (await tables.versions({})).filter((version) => version.subject.startsWith(prefix));
      const live = new Set(versions.filter((version) => !version.deleted).map((version) => version.subject));
      const all = new Set(versions.map((version) => version.subject));
      if (deletedOnly) return [...all].filter((subject) => !live.has(subject));
      return [...(deleted ? all : live)];
    });
  }

  versions(
    subject: string,
    { deleted = false, deletedOnly = false }: Deleted & { readonly deletedOnly?: boolean } = {},
  ): Promise<readonly number[]> {
    return this.#storage.transaction(async (tables) =>
      (await subjectVersions(tables, subject, deleted || deletedOnly))
        .filter((version) => !deletedOnly || version.deleted)
        .map((version) => version.version),
    );
  }

  version(subject: string, name: VersionName, { deleted = false }: Deleted = {}): Promise<SubjectVersion> {
    return this.#storage.transaction(async (tables) =>
      published(findVersion(await subjectVersions(tables, subject, deleted), name)),
    );
  }

  /** Hides a subject, with its settings, or with `permanent` forgets one that is hidden. @returns the versions concerned */
  deleteSubject(
    subject: string,
    { permanent = false }: { readonly permanent?: boolean } = {},
  ): Promise<readonly number[]> {
    return this.#storage.transaction(async (tables) => {
      await checkWritable(tables, subject);
      const versions = await subjectVersions(tables, subject, true);
      const live = versions.filter((version) => !version.deleted);
      if (permanent && live.length > 0) {
        throw new SchemaNotFoundError(
          NUMBERS.subjectNotSoftDeleted,
          `Subject '${subject}' was not deleted first before being permanently deleted`,
        );
      }
      if (!permanent && live.length === 0) {
        throw new SchemaNotFoundError(
          NUMBERS.subjectSoftDeleted,
          `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`,
        );
      }
      const concerned = permanent ? versions : live;
      for (const { version } of concerned) {
        await (permanent ? tables.removeVersion(subject, version) : tables.setDeleted(subject, version));
      }
      await tables.putSetting(subject, { compatibility: undefined, mode: undefined });
      return concerned.map(({ version }) => version);
    });
  }

  /** Hides one version, or with `permanent` forgets one that is hidden. @returns its number */
  deleteVersion(
    subject: string,
    name: VersionName,
    { permanent = false }: { readonly permanent?: boolean } = {},
  ): Promise<number> {
    return this.#storage.transaction(async (tables) => {
      await checkWritable(tables, subject);
      const versions = await subjectVersions(tables, subject, true);
      const { version, deleted } = findVersion(versions, name);
      if (permanent && !deleted) {
        throw new SchemaNotFoundError(
          NUMBERS.versionNotSoftDeleted,
          `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
        );
      }
      if (!permanent && deleted) {
        throw new SchemaNotFoundError(
          NUMBERS.versionSoftDeleted,
          `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
        );
      }
      await (permanent ? tables.removeVersion(subject, version) : tables.setDeleted(subject, version));
      if (permanent && versions.length === 1) {
        await tables.putSetting(subject, { compatibility: undefined, mode: undefined });
      }
      return version;
    });
  }

  /**
   * Why a schema could not be registered under the subject, at its level; none when it could.
   *
   * @param name the version to compare with; undefined for those that the level names
   */
  compatibilityProblems(subject: string, schemaText: string, name?: VersionName): Promise<readonly string[]> {
    const model = parseSchema(schemaText);
    return this.#storage.transaction(async (tables) => {
      const versions = (await tables.versions({ subject })).filter((version) => !version.deleted);
      const level = await levelOf(tables, subject);
      if (name === undefined) return problemsAgainst(level, model, versions);
      if (versions.length === 0 && name === "latest") return [];
      if (versions.length === 0) throw subjectNotFound(subject);
      return problemsAgainst(level, model, [findVersion(versions, name)]);
    });
  }

  /** The level that holds: the subject's own or, with `orGlobal` or without a subject, the global one. */
  level(subject?: string, { orGlobal = false }: { readonly orGlobal?: boolean } = {}): Promise<CompatibilityLevel> {
    return this.#storage.transaction((tables) =>
      subject === undefined || orGlobal ? levelOf(tables, subject ?? GLOBAL) : ownLevel(tables, subject),
    );
  }

  /** @returns the level, as it is spelled */
  setLevel(level: string, subject?: string): Promise<CompatibilityLevel> {
    const wanted = parseLevel(level);
    if (subject !== undefined) checkSubject(subject);
    return this.#storage.transaction(async (tables) => {
      await checkWritable(tables, subject ?? GLOBAL);
      const { mode } = await tables.setting(subject ?? GLOBAL);
      await tables.putSetting(subject ?? GLOBAL, { compatibility: wanted, mode });
      return wanted;
    });
  }

  /** Back to the global level, or the global one back to BACKWARD. @returns what was set */
  deleteLevel(subject?: string): Promise<CompatibilityLevel> {
    return this.#storage.transaction(async (tables) => {
      await checkWritable(tables, subject ?? GLOBAL);
      const { compatibility, mode } = await tables.setting(subject ?? GLOBAL);
      if (compatibility === undefined && subject !== undefined) throw subjectNotFound(subject);
      await tables.putSetting(subject ?? GLOBAL, { compatibility: undefined, mode });
      return (compatibility ?? DEFAULT_LEVEL) as CompatibilityLevel;
    });
  }

  /** The mode that holds: the subject's own or, with `orGlobal` or without a subject, the global one. */
  mode(subject?: string, { orGlobal = false }: { readonly orGlobal?: boolean } = {}): Promise<RegistryMode> {
    return this.#storage.transaction((tables) =>
      subject === undefined || orGlobal ? modeOf(tables, subject ?? GLOBAL) : ownMode(tables, subject),
    );
  }

  /** @param options.force sets IMPORT although there are schemas already */
  setMode(
    mode: string,
    { subject, force = false }: { readonly subject?: string | undefined; readonly force?: boolean } = {},
  ): Promise<RegistryMode> {
    const wanted = parseMode(mode, subject);
    if (subject !== undefined) checkSubject(subject);
    return this.#storage.transaction(async (tables) => {
      const versions = await tables.versions(subject === undefined ? {} : { subject });
      if (wanted === "IMPORT" && !force && versions.some((version) => !version.deleted)) {
        const existing = subject === undefined ? "subjects" : `versions of subject '${subject}'`;
        throw new SchemaRefusedError(
          NUMBERS.operationNotPermitted,
          `Cannot import since found existing ${existing}; set force=true to import nonetheless`,
        );
      }
      const { compatibility } = await tables.setting(subject ?? GLOBAL);
      await tables.putSetting(subject ?? GLOBAL, { compatibility, mode: wanted });
      return wanted;
    });
  }

  /** Back to the global mode, or the global one back to READWRITE. @returns what was set */
  deleteMode(subject?: string): Promise<RegistryMode> {
    return this.#storage.transaction(async (tables) => {
      const { compatibility, mode } = await tables.setting(subject ?? GLOBAL);
      if (mode === undefined && subject !== undefined) throw subjectNotFound(subject);
      await tables.putSetting(subject ?? GLOBAL, { compatibility, mode: undefined });
      return (mode ?? DEFAULT_MODE) as RegistryMode;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#storage[Symbol.asyncDispose]();
  }
}

async function checkCompatible(
  tables: RegistryTables,
  subject: string,
  { model, live }: { readonly model: SchemaModel; readonly live: readonly StoredVersion[] },
): Promise<void> {
  const level = await levelOf(tables, subject);
  const problems = problemsAgainst(level, model, live);
  if (problems.length > 0) throw new SchemaIncompatibleError(subject, level, problems);
}

function problemsAgainst(
  level: CompatibilityLevel,
  next: SchemaModel,
  versions: readonly StoredVersion[],
): readonly string[] {
  const asked = level.endsWith("_TRANSITIVE") ? versions : versions.slice(-1);
  return asked.flatMap(({ text, version }) => evolutionProblems(level, { next, earlier: parseSchema(text), version }));
}

/** The id of this schema: the one it has, or the next. */
async function ensureSchema(tables: RegistryTables, text: string, id: number | undefined): Promise<number> {
  const fingerprint = schemaFingerprint(text);
  const existing = await tables.schemaByFingerprint(fingerprint);
  if (existing !== undefined) {
    if (id === undefined || existing.id === id) return existing.id;
    throw new SchemaRefusedError(
      NUMBERS.idDoesNotMatch,
      `The schema has id ${existing.id} here; it cannot also have id ${id}`,
    );
  }
  if (id !== undefined && (await tables.schemaById(id)) !== undefined) {
    throw new SchemaRefusedError(
      NUMBERS.operationNotPermitted,
      `Another schema has id ${id}; ids are never given twice`,
    );
  }
  return tables.addSchema({ id, fingerprint, text });
}

async function usesOf(tables: RegistryTables, id: number, deleted: boolean): Promise<readonly StoredVersion[]> {
  const uses = await tables.versions({ schemaId: id });
  if (uses.length === 0) throw new SchemaNotFoundError(NUMBERS.schemaNotFound, `Schema ${id} not found`);
  return uses.filter((version) => deleted || !version.deleted);
}

async function subjectVersions(
  tables: RegistryTables,
  subject: string,
  deleted: boolean,
): Promise<readonly StoredVersion[]> {
  const versions = (await tables.versions({ subject })).filter((version) => deleted || !version.deleted);
  if (versions.length === 0) throw subjectNotFound(subject);
  return versions;
}

function findVersion(versions: readonly StoredVersion[], name: VersionName): StoredVersion {
  const latest = versions.findLast((version) => !version.deleted) ?? versions.at(-1);
  const found = name === "latest" ? latest : versions.find((version) => version.version === name);
  if (found === undefined) throw new SchemaNotFoundError(NUMBERS.versionNotFound, `Version ${name} not found.`);
  return found;
}

function published({ subject, version, schemaId, text }: StoredVersion): SubjectVersion {
  return { subject, version, id: schemaId, schema: text };
}
