import { InvalidInputError } from "../../base/index.ts";
import { formatJson } from "../core/json.ts";
import { type Schema, sameSchema } from "../core/schema.ts";
import { indexSchema } from "../core/schema-index.ts";
import { CommitConflictError } from "../errors.ts";
import { VIEW_FORMAT_VERSION_MAX, viewVersionJson } from "./view-json.ts";
import { currentViewVersion, dialectsOf, type ViewMetadata, type ViewVersion } from "./view-metadata.ts";
import { keptVersions } from "./view-versions.ts";

/** One change of a view, as the REST catalog protocol names them. */
export type ViewUpdate =
  | { readonly action: "assign-uuid"; readonly uuid: string }
  | { readonly action: "upgrade-format-version"; readonly formatVersion: number }
  /** The schema takes the id of an equal one, or the next free. */
  | { readonly action: "add-schema"; readonly schema: Schema }
  | { readonly action: "set-location"; readonly location: string }
  | { readonly action: "set-properties"; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: "remove-properties"; readonly removals: readonly string[] }
  /** The version takes the id of an equal one, or the next free; schema −1 is the one that was added last. */
  | { readonly action: "add-view-version"; readonly viewVersion: ViewVersion }
  /** −1 is the version that was added last. */
  | { readonly action: "set-current-view-version"; readonly viewVersionId: number };

export type ViewRequirement = { readonly type: "assert-view-uuid"; readonly uuid: string };

/** A view that is being made has no current version yet. */
const NO_VERSION = 0;
const LAST_ADDED = -1;

interface ViewDraft {
  view: ViewMetadata;
  readonly isNew: boolean;
  readonly nowMs: number;
  lastAddedSchemaId: number | undefined;
  lastAddedVersionId: number | undefined;
  readonly addedVersionIds: Set<number>;
  /** When the version that is current by now became so; undefined where it always was. */
  switchedAtMs: number | undefined;
}

/** @throws {CommitConflictError} when the view is another one */
export function checkViewRequirements(view: ViewMetadata, requirements: readonly ViewRequirement[]): void {
  for (const { uuid } of requirements) {
    if (uuid.toLowerCase() !== view.viewUuid.toLowerCase()) {
      throw new CommitConflictError(
        `Requirement failed: view UUID does not match: expected ${view.viewUuid} != ${uuid}. ` +
          "Nothing was changed; load the view again and decide anew",
      );
    }
  }
}

/**
 * The view after `updates`, in order. The original is untouched, and returned itself where nothing changes.
 * Versions beyond the property `version.history.num-entries` (10) are forgotten, oldest first.
 *
 * @throws {InvalidInputError} when an update contradicts the view, or a dialect would be lost
 */
export function applyViewUpdates(view: ViewMetadata, updates: readonly ViewUpdate[], nowMs: number): ViewMetadata {
  return finish(view, updates, { isNew: false, nowMs });
}

export interface NewViewInput {
  readonly schema: Schema;
  readonly viewVersion: ViewVersion;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** The first metadata of a view. @throws {InvalidInputError} when the version has no query */
export function newViewMetadata(
  input: NewViewInput,
  made: { readonly viewUuid: string; readonly location: string; readonly nowMs: number },
): ViewMetadata {
  return viewFromUpdates(
    [
      { action: "set-properties", updates: input.properties ?? {} },
      { action: "add-schema", schema: input.schema },
      { action: "add-view-version", viewVersion: { ...input.viewVersion, schemaId: LAST_ADDED } },
      { action: "set-current-view-version", viewVersionId: LAST_ADDED },
    ],
    made,
  );
}

/** A view made by updates alone. */
export function viewFromUpdates(
  updates: readonly ViewUpdate[],
  { viewUuid, location, nowMs }: { readonly viewUuid: string; readonly location: string; readonly nowMs: number },
): ViewMetadata {
  const empty: ViewMetadata = {
    viewUuid,
    formatVersion: VIEW_FORMAT_VERSION_MAX,
    location: location.replace(/\/+$/, ""),
    schemas: [],
    currentVersionId: NO_VERSION,
    versions: [],
    versionLog: [],
    properties: {},
    extra: {},
  };
  return finish(empty, updates, { isNew: true, nowMs });
}

function finish(
  view: ViewMetadata,
  updates: readonly ViewUpdate[],
  { isNew, nowMs }: { readonly isNew: boolean; readonly nowMs: number },
): ViewMetadata {
  const draft: ViewDraft = {
    view,
    isNew,
    nowMs,
    lastAddedSchemaId: undefined,
    lastAddedVersionId: undefined,
    addedVersionIds: new Set(),
    switchedAtMs: undefined,
  };
  for (const update of updates) applyUpdate(draft, update);
  if (draft.view.versions.length === 0) throw new InvalidInputError("Invalid view: no versions were added");
  if (draft.view.currentVersionId === NO_VERSION) throw new InvalidInputError("Invalid view: no version is current");
  if (draft.view === view) return view;
  if (!isNew) refuseLostDialects(view, draft.view);
  const { currentVersionId: versionId, versionLog } = draft.view;
  const log = draft.switchedAtMs === undefined ? [] : [{ versionId, timestampMs: draft.switchedAtMs }];
  return keptVersions({ ...draft.view, versionLog: [...versionLog, ...log] }, draft.addedVersionIds);
}

function applyUpdate(draft: ViewDraft, update: ViewUpdate): void {
  const { view } = draft;
  switch (update.action) {
    case "assign-uuid":
      assignUuid(draft, update.uuid);
      break;
    case "upgrade-format-version":
      if (update.formatVersion !== view.formatVersion) {
        throw new InvalidInputError(
          `Cannot take a view from format version ${view.formatVersion} to ${update.formatVersion}: ${VIEW_FORMAT_VERSION_MAX} is the only one`,
        );
      }
      break;
    case "add-schema":
      addSchema(draft, update.schema);
      break;
    case "set-location": {
      const location = update.location.replace(/\/+$/, "");
      if (location === "") throw new InvalidInputError("Cannot set an empty location of a view");
      if (location !== view.location) draft.view = { ...view, location };
      break;
    }
    case "set-properties":
      if (Object.keys(update.updates).length === 0) break;
      draft.view = { ...view, properties: { ...view.properties, ...update.updates } };
      break;
    case "remove-properties": {
      const kept = Object.entries(view.properties).filter(([name]) => !update.removals.includes(name));
      if (update.removals.length > 0) draft.view = { ...view, properties: Object.fromEntries(kept) };
      break;
    }
    case "add-view-version":
      addVersion(draft, update.viewVersion);
      break;
    case "set-current-view-version":
      setCurrentVersion(draft, update.viewVersionId);
      break;
  }
}

function assignUuid(draft: ViewDraft, uuid: string): void {
  const held = draft.view.viewUuid;
  if (held.toLowerCase() === uuid.toLowerCase()) return;
  if (!draft.isNew || uuid === "") {
    throw new InvalidInputError(`Cannot reassign uuid: the view is ${held} for good. Nothing was changed`);
  }
  draft.view = { ...draft.view, viewUuid: uuid };
}

function addSchema(draft: ViewDraft, schema: Schema): void {
  const { view } = draft;
  indexSchema(schema); // Refuses ids and names used twice.
  const equal = view.schemas.find((each) => sameSchema(each, schema));
  const schemaId = equal?.schemaId ?? view.schemas.reduce((next, each) => Math.max(next, each.schemaId + 1), 0);
  draft.lastAddedSchemaId = schemaId;
  if (equal === undefined) draft.view = { ...view, schemas: [...view.schemas, { ...schema, schemaId }] };
}

function addVersion(draft: ViewDraft, added: ViewVersion): void {
  const { view } = draft;
  const version = { ...added, schemaId: schemaIdOf(draft, added.schemaId) };
  const equal = view.versions.find((each) => sameVersion(each, version));
  if (equal !== undefined) {
    draft.lastAddedVersionId = equal.versionId;
    return;
  }
  checkVersion(view, version);
  const versionId = view.versions.reduce(
    (next, each) => Math.max(next, each.versionId + 1),
    Math.max(1, version.versionId),
  );
  draft.lastAddedVersionId = versionId;
  draft.addedVersionIds.add(versionId);
  draft.view = { ...view, versions: [...view.versions, { ...version, versionId }] };
}

function schemaIdOf(draft: ViewDraft, id: number): number {
  if (id !== LAST_ADDED) return id;
  if (draft.lastAddedSchemaId !== undefined) return draft.lastAddedSchemaId;
  throw new InvalidInputError("Cannot set last added schema: no schema has been added. Nothing was changed");
}

/** The same query, whatever the versions' ids and times. */
function sameVersion(one: ViewVersion, other: ViewVersion): boolean {
  const key = (version: ViewVersion) => {
    const summary = Object.entries(version.summary).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return formatJson([viewVersionJson({ ...version, versionId: 0, timestampMs: 0, summary: {} }), ...summary.flat()]);
  };
  return key(one) === key(other);
}

function checkVersion(view: ViewMetadata, version: ViewVersion): void {
  if (!view.schemas.some(({ schemaId }) => schemaId === version.schemaId)) {
    throw new InvalidInputError(`Cannot add version with unknown schema: ${version.schemaId}. Nothing was changed`);
  }
  if (version.representations.length === 0) {
    throw new InvalidInputError("Invalid view version: it has no query; give its SQL in one dialect at least");
  }
  const dialects = version.representations.flatMap((each) => (each.type === "sql" ? [each.dialect.toLowerCase()] : []));
  const twice = dialects.find((dialect, index) => dialects.indexOf(dialect) !== index);
  if (twice !== undefined) {
    throw new InvalidInputError(`Invalid view version: Cannot add multiple queries for dialect ${twice}`);
  }
}

function setCurrentVersion(draft: ViewDraft, id: number): void {
  const { view } = draft;
  const versionId = id === LAST_ADDED ? draft.lastAddedVersionId : id;
  if (versionId === undefined) {
    throw new InvalidInputError("Cannot set last version id: no current version id has been set. Nothing was changed");
  }
  const version = view.versions.find((each) => each.versionId === versionId);
  if (version === undefined) {
    throw new InvalidInputError(`Cannot set current version to unknown version: ${versionId}. Nothing was changed`);
  }
  if (versionId === view.currentVersionId) return;
  draft.switchedAtMs = draft.addedVersionIds.has(versionId) ? version.timestampMs : draft.nowMs;
  draft.view = { ...view, currentVersionId: versionId };
}

const DROP_ALLOWED = "replace.drop-dialect.allowed";

function refuseLostDialects(before: ViewMetadata, after: ViewMetadata): void {
  if (after.properties[DROP_ALLOWED]?.toLowerCase() === "true") return;
  const [old, next] = [dialectsOf(currentViewVersion(before)), dialectsOf(currentViewVersion(after))];
  if ([...old].every((dialect) => next.has(dialect))) return;
  throw new InvalidInputError(
    `Cannot replace view due to loss of view dialects (${DROP_ALLOWED}=false):\nPrevious dialects: [${[...old].join(", ")}]\n` +
      `New dialects: [${[...next].join(", ")}]. Nothing was changed`,
  );
}
